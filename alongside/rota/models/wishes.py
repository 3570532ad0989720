"""When supporters can be on call, and when they would like to. No reason is ever kept."""

from django.db import models

from alongside.kernel import ids
from alongside.rota.rules import patterns


class Blackout(models.Model):
    """Days, both included, on which a supporter cannot be on call."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    supporter = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()

    class Meta:
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="blackout_ends_after_it_begins"
            )
        ]


class Hours(models.Model):
    """A weekly span, by the clock on the wall: in which a supporter can be on call, or works (`works`) and cannot.

    Weekdays count from Monday, 0. Who has no span that is free can be on call at any hour.
    """

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    supporter = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, related_name="+")
    weekday = models.PositiveSmallIntegerField()
    minute = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField()
    works = models.BooleanField(default=False)

    class Meta:
        ordering = ["weekday", "minute"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(weekday__lte=6, minute__lt=patterns.DAY_MINUTES, minutes__gte=1),
                name="hours_have_a_span",
            )
        ]


class Wish(models.Model):
    """A day on which a supporter would like to be on call, or would like to be free. The planner tries, no more."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    supporter = models.ForeignKey("team.Supporter", on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    on_call = models.BooleanField(default=False)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["supporter", "day"], name="one_wish_a_day")]


class Cap(models.Model):
    """How many shifts a supporter takes at most within any 28 days."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    supporter = models.OneToOneField("team.Supporter", on_delete=models.CASCADE, related_name="+")
    most_in_28_days = models.PositiveSmallIntegerField()
