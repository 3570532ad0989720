"""Ladders and alerts. All of it is deleted when the request is closed."""

import uuid

from django.db import models

from alongside.escalation import rules
from alongside.kernel import ids


class Ladder(models.Model):
    """The state of one request. `version` grows with every change; a change that does not find its version lost the
    race.
    """

    class State(models.TextChoices):
        OPEN = "open"
        ALERTED = "alerted"
        ACCEPTED = "accepted"
        CONNECTED = "connected"
        UNANSWERED = "unanswered"

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    urgency = models.CharField(max_length=8)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN, db_index=True)
    version = models.PositiveIntegerField(default=0)
    # The plan as promised to the member when it was made: [{"kind": "primary", "after": 0, "who": ["uuid", ...]}, ...]
    rungs = models.JSONField()
    # The numbers of policy in force when it was made, in minutes: {"connect": 15, "alarm": 240, "hold": 60, ...}
    terms = models.JSONField()
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # A round starts with the request and again when an accepted request comes back.
    round = models.PositiveSmallIntegerField(default=1)
    round_at = models.DateTimeField()
    rung = models.PositiveSmallIntegerField(default=0)
    rung_at = models.DateTimeField(null=True)
    taker = models.ForeignKey("team.Supporter", on_delete=models.SET_NULL, related_name="+", null=True)
    taken_at = models.DateTimeField(null=True)
    alarmed_at = models.DateTimeField(null=True)
    acknowledged = models.BooleanField(default=False)

    def facts(self, able: frozenset[uuid.UUID]) -> rules.Facts:
        """Return what the next step depends on; reads the alerts of the running round and every pass."""
        rows = [(one.supporter_id, one.round, one.rung, one.passed, one.purpose) for one in self.alerts.all()]
        alerts = [row[:4] for row in rows]
        asked = [(one, purpose) for one, *place, passed, purpose in rows if place == [self.round, 0] and not passed]
        return rules.Facts(
            state=self.state,
            rungs=tuple(rules.Rung.of(row) for row in self.rungs),
            terms=rules.Terms(**self.terms),
            opened_at=self.opened_at,
            ends_at=self.ends_at,
            round_at=self.round_at,
            rung=self.rung,
            rung_at=self.rung_at,
            taker=self.taker_id,
            taken_at=self.taken_at,
            alarmed_at=self.alarmed_at,
            called=frozenset(one for one, number, rung, _ in alerts if number == self.round and rung),
            here=frozenset(one for one, number, rung, _ in alerts if (number, rung) == (self.round, self.rung)),
            passed=frozenset(one for one, _, _, passed in alerts if passed),
            able=able,
            helping=frozenset(one for one, purpose in asked if purpose == rules.BACKUP),
            offered=frozenset(one for one, purpose in asked if purpose == rules.TAKE),
        )


class Alert(models.Model):
    """One supporter called on one rung of one round, once; rung 0 is a call by the taker, for `purpose`."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    ladder = models.ForeignKey(Ladder, on_delete=models.CASCADE, related_name="alerts")
    supporter = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, related_name="+")
    round = models.PositiveSmallIntegerField()
    rung = models.PositiveSmallIntegerField()
    passed = models.BooleanField(default=False)
    purpose = models.CharField(max_length=8, default=rules.CALL)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ladder", "supporter", "round", "rung"], name="alerted_once_a_rung")
        ]
