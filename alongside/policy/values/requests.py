"""Numbers of requests, keys, lists, notices, the team and its managers."""

from django.utils.translation import gettext_lazy as _

from alongside.policy.values.setting import Setting

REQUESTS: tuple[Setting, ...] = (
    Setting(
        "urgent_second",
        5,
        2,
        30,
        "minutes",
        "A-09",
        _("When somebody asks for contact now and nobody answers, the second rung is called after {value} minutes."),
    ),
    Setting(
        "urgent_third",
        10,
        4,
        60,
        "minutes",
        "A-09",
        _("The third rung of an urgent request is called after {value} minutes."),
    ),
    Setting(
        "urgent_all",
        20,
        6,
        120,
        "minutes",
        "A-03",
        _(
            "After {value} minutes without an answer to an urgent request, everybody who can open it is called together."
        ),
    ),
    Setting(
        "routine_second",
        30,
        5,
        240,
        "minutes",
        "A-09",
        _("When contact today is fine and nobody answers, the second rung is called after {value} minutes."),
    ),
    Setting(
        "routine_third",
        120,
        10,
        480,
        "minutes",
        "A-09",
        _("The third rung of a request for today is called after {value} minutes."),
    ),
    Setting(
        "routine_all_latest",
        480,
        60,
        1440,
        "minutes",
        "A-03",
        _(
            "At the next change of shift, and after {value} minutes at the latest, everybody who can open a request for today is called together."
        ),
    ),
    Setting(
        "urgent_contact",
        15,
        5,
        60,
        "minutes",
        "A-03",
        _(
            "A supporter who accepted an urgent request makes contact within {value} minutes, or the request goes back to the ladder."
        ),
    ),
    Setting(
        "routine_contact",
        240,
        30,
        1440,
        "minutes",
        "A-03",
        _(
            "A supporter who accepted a request for today makes contact within {value} minutes, or the request goes back to the ladder."
        ),
    ),
    Setting(
        "hand_over_within",
        24,
        1,
        48,
        "hours",
        "B-34",
        _(
            "Who answers although another rank was asked for helps at once, and passes it to a peer of that rank within {value} hours of the request."
        ),
    ),
    Setting(
        "alarm_every",
        240,
        15,
        720,
        "minutes",
        "A-03",
        _("While nobody has answered after the last rung, the coordinator is told again every {value} minutes."),
    ),
    Setting(
        "last_hold",
        60,
        15,
        60,
        "minutes",
        "A-03",
        _("A request never ends sooner than {value} minutes after everybody was called."),
    ),
    Setting(
        "request_limit",
        72,
        12,
        72,
        "hours",
        "K-22",
        _(
            "Every request is deleted {value} hours after it was sent, whatever its state; only a call that was just made is waited out first."
        ),
    ),
    Setting(
        "unanswered_kept",
        7,
        1,
        14,
        "days",
        "A-03",
        _(
            "That a request went unanswered stays on the board until it is acknowledged, for {value} days at most; nothing of its content stays."
        ),
    ),
    Setting(
        "list_valid",
        30,
        10,
        60,
        "minutes",
        "A-03",
        _("The list of who can be asked is renewed at the latest every {value} minutes."),
    ),
    Setting("pool_limit", 24, 3, 24, "people", "A-08", _("At most {value} supporters can open one request.")),
    Setting("box_kept", 7, 1, 14, "days", "K-22", _("A reply that nobody reads is deleted after {value} days.")),
    Setting("box_replies", 20, 5, 50, "replies", "K-22", _("A reply box holds at most {value} replies.")),
    Setting(
        "messages_limit",
        20,
        5,
        50,
        "messages",
        "K-22",
        _("A member can write back at most {value} times to one request."),
    ),
    Setting(
        "requests_per_hour",
        60,
        10,
        1000,
        "requests",
        "A-03",
        _("More than {value} requests within an hour are slowed down, never refused without the phone numbers."),
    ),
    Setting(
        "work_after",
        10,
        3,
        1000,
        "requests",
        "A-03",
        _("After {value} requests in a short time, a sender's device does a calculation of some seconds first."),
    ),
    Setting(
        "on_call_tiers",
        2,
        2,
        4,
        "people",
        "D-01",
        _("{value} different supporters are on call in every minute: one is called first, the others are backups."),
    ),
    Setting("gap_days", 60, 7, 180, "days", "D-01", _("The board lists on-call gaps of the coming {value} days.")),
    Setting(
        "key_weeks",
        8,
        3,
        12,
        "weeks",
        "K-34",
        _("Receiving keys are made {value} weeks ahead; a supporter without a key for the week is not on a ladder."),
    ),
    Setting(
        "key_warning", 7, 1, 14, "days", "K-34", _("Supporters are warned {value} days before their keys run out.")
    ),
    Setting(
        "roster_valid",
        35,
        14,
        92,
        "days",
        "K-34",
        _(
            "The signed list of supporters is good for {value} days; phones that check it send nothing after that, until it is signed again."
        ),
    ),
    Setting(
        "roster_warning",
        10,
        3,
        13,
        "days",
        "K-34",
        _("The coordinator is told {value} days before the signed list runs out."),
    ),
    Setting("invitation_valid", 7, 1, 30, "days", "K-24", _("An invitation to the team can be used for {value} days.")),
    Setting(
        "invitations_per_day", 40, 5, 500, "people", "K-24", _("At most {value} people are invited within 24 hours.")
    ),
    Setting(
        "channel_gap",
        2,
        0,
        5,
        "minutes",
        "A-03",
        _(
            "Somebody called for contact now is tried on each further way to reach them after {value} minutes; when everybody is called, on all at once."
        ),
        none=_("Somebody called for contact now is tried on every way to reach them at once."),
    ),
    Setting(
        "channel_gap_today",
        15,
        0,
        60,
        "minutes",
        "A-03",
        _("Somebody called for contact today is tried on each further way to reach them after {value} minutes."),
        none=_("Somebody called for contact today is tried on every way to reach them at once."),
    ),
    Setting(
        "shift_check",
        2,
        0,
        8,
        "hours",
        "A-03",
        _("At the beginning of a shift a test page is sent, and for {value} hours the inbox offers another one."),
        none=_("At the beginning of a shift no test page is sent."),
    ),
    Setting(
        "resource_valid",
        180,
        30,
        180,
        "days",
        "A-33",
        _("A number outside the programme is shown for {value} days after somebody called it, then it is hidden."),
    ),
    Setting(
        "resource_warning",
        30,
        7,
        60,
        "days",
        "A-33",
        _("The board says {value} days before which numbers have to be called again."),
    ),
    Setting(
        "briefing_every",
        180,
        30,
        730,
        "days",
        "I-17",
        _("Every unit is briefed on the programme and its limits at least every {value} days."),
    ),
    Setting(
        "acknowledge_every",
        365,
        90,
        730,
        "days",
        "I-18",
        _("Managers read and acknowledge the programme's rules for them again after {value} days."),
    ),
    Setting(
        "team_ratio",
        7,
        3,
        50,
        "people",
        "C-19",
        _("The aim is one supporter for every {value} people of the organisation."),
    ),
    Setting(
        "asked_kept",
        60,
        14,
        150,
        "days",
        "B-35",
        _(
            "That somebody asked a supporter to tell stays on the board until the coordinator has seen to it, for {value} days after its month at most."
        ),
    ),
)
