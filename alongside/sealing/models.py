"""Receiving keys of supporters and their wraps."""

from django.conf import settings
from django.db import models

from alongside.kernel import ids


class WordsRecipient(models.Model):
    """The public half of what a person's 12 words unlock: their private keys are wrapped for it."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    recipient = models.TextField()
    # The last week with a key when its owner was told that keys run out; told once for each.
    warned_for = models.DateField(null=True)


class ReceivingKey(models.Model):
    """A person's public key for the week that begins on `week` (a Monday, UTC)."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    week = models.DateField()
    public_key = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "week"], name="one_key_a_week")]


class KeyWrap(models.Model):
    """The private half of a receiving key, sealed on the device for the person's own words."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    key = models.OneToOneField(ReceivingKey, on_delete=models.CASCADE, related_name="wrap")
    sealed = models.BinaryField()
