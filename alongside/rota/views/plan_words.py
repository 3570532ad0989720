"""What pages of the planner say: why rules refuse, what would fill a gap, why a plan failed."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from alongside.rota import queries
from alongside.rota.rules.judging import Rule
from alongside.rota.rules.problem import Why
from alongside.rota.rules.shortage import Kind

PLACES = queries.PLACES
MEASURES = {
    "load": _("All shifts"),
    "night": _("Nights"),
    "weekend": _("Weekends"),
    "holiday": _("Holidays"),
}
BROKEN = {
    Rule.AWAY: _("%(name)s cannot be on call then."),
    Rule.TWICE: _("%(name)s would be on call in two places at once. Each place needs a different person."),
    Rule.REST: _("%(name)s would have less rest between two shifts than your organisation asks for."),
    Rule.ROW: _("%(name)s would begin a shift on too many days in a row."),
    Rule.CAP: _("%(name)s would have more shifts within 28 days than they said they can take."),
    Rule.HELD: _(
        "This shift of %(name)s is published. People were told. Change it on the rota, or ask for a new plan."
    ),
}
HELPS = {
    "leave": _("%(name)s were back from leave"),
    "blackout": _("%(name)s could be on call on days they named as impossible"),
    "busy": _("%(name)s were free where their own calendar is full"),
    "work": _("%(name)s did not work then"),
    "hours": _("%(name)s were free at other hours"),
    "not-ready": _("%(name)s were ready for duty: agreement, training, telephone"),
    "cap": _("%(name)s took more shifts within 28 days"),
    "held": _("a published shift of %(name)s could change"),
    "row": _("%(name)s were on call on more days in a row"),
    "rest": _("%(name)s had less rest between shifts"),
}
# What gaps have in common.
WHAT = {
    Kind.HOLIDAY: ngettext_lazy("Shift on a holiday", "Shifts on holidays", "count"),
    Kind.WEEKEND_NIGHT: ngettext_lazy("Night of a weekend", "Nights of weekends", "count"),
    Kind.WEEKEND: ngettext_lazy("Shift of a weekend", "Shifts of weekends", "count"),
    Kind.NIGHT: ngettext_lazy("Night", "Nights", "count"),
    Kind.DAY: ngettext_lazy("Day shift", "Day shifts", "count"),
    Kind.ANY: ngettext_lazy("Shift", "Shifts", "count"),
}
# What keeps people, each counted once.
KEPT = {
    Why.LEAVE: ngettext_lazy("%(count)s is on leave", "%(count)s are on leave", "count"),
    Why.BLACKOUT: ngettext_lazy(
        "%(count)s named the day as impossible", "%(count)s named the day as impossible", "count"
    ),
    Why.BUSY: ngettext_lazy(
        "%(count)s has a full calendar of their own", "%(count)s have full calendars of their own", "count"
    ),
    Why.WORK: ngettext_lazy("%(count)s is at work", "%(count)s are at work", "count"),
    Why.HOURS: ngettext_lazy("%(count)s is not free at these hours", "%(count)s are not free at these hours", "count"),
    Rule.TWICE: ngettext_lazy("%(count)s is on call already", "%(count)s are on call already", "count"),
    Rule.REST: ngettext_lazy("%(count)s would have too little rest", "%(count)s would have too little rest", "count"),
    Rule.ROW: ngettext_lazy(
        "%(count)s would be on call on too many days in a row",
        "%(count)s would be on call on too many days in a row",
        "count",
    ),
    Rule.CAP: ngettext_lazy(
        "%(count)s has as many shifts as they said they can take",
        "%(count)s have as many shifts as they said they can take",
        "count",
    ),
}
READY_AND_NONE = ngettext_lazy(
    "Only %(count)s person is ready for duty, and cannot be on call then: %(why)s.",
    "%(count)s people are ready for duty, and none of them can be on call then: %(why)s.",
    "count",
)
READY_AND_ABLE = ngettext_lazy(
    "%(count)s person is ready for duty, and could be on call then.",
    "%(count)s people are ready for duty, and %(able)s of them could be on call then.",
    "count",
)
THE_OTHERS = ngettext_lazy("The other cannot: %(why)s.", "The others cannot: %(why)s.", "count")
FAILURES = {
    "crashed": _(
        "The planner met an error and could not finish. Nothing was changed. Whoever runs the server finds it in the "
        "log."
    ),
    "died": _(
        "The planner was ended three times before it could finish: the server may be short of memory. Nothing was "
        "changed. Ask for fewer weeks at once."
    ),
}
IN_THE_WAY = _(
    "A published shift of %(name)s from %(from)s to %(to)s is in the way. Look at the rota, and ask for a new plan."
)
