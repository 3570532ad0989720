"""Shift patterns of an organisation, and the days that count as holidays."""

from django.db import models

from alongside.kernel import ids
from alongside.rota.models.shifts import MOST_TIERS
from alongside.rota.rules import patterns as rules


class Pattern(models.Model):
    """What repeats every `days` days, counted from `anchor`; in force from `begins_on` to `ends_on`, or on."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    anchor = models.DateField()
    days = models.PositiveSmallIntegerField()
    begins_on = models.DateField()
    ends_on = models.DateField(null=True)

    class Meta:
        ordering = ["begins_on"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(days__gte=1, days__lte=rules.LONGEST_CYCLE), name="pattern_has_a_cycle"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("begins_on")),
                name="pattern_ends_after_it_begins",
            ),
            models.UniqueConstraint(fields=["organisation", "begins_on"], name="one_pattern_begins_a_day"),
        ]


class PatternBlock(models.Model):
    """A span of one tier within the cycle, by the clock on the wall."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    pattern = models.ForeignKey(Pattern, on_delete=models.CASCADE, related_name="blocks")
    tier = models.PositiveSmallIntegerField()
    day = models.PositiveSmallIntegerField()
    minute = models.PositiveSmallIntegerField()
    minutes = models.PositiveIntegerField()

    class Meta:
        ordering = ["day", "minute", "tier"]
        constraints = [
            models.CheckConstraint(condition=models.Q(tier__gte=1, tier__lte=MOST_TIERS), name="block_has_a_tier"),
            models.CheckConstraint(
                condition=models.Q(minute__lt=rules.DAY_MINUTES, minutes__gte=1), name="block_has_a_span"
            ),
        ]

    def facts(self) -> rules.Block:
        """Return what the rules need of this block."""
        return rules.Block(self.tier, self.day, self.minute, self.minutes)


class Holiday(models.Model):
    """A day that counts as a holiday: who is on call then is balanced apart."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    name = models.CharField(max_length=60)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["organisation", "day"], name="holiday_once")]
