"""Numbers of the rota: what no plan may break, and what it tries for."""

from django.utils.translation import gettext_lazy as _

from alongside.policy.values.setting import Setting

ON_CALL: tuple[Setting, ...] = (
    Setting(
        "rota_rest", 11, 0, 48, "hours", "D-01", _("Between two shifts of one supporter lie at least {value} hours.")
    ),
    Setting("rota_row", 5, 1, 28, "days", "D-02", _("Nobody begins a shift on more than {value} days in a row.")),
    Setting(
        "rota_goes_on",
        0,
        0,
        1,
        "switch",
        "D-02",
        _("A supporter may have two shifts in a row in the same place on the rota, without rest between them."),
        none=_("No supporter has two shifts in a row without rest between them."),
    ),
    Setting(
        "rota_tier_weight",
        50,
        0,
        100,
        "percent",
        "D-01",
        _("An hour as backup counts {value} in a hundred of an hour as primary when shifts are shared out."),
    ),
    Setting(
        "rota_needs_training",
        1,
        0,
        1,
        "switch",
        "D-12",
        _("Nobody is put on call without training in crisis management."),
        none=_("A supporter may be put on call without training in crisis management."),
    ),
    Setting(
        "rota_needs_phone",
        1,
        0,
        1,
        "switch",
        "D-03",
        _("Nobody is put on call before their telephone for duty was called."),
        none=_("A supporter may be put on call before their telephone for duty was called."),
    ),
    Setting(
        "rota_answer",
        60,
        5,
        720,
        "minutes",
        "D-13",
        _(
            "Who is asked to cover a shift has {value} minutes before the next one is asked; when it is urgent, a quarter of that."
        ),
    ),
    Setting(
        "week_note",
        1,
        0,
        7,
        "weekday",
        "D-13",
        _("Once a week the team is told who is on call and who is next: on {value}."),
        none=_("The team gets no weekly note of who is on call."),
    ),
    Setting("work_from", 8, 0, 12, "clock", "X-13", _("The working day begins at {value} o’clock.")),
    Setting("work_to", 18, 13, 24, "clock", "X-13", _("The working day ends at {value} o’clock.")),
    Setting(
        "work_days",
        5,
        1,
        7,
        "days",
        "X-13",
        _("Support groups are held in work hours: on the first {value} days of the week, holidays left out."),
    ),
    Setting(
        "debrief_within",
        72,
        4,
        240,
        "hours",
        "G-22",
        _("Whoever leads a session has a debrief within {value} hours after it."),
    ),
    Setting("debrief_minutes", 45, 10, 240, "minutes", "G-22", _("A debrief lasts {value} minutes.")),
    Setting("plan_seconds", 60, 5, 600, "seconds", "D-02", _("The planner searches for {value} seconds at most.")),
    Setting(
        "aim_load", 100, 0, 1000, "points", "D-02", _("A shift more or less than a fair share weighs {value} points.")
    ),
    Setting(
        "aim_night", 60, 0, 1000, "points", "D-02", _("A night more or less than a fair share weighs {value} points.")
    ),
    Setting(
        "aim_weekend",
        60,
        0,
        1000,
        "points",
        "D-02",
        _("A weekend shift more or less than a fair share weighs {value} points."),
    ),
    Setting(
        "aim_holiday",
        60,
        0,
        1000,
        "points",
        "D-02",
        _("A holiday more or less than a fair share weighs {value} points."),
    ),
    Setting("aim_wish", 10, 0, 1000, "points", "B-38", _("A wish that is not met weighs {value} points.")),
    Setting(
        "aim_hand_over", 2, 0, 1000, "points", "D-13", _("A hand-over that could be spared weighs {value} points.")
    ),
    Setting(
        "aim_pair",
        1,
        0,
        1000,
        "points",
        "D-02",
        _("Two people who share a shift again within 28 days weigh {value} points."),
    ),
)
