"""The outbox."""

from django.db import models

from alongside.kernel import ids


class Notice(models.Model):
    """One neutral message on its way to one address; gone when handed over or when its cause is gone."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    about = models.UUIDField(null=True, db_index=True)
    kind = models.CharField(max_length=10)
    address = models.CharField(max_length=300)
    message = models.CharField(max_length=40)
    language = models.CharField(max_length=5, default="en")
    values = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    failed = models.BooleanField(default=False)
