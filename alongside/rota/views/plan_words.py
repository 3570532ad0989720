"""What pages of the planner say: why rules refuse, what would fill a gap, why a plan failed."""

from django.utils.translation import gettext_lazy as _

from alongside.rota.rules.judging import Rule

PLACES = {1: _("First"), 2: _("Backup"), 3: _("Third"), 4: _("Fourth")}
MEASURES = {
    "load": _("All shifts"),
    "night": _("Nights"),
    "weekend": _("Weekends"),
    "holiday": _("Holidays"),
}
BROKEN = {
    Rule.AWAY: _("%(name)s cannot be on call then."),
    Rule.TWICE: _("%(name)s would be on call in two places at once. First and backup are two people."),
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
