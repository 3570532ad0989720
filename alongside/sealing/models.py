"""Receiving keys of supporters, their wraps, the ring of what unlocks them, and the signatures over all of it."""

from django.conf import settings
from django.db import models

from alongside.kernel import ids


class KeyRing(models.Model):
    """A person's own list of what unlocks their keys, under a MAC that only their devices can make.

    `listed` may name a passkey that has been dropped since; the next unlocked device writes a shorter list. `mac` is
    empty for keys of before there were rings, until a device unlocks with the words. `vouch_key` is the public half of
    the key that signs this person's weekly keys; empty until a device of theirs unlocks.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    listed = models.TextField()
    mac = models.BinaryField(null=True, max_length=32)
    vouch_key = models.BinaryField(null=True, max_length=32)
    # The last week with a key when its owner was told that keys run out; told once for each.
    warned_for = models.DateField(null=True)


class WrapRecipient(models.Model):
    """A member of a ring that may unlock now, with the ring's key sealed for it alone."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    ring = models.ForeignKey(KeyRing, on_delete=models.CASCADE, related_name="recipients")
    name = models.TextField()
    ring_key = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ring", "name"], name="one_recipient_a_name")]


class ReceivingKey(models.Model):
    """A person's public key for the week that begins on `week` (a Monday, UTC); `mac` ties the two together for their
    own devices, `signature` (by the ring's vouching key) for everybody.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    week = models.DateField()
    public_key = models.TextField()
    mac = models.BinaryField(null=True, max_length=32)
    signature = models.BinaryField(null=True, max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "week"], name="one_key_a_week")]


class KeyWrap(models.Model):
    """The private half of a receiving key, sealed on the device for one member of the person's ring."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    key = models.ForeignKey(ReceivingKey, on_delete=models.CASCADE, related_name="wraps")
    recipient = models.ForeignKey(WrapRecipient, on_delete=models.CASCADE, related_name="+")
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "recipient"], name="one_wrap_a_recipient")]


class SigningRoot(models.Model):
    """The public half of an organisation's signing words; the newest `serial` that a list was signed with is in force.

    `witness` is a second person's key: `offered_by` offers it, the root names it (`named`). A root that follows another
    carries that one's signature, and its witness's, where they could be had.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    serial = models.PositiveSmallIntegerField()
    public_key = models.BinaryField(max_length=32)
    poster = models.PositiveSmallIntegerField(default=1)
    witness = models.BinaryField(null=True, max_length=32)
    offered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True)
    named = models.BinaryField(null=True, max_length=64)
    by_old = models.BinaryField(null=True, max_length=64)
    by_witness = models.BinaryField(null=True, max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "serial"], name="one_root_a_serial")]


class SignedRoster(models.Model):
    """That an organisation's list of supporters was signed: under which root, as which epoch, until which day, and for
    how many `people`; fewer certificates than that say that somebody left since.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.OneToOneField("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    root = models.ForeignKey(SigningRoot, on_delete=models.CASCADE, related_name="+")
    epoch = models.PositiveIntegerField()
    until = models.DateField()
    people = models.PositiveSmallIntegerField()


class Certificate(models.Model):
    """What the running epoch says of one supporter: this vouching key, this office. Covers epoch and last day too."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    roster = models.ForeignKey(SignedRoster, on_delete=models.CASCADE, related_name="certificates")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    office = models.CharField(max_length=80, blank=True)
    vouch_key = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["roster", "person"], name="one_certificate_a_person")]
