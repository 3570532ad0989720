"""Shifts that change hands: both sides say yes, and no reason is kept."""

from django.db import models

from alongside.kernel import ids
from alongside.rota.models.shifts import Shift


class Exchange(models.Model):
    """Somebody asks to hand a shift over, to swap it for another, or for anybody who covers it.

    `answers` is who is asked, or who said yes; empty while cover is sought.
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
    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="+")
    other_shift = models.ForeignKey(Shift, on_delete=models.CASCADE, null=True, related_name="+")
    asks = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, related_name="+")
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
        ]


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
