"""Tables of briefings, of managers' own units and of what they acknowledged."""

from django.db import models

from alongside.kernel import ids


class Briefing(models.Model):
    """A unit was briefed on a day. Who was there is not written down."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    office = models.ForeignKey("accounts.Office", on_delete=models.CASCADE, related_name="+")
    held_on = models.DateField()
    recorded_by = models.ForeignKey("accounts.Person", on_delete=models.SET_NULL, related_name="+", null=True)

    class Meta:
        ordering = ["-held_on"]
        constraints = [models.UniqueConstraint(fields=["office", "held_on"], name="briefed_once_a_day")]


class OwnUnit(models.Model):
    """A unit that a manager chose as theirs: it stands on their list of tasks."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    office = models.ForeignKey("accounts.Office", on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "office"], name="own_unit_once")]


class Acknowledgement(models.Model):
    """The newest version of the rules for managers that a manager said they have read."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    version = models.PositiveSmallIntegerField()
    read_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "person"], name="acknowledged_once")]
