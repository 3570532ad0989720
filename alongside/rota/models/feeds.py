"""Calendar feeds: an address that shows a supporter's shifts, and one from which busy times are read."""

from django.db import models

from alongside.kernel import ids


class Feed(models.Model):
    """A private address of a supporter's calendar. Only its hash is kept; who revokes it deletes the row."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    supporter = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, related_name="+")
    token_hash = models.BinaryField(max_length=32, unique=True)
    made_on = models.DateField()


class BusyFeed(models.Model):
    """A calendar of a supporter's own from which busy times are read, and how the last reading went, as a code.

    `tried_at` is the last time anybody looked; `read_at` the last time it could be read.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    supporter = models.OneToOneField("team.Supporter", on_delete=models.CASCADE, related_name="+")
    address = models.BinaryField()
    tried_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=20, default="")


class Busy(models.Model):
    """A span in which that calendar says somebody is busy. Its title, place and people are never kept."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    supporter = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="busy_has_length")
        ]
