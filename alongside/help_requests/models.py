"""Requests, attempts, messages and box replies. Nothing here outlives its purpose; see content/retention.toml."""

from django.db import models

from alongside.kernel import ids


class Request(models.Model):
    """A sealed ask for support. `progress_hash` lets the sender's device, and nobody else, ask how it stands."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    ladder = models.OneToOneField("escalation.Ladder", on_delete=models.CASCADE, related_name="+")
    progress_hash = models.BinaryField(max_length=32, unique=True)
    envelope = models.BinaryField(null=True)


class HandedOn(models.Model):
    """A copy of a request that a supporter who can open it sealed for one more; the original is never replaced.

    It goes with the request, and at once with the key it was sealed for: when its supporter leaves or makes new keys.
    `spare`: the original was sealed for them too.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="copies")
    supporter = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, related_name="+")
    # Without a constraint of the database: leaving must never wait for, or fail because of, what somebody hands on.
    key = models.ForeignKey("sealing.ReceivingKey", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    spare = models.BooleanField()
    envelope = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "supporter"], name="handed_on_once")]


class Told(models.Model):
    """Where a member's device is told that something is new with one request, because it asked for that; goes with it.

    `address` is a push subscription, sealed under this installation's secret: it names a device to the maker of its
    browser. `changes`: how often the device changed it; each costs a write.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    request = models.OneToOneField(Request, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=5)
    address = models.BinaryField()
    changes = models.PositiveSmallIntegerField(default=1)


class Attempt(models.Model):
    """The hash of one attempt to send, without time or request, until its candidate list expires: a retry never
    doubles.
    """

    token_hash = models.BinaryField(max_length=32, primary_key=True)
    list = models.ForeignKey("directory.CandidateList", on_delete=models.CASCADE, related_name="+")


class Message(models.Model):
    """What the member wrote back, sealed for those who could open the request then; goes with it."""

    token_hash = models.BinaryField(max_length=32, primary_key=True)
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="messages")
    number = models.PositiveSmallIntegerField()
    envelope = models.BinaryField()


class BoxReply(models.Model):
    """A sealed reply waiting in a box; only the hash of the box's address is kept, and the day it goes."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    box_hash = models.BinaryField(max_length=32, db_index=True)
    number = models.PositiveSmallIntegerField()
    envelope = models.BinaryField()
    gone_on = models.DateField(db_index=True)
