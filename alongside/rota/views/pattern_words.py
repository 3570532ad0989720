"""What pages of patterns say: why one is refused, where nobody is, and which numbers the planner obeys."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from alongside.policy import queries as policy
from alongside.rota.rules.coverage import Fault
from alongside.rota.rules.patterns import DAY_MINUTES, BadPattern, Block, Pattern

WEEK = 7
NOBODY = {
    1: _("nobody on first call"),
    2: _("nobody as backup"),
    3: _("nobody in third place"),
    4: _("nobody in fourth place"),
}
TWO = {
    1: _("two people on first call"),
    2: _("two people as backup"),
    3: _("two people in third place"),
    4: _("two people in fourth place"),
}
DAYS = {
    "soon": _("A pattern begins tomorrow or later. What is nearer is changed by hand on the rota."),
    "far": _("This is more than a year ahead. Is the year right?"),
}
REFUSED = {
    "cycle": _("A pattern repeats after 1 to 56 days."),
    "empty": _("This would leave no shift at all."),
    "length": _("A shift lasts no longer than the pattern itself, and 31 days at most."),
}
OUTSIDE = _("With so few days there would be no day for this shift: %(shift)s. Remove it first.")
OVERLAP = _("Two shifts of one place would overlap: %(one)s and %(other)s. Remove one first, or choose other hours.")
# What no plan may break, what it tries for, and how long it searches; other numbers stand on the page of settings.
OBEYED = ("on_call_tiers", "rota_rest", "rota_row", "rota_goes_on", "rota_needs_training", "rota_needs_phone")
WEIGHED = (
    "aim_load",
    "aim_night",
    "aim_weekend",
    "aim_holiday",
    "aim_wish",
    "aim_hand_over",
    "aim_pair",
    "rota_tier_weight",
    "plan_seconds",
)


def numbers(organisation_id: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the numbers of the rota as sentences, those it obeys and those it weighs."""
    said = {key: sentence for key, _value, sentence in policy.sentences(organisation_id)}
    return {
        name: [{"key": key, "sentence": said[key]} for key in keys]
        for name, keys in (("obeyed", OBEYED), ("weighed", WEIGHED))
    }


def day_name(pattern: Pattern, day: int) -> str:
    """Return what a day of a cycle is called: its weekday where the cycle is whole weeks, else its number."""
    if pattern.days == 1:
        return gettext("every day")
    if pattern.days % WEEK:
        return gettext("day %(number)s") % {"number": day + 1}
    weekday = formats.date_format(pattern.anchor + timedelta(days=day), "l")
    return (
        weekday
        if pattern.days == WEEK
        else gettext("%(weekday)s of week %(number)s")
        % {
            "weekday": weekday,
            "number": day // WEEK + 1,
        }
    )


def clock(minute: int) -> str:
    """Return a minute of the day as a clock shows it."""
    return f"{minute // 60:02}:{minute % 60:02}"


def block_words(pattern: Pattern, block: Block) -> str:
    """Return a block as it is read: day, from, to, and on which later day it ends."""
    end = block.minute + block.minutes
    later = end // DAY_MINUTES
    words = f"{day_name(pattern, block.day)} {clock(block.minute)}–{clock(end % DAY_MINUTES)}"
    if later == 0:
        return words
    if later == 1:
        return gettext("%(span)s on the next day") % {"span": words}
    return gettext("%(span)s %(count)s days later") % {"span": words, "count": later}


def refusal(bad: BadPattern, pattern: Pattern) -> str:
    """Return why a pattern cannot be."""
    shifts = [block_words(pattern, one) for one in bad.blocks]
    if bad.code == "overlap":
        return str(OVERLAP) % {"one": shifts[0], "other": shifts[1]}
    if bad.code == "outside":
        return str(OUTSIDE) % {"shift": shifts[0]}
    return str(REFUSED[bad.code])


def fault_words(faults: Iterable[Fault], zone: ZoneInfo) -> list[str]:
    """Return where a tier is not covered exactly once, a sentence each."""
    return [
        gettext("%(span)s: %(what)s") % {"span": _span(one, zone), "what": (TWO if one.twice else NOBODY)[one.tier]}
        for one in faults
    ]


def _span(one: Fault, zone: ZoneInfo) -> str:
    begin, end = (moment.astimezone(zone) for moment in (one.starts_at, one.ends_at))
    words = f"{_day(begin)}, {begin:%H:%M}–"
    return words + (f"{end:%H:%M}" if begin.date() == end.date() else f"{_day(end)}, {end:%H:%M}")


def _day(moment: date | datetime) -> str:
    return formats.date_format(moment, gettext("l j F"))
