"""Changes of policy values."""

from django.db import models

from alongside.kernel import ids


class Change(models.Model):
    """One change of one value; the newest per key is in force, without one the default is."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=60)
    value = models.JSONField()
    version = models.PositiveIntegerField()
    changed_by = models.ForeignKey("accounts.Person", on_delete=models.SET_NULL, related_name="+", null=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "key", "version"], name="one_version_a_change")]


class LawChoice(models.Model):
    """One choice by which an organisation is stricter than its law pack; beside that pack the newest per key counts.

    Without `pack` it was made before packs were written beside choices: under the one it had at that moment.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    pack = models.CharField(max_length=40, default="", db_default="")
    key = models.CharField(max_length=60)
    value = models.JSONField()
    version = models.PositiveIntegerField()
    changed_by = models.ForeignKey("accounts.Person", on_delete=models.SET_NULL, related_name="+", null=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "version"], name="one_version_a_law_choice")]
