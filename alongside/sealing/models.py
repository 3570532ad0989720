"""Receiving keys of supporters, their wraps, and the ring of what unlocks them."""

from django.conf import settings
from django.db import models

from alongside.kernel import ids


class KeyRing(models.Model):
    """A person's own list of what unlocks their keys, under a MAC that only their devices can make.

    `listed` may name a passkey that has been dropped since; the next unlocked device writes a shorter list. `mac` is
    empty for keys of before there were rings, until a device unlocks with the words.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    listed = models.TextField()
    mac = models.BinaryField(null=True, max_length=32)
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
    """A person's public key for the week that begins on `week` (a Monday, UTC); `mac` ties the two together."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    week = models.DateField()
    public_key = models.TextField()
    mac = models.BinaryField(null=True, max_length=32)

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
