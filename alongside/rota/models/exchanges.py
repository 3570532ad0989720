"""Shifts that change hands: both sides say yes, and no reason is kept."""

import uuid
from datetime import datetime

from django.db import models

from alongside.kernel import ids
from alongside.rota import rules
from alongside.rota.models.shifts import MOST_TIERS, Shift


class Opening(models.Model):
    """A span of a tier that is nobody's, for which a coordinator seeks somebody; who says yes gets a shift there."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    tier = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "tier"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="opening_has_length"),
            models.CheckConstraint(condition=models.Q(tier__gte=1, tier__lte=MOST_TIERS), name="opening_has_a_tier"),
        ]

    def facts(self) -> rules.Duty:
        """Return it as a duty of nobody."""
        return rules.Duty(self.tier, rules.NOBODY, self.starts_at, self.ends_at)


class Exchange(models.Model):
    """Somebody asks to hand a shift over, to swap it for another, or for anybody who covers it.

    `answers` is who is asked, or who said yes; empty while cover is sought. What is sought is a `shift` of whoever
    `asks`, or an `opening` that is nobody's.
    """

    class Kind(models.TextChoices):
        HAND_OVER = "hand_over"
        SWAP = "swap"
        COVER = "cover"

    class State(models.TextChoices):
        OPEN = "open"
        AGREED = "agreed"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        NOBODY = "nobody"

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, null=True, related_name="+")
    opening = models.ForeignKey(Opening, on_delete=models.CASCADE, null=True, related_name="+")
    other_shift = models.ForeignKey(Shift, on_delete=models.CASCADE, null=True, related_name="+")
    asks = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, null=True, related_name="+")
    answers = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, null=True, related_name="+")
    asked_at = models.DateTimeField()

    class Meta:
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["shift"], condition=models.Q(state="open"), name="one_open_exchange_a_shift"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="swap", other_shift__isnull=False)
                | (~models.Q(kind="swap") & models.Q(other_shift=None)),
                name="a_swap_has_two_shifts",
            ),
            models.UniqueConstraint(
                fields=["opening"], condition=models.Q(state="open"), name="one_open_search_an_opening"
            ),
            models.CheckConstraint(
                condition=models.Q(shift__isnull=False, asks__isnull=False, opening=None)
                | models.Q(shift=None, asks=None, opening__isnull=False, kind="cover"),
                name="a_shift_of_somebody_or_an_opening",
            ),
        ]

    @property
    def what(self) -> Shift | Opening:
        """What changes hands, or is nobody's yet."""
        found = self.shift or self.opening
        assert found is not None  # noqa: S101
        return found

    @property
    def is_current(self) -> bool:
        """Say whether a shift is still with whoever asked; an opening is nobody's."""
        return self.shift is None or self.shift.supporter_id == self.asks_id


def about(organisation_id: uuid.UUID) -> models.Q:
    """Return the condition for exchanges of one organisation."""
    return models.Q(shift__organisation_id=organisation_id) | models.Q(opening__organisation_id=organisation_id)


def not_over(now: datetime) -> models.Q:
    """Return the condition for exchanges of what has not ended."""
    return models.Q(shift__ends_at__gt=now) | models.Q(opening__ends_at__gt=now)


class CoverAsk(models.Model):
    """One supporter who was asked to cover a shift, in fair order; `yes` is empty until they answer."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, related_name="asked")
    supporter = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField(null=True)
    yes = models.BooleanField(null=True)

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["exchange", "supporter"], name="asked_once_for_a_shift")]
