"""Shifts."""

from django.db import models

from alongside.kernel import ids
from alongside.rota import rules

MOST_TIERS = 4


class Shift(models.Model):
    """On-call duty of one supporter in one tier, from `starts_at` until just before `ends_at`.

    `checked` says that a test page was sent for its beginning.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    supporter = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, related_name="+")
    tier = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    checked = models.BooleanField(default=False)

    class Meta:
        ordering = ["starts_at", "tier"]
        indexes = [models.Index(fields=["organisation", "starts_at"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="shift_has_length"),
            models.CheckConstraint(condition=models.Q(tier__gte=1, tier__lte=MOST_TIERS), name="shift_has_a_tier"),
        ]

    def facts(self) -> rules.Duty:
        """Return what decisions about this shift need."""
        return rules.Duty(self.tier, self.supporter_id, self.starts_at, self.ends_at)
