"""Candidate lists."""

from django.db import models

from alongside.kernel import ids


class CandidateList(models.Model):
    """Who could be alerted when this list was made: position -> supporter. A send must name a valid list.

    `directory` names everybody who could be chosen by their card then, in the order of its blocks.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    fingerprint = models.CharField(max_length=64)
    candidates = models.JSONField()
    directory = models.JSONField(null=True)
    until = models.DateTimeField(db_index=True)
