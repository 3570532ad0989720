"""What an organisation says of help outside the programme."""

from django.db import models

from alongside.kernel import ids


class ListedResource(models.Model):
    """An entry of the directory as somebody here confirmed it, or one of their own (`key` empty).

    `facts` is the whole entry as it was confirmed (content.resources.Entry): what was called is what is shown, also
    after an update of the software's own list. Without `verified_on` it is shown to nobody but coordinators. Who
    called stands in the audit entry alone; here only in which role.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=40, blank=True)
    facts = models.JSONField()
    off = models.BooleanField(default=False)
    confirmed = models.JSONField(default=list)
    verified_on = models.DateField(null=True)
    verified_by = models.CharField(max_length=20, blank=True)
    expires_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "key"], condition=~models.Q(key=""), name="resource_listed_once"
            ),
            models.CheckConstraint(
                condition=models.Q(verified_on__isnull=True, expires_on__isnull=True)
                | models.Q(verified_on__isnull=False, expires_on__isnull=False),
                name="resource_verified_until",
            ),
        ]
