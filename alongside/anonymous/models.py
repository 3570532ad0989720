"""Tally cells."""

from django.db import models

from alongside.kernel import ids


class Cell(models.Model):
    """One noisy count. `period` is the first day of its month, quarter or year."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    period = models.DateField()
    length = models.CharField(max_length=8)
    key = models.CharField(max_length=40)
    value = models.IntegerField()
    closed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "period", "length", "key"], name="one_cell_a_key")
        ]
