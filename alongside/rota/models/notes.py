"""The weekly note of who is on call: when it was sent last, and who does not want it."""

from django.db import models

from alongside.kernel import ids


class WeekNote(models.Model):
    """The day on which an organisation's team was last told who is on call, so that one note goes out a week."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.OneToOneField("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    sent_on = models.DateField(null=True)


class NoWeekNote(models.Model):
    """That a supporter does not want the weekly note."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    supporter = models.OneToOneField("team.Supporter", on_delete=models.CASCADE, related_name="+")
