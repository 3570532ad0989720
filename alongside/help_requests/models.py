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


class Attempt(models.Model):
    """The hash of one attempt to send, without time or request, until its candidate list expires: a retry never
    doubles.
    """

    token_hash = models.BinaryField(max_length=32, primary_key=True)
    list = models.ForeignKey("directory.CandidateList", on_delete=models.CASCADE, related_name="+")


class Message(models.Model):
    """What the member wrote back, sealed for the supporter who answered; goes with the request."""

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
