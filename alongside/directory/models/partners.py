"""Mutual aid between two organisations of one deployment."""

from django.db import models
from django.db.models.functions import Greatest, Least

from alongside.kernel import ids


class Partnership(models.Model):
    """What two coordinators agreed on: members of either may ask peers of the other.

    Without `agreed_on` it is a proposal. `ended_on` keeps an ended one for some days, so that the words of somebody who
    asked while it was in force still lead to the other organisation: also when it is proposed anew meanwhile, which is
    a row of its own.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    proposer = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    partner = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    agreed_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Least("proposer", "partner"),
                Greatest("proposer", "partner"),
                condition=models.Q(ended_on=None),
                name="pair_stands_once",
            ),
            models.CheckConstraint(condition=~models.Q(proposer=models.F("partner")), name="two_of_them"),
        ]
