"""Sessions that supporters lead, and the debrief of each leader. Who came, where, and about what has no place here."""

from django.db import models

from alongside.kernel import ids
from alongside.rota.rules import sessions


class Session(models.Model):
    """A time in which one or two supporters lead something. Deleted two weeks after it and its debriefs are over."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=[(one.value, one.value) for one in sessions.Kind])
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="session_has_length")
        ]


class Debrief(models.Model):
    """That a supporter leads a session, and with whom and when they talk about it after; empty: not given yet."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="debriefs")
    leader = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, related_name="+")
    listener = models.ForeignKey("accounts.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["leader__person__name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "leader"], name="leads_a_session_once"),
            models.CheckConstraint(
                condition=models.Q(starts_at=None, ends_at=None) | models.Q(ends_at__gt=models.F("starts_at")),
                name="debrief_has_length",
            ),
        ]

    def facts(self) -> sessions.Slot:
        """Return what decisions about this debrief need."""
        return sessions.Slot(self.leader_id, self.listener_id, self.starts_at, self.ends_at)
