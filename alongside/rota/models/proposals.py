"""What the planner proposes. Nobody on call is told of a proposal; a published one becomes shifts."""

from django.db import models

from alongside.kernel import ids
from alongside.rota.rules import proposing


class Proposal(models.Model):
    """A plan for some days, asked for, being made, made or published.

    `made_for` is a digest of everything it was made from: publishing refuses when that has changed. `alive_at` is when
    the planning process last said that it lives. `points` and `bound` are its weight and what none can be below.
    `tries` counts the processes that took it up: only the last one may write. `free` holds the published shifts that it
    may change, and `problem` a code of why it failed.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        PUBLISHED = "published"

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    first_day = models.DateField()
    days = models.PositiveSmallIntegerField()
    seconds = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    stop = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    alive_at = models.DateTimeField(null=True)
    took = models.PositiveSmallIntegerField(default=0)
    points = models.BigIntegerField(null=True)
    bound = models.BigIntegerField(null=True)
    proven = models.BooleanField(default=False)
    made_for = models.CharField(max_length=64, default="")
    # What keeps slots empty, as the planner explained it: slots, kinds of facts and supporters, no text.
    gaps = models.JSONField(default=list)
    free = models.JSONField(null=True)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    problem = models.CharField(max_length=20, default="", db_default="")

    class Meta:
        ordering = ["-asked_at"]
        constraints = [models.CheckConstraint(condition=models.Q(days__gte=1), name="proposal_has_days")]


class ProposedShift(models.Model):
    """One slot of a proposal; without a supporter where nobody was found. What is `held` is published already."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="shifts")
    tier = models.PositiveSmallIntegerField()
    supporter = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, null=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    held = models.BooleanField(default=False)

    class Meta:
        ordering = ["starts_at", "tier"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "tier", "starts_at"], name="one_proposed_shift_a_slot"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="proposed_shift_has_length"
            ),
        ]

    def facts(self) -> proposing.Row:
        """Return what the rules need of this slot."""
        return proposing.Row(self.tier, self.supporter_id, self.starts_at, self.ends_at, self.held)
