"""Supporters, their consent to be shown, what readies them for duty, and that somebody asked one of them to tell."""

from django.db import models

from alongside.kernel import ids
from alongside.team import rules


class Supporter(models.Model):
    """A person designated as a peer in one organisation."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        ON_LEAVE = "on_leave"
        ENDED = "ended"

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    office = models.ForeignKey("accounts.Office", on_delete=models.PROTECT, related_name="+", null=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    agreement_version = models.PositiveSmallIntegerField(default=0)
    agreed_on = models.DateField(null=True)
    designated_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "person"], name="supporter_once"),
            models.CheckConstraint(
                condition=models.Q(status="ended", ended_on__isnull=False)
                | (~models.Q(status="ended") & models.Q(ended_on=None)),
                name="ended_has_a_day",
            ),
        ]

    def facts(self) -> rules.Facts:
        """Return what decisions about this supporter need."""
        return rules.Facts(
            id=self.id,
            person=self.person_id,
            office=self.office_id,
            status=self.status,
            agreement_version=self.agreement_version,
        )


class Asked(models.Model):
    """That in this month somebody asked a supporter to tell what they were told (B-35), in an office or in none that
    was named. Not who, whom, when or what; and once for however many.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.CASCADE, related_name="+")
    office = models.ForeignKey("accounts.Office", on_delete=models.CASCADE, related_name="+", null=True)
    month = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "office", "month"], name="asked_once_an_office_and_month"),
            models.UniqueConstraint(
                fields=["organisation", "month"], condition=models.Q(office=None), name="asked_once_a_month"
            ),
        ]


class Consent(models.Model):
    """That a supporter agrees to be shown in the directory. Going on leave or leaving ends it, and what they show hangs
    on it: it goes in the same step.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    supporter = models.OneToOneField(Supporter, on_delete=models.CASCADE, related_name="+")


class Ready(models.Model):
    """What a supporter needs before being on call: training in crisis management (D-12), a telephone of their own for
    duty that was called (D-03), and what was issued for it (B-39).
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    supporter = models.OneToOneField(Supporter, on_delete=models.CASCADE, related_name="+")
    crisis_trained_on = models.DateField(null=True)
    phone_checked_on = models.DateField(null=True)
    phone_issued = models.BooleanField(default=False)
    data_issued = models.BooleanField(default=False)
