"""Every number and choice of a programme: default, bounds, unit, source and the sentence that is printed.

Defaults are the strict reading of the sources (requirements N and X). The list is closed: `Values` below names them for
the code, `REGISTER` describes them for screens and the handbook.
"""

from dataclasses import dataclass, fields

from django.utils.dates import WEEKDAYS

from alongside.policy.values.oncall import ON_CALL
from alongside.policy.values.requests import REQUESTS
from alongside.policy.values.setting import Setting

__all__ = ["REGISTER", "Setting", "Values", "is_choice", "sentence", "setting"]

REGISTER: tuple[Setting, ...] = REQUESTS + ON_CALL


@dataclass(frozen=True)
class Values:
    """The values in force for one organisation, by name, and the version they belong to."""

    version: int = 0
    urgent_second: int = 5
    urgent_third: int = 10
    urgent_all: int = 20
    routine_second: int = 30
    routine_third: int = 120
    routine_all_latest: int = 480
    urgent_contact: int = 15
    routine_contact: int = 240
    hand_over_within: int = 24
    alarm_every: int = 240
    last_hold: int = 60
    request_limit: int = 72
    unanswered_kept: int = 7
    list_valid: int = 30
    pool_limit: int = 24
    box_kept: int = 7
    box_replies: int = 20
    messages_limit: int = 20
    requests_per_hour: int = 60
    work_after: int = 10
    on_call_tiers: int = 2
    gap_days: int = 60
    key_weeks: int = 8
    key_warning: int = 7
    roster_valid: int = 35
    roster_warning: int = 10
    invitation_valid: int = 7
    invitations_per_day: int = 40
    channel_gap: int = 2
    channel_gap_today: int = 15
    shift_check: int = 2
    resource_valid: int = 180
    resource_warning: int = 30
    briefing_every: int = 180
    acknowledge_every: int = 365
    team_ratio: int = 7
    asked_kept: int = 60
    rota_rest: int = 11
    rota_row: int = 5
    rota_goes_on: int = 0
    rota_tier_weight: int = 50
    rota_needs_training: int = 1
    rota_needs_phone: int = 1
    rota_answer: int = 60
    week_note: int = 1
    work_from: int = 8
    work_to: int = 18
    work_days: int = 5
    debrief_within: int = 72
    debrief_minutes: int = 45
    plan_seconds: int = 60
    aim_load: int = 100
    aim_night: int = 60
    aim_weekend: int = 60
    aim_holiday: int = 60
    aim_wish: int = 10
    aim_hand_over: int = 2
    aim_pair: int = 1


def setting(key: str) -> Setting:
    """Return one setting's description; raises KeyError for an unknown key."""
    return _BY_KEY[key]


def sentence(key: str, value: int) -> str:
    """Return the sentence that a value of the setting makes true, in the active language."""
    entry = _BY_KEY[key]
    if not value and entry.none:
        return str(entry.none)
    return str(entry.sentence).format(value=WEEKDAYS[value - 1] if entry.unit == "weekday" else value)


def is_choice(key: str) -> bool:
    """Say whether a setting is one of a few, and no number to people; False for an unknown key."""
    return key in _BY_KEY and _BY_KEY[key].unit in {"switch", "weekday"}


_BY_KEY = {entry.key: entry for entry in REGISTER}
# Two spellings of the same list: a difference is a mistake that must stop the start.
if {f.name: f.default for f in fields(Values) if f.name != "version"} != {e.key: e.default for e in REGISTER}:
    raise RuntimeError("policy.values: Values and REGISTER differ")
