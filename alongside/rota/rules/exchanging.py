"""Whether a shift may change hands, whom to ask for cover, and what a search for cover does next."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from alongside.rota.rules.duties import LONGEST_SHIFT, Duty
from alongside.rota.rules.judging import Rule, violations
from alongside.rota.rules.problem import Limits, Member, Problem, Slot

# A shift that begins within SOON leaves everybody who is asked less time; within NOW all are asked together.
SOON = timedelta(hours=24)
NOW = timedelta(hours=2)
HASTE = 4
# What can be sought at once for a gap: more, and longer, is the planner's.
MOST_SPANS = 14
LONGEST = timedelta(days=8)
# Duties further away than this share no limit with a shift: a cap counts within 28 days.
AROUND = timedelta(days=29)
_MINUTE = timedelta(minutes=1)


class Why(StrEnum):
    """What keeps a shift from changing hands; those that are about a person's limits carry the rule's name."""

    ANSWERED = "answered"
    ASKED_ALREADY = "asked-already"
    CHANGED = "changed"
    BEGUN = "begun"
    OVER = "over"
    LEAVE = "leave"
    NOT_YOURS = "not-yours"
    CANNOT = "cannot"
    NO_GAP = "no-gap"
    TOO_LONG = "too-long"
    AWAY = "away"
    TWICE = "twice"
    REST = "rest"
    ROW = "row"
    CAP = "cap"


class Refused(ValueError):
    """A shift does not change hands, because of `why`."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Asked:
    """Somebody who was asked for cover: from when on they could know, and what they said."""

    who: uuid.UUID
    at: datetime
    yes: bool | None = None


@dataclass(frozen=True)
class Wait:
    """Nothing to do before somebody answers, or this moment has come."""

    until: datetime


@dataclass(frozen=True)
class Ask:
    """Ask the first who can take it; with `all` everybody who can."""

    all: bool


@dataclass(frozen=True)
class Over:
    """The shift has ended."""


Step = Wait | Ask | Over


def broken(
    person: Member,
    duties: Iterable[Duty],
    gets: Duty,
    limits: Limits,
    zone: tzinfo,
) -> Why | None:
    """Return which rule a person would break who keeps these duties and gets one more; None when they may have it."""
    return next(iter(all_broken(person, duties, gets, limits, zone)), None)


def all_broken(
    person: Member,
    duties: Iterable[Duty],
    gets: Duty,
    limits: Limits,
    zone: tzinfo,
) -> list[Why]:
    """Return every rule that a person would break who keeps these duties and gets one more.

    Judged by the very rules that judge a plan (`violations`), on the days around.
    """
    near = [one for one in duties if one.starts_at < gets.ends_at + AROUND and gets.starts_at - AROUND < one.ends_at]
    slots = tuple(_slot(one, zone) for one in (*near, gets))
    held = dict.fromkeys(range(len(near)), 0)
    found = {one.rule for one in violations(Problem(slots, (person,), held, limits), (0,) * len(slots))}
    return [Why(rule.value) for rule in (Rule.TWICE, Rule.AWAY, Rule.REST, Rule.ROW, Rule.CAP) if rule in found]


def _slot(duty: Duty, zone: tzinfo) -> Slot:
    begin, end = (moment.astimezone(zone).replace(tzinfo=None) for moment in (duty.starts_at, duty.ends_at))
    return Slot(duty.tier, duty.starts_at, duty.ends_at, begin.date(), max(1, (end - begin) // _MINUTE))


def fair_order(loads: Mapping[uuid.UUID, int], last: Mapping[uuid.UUID, datetime]) -> list[uuid.UUID]:
    """Return whom to ask first: the least weighted minutes, then whose last duty ended longest ago; `last` leaves out
    who never had one.
    """
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(loads, key=lambda who: (loads[who], last.get(who, never), who))


def too_long(pieces: Sequence[tuple[datetime, datetime]]) -> bool:
    """Say whether a gap, in the pieces in which people are on call, is more than anybody is asked around for."""
    return (
        len(pieces) > MOST_SPANS
        or any(end - begin > LONGEST for begin, end in pieces)
        or bool(pieces and pieces[-1][1] - pieces[0][0] > LONGEST_SHIFT)
    )


def too_far(begins: datetime, now: datetime, days: int) -> bool:
    """Say whether a gap begins later than the board looks, which is so many days ahead."""
    return begins > now + timedelta(days=days + 1)


def weight(duty: Duty, percent: Mapping[int, int]) -> int:
    """Return what a duty weighs in minutes."""
    return (duty.ends_at - duty.starts_at) // _MINUTE * percent.get(duty.tier, 100) // 100


def patience(minutes: int, starts_at: datetime, now: datetime) -> timedelta:
    """Return how long whoever is asked may take before the next one is asked (policy `rota_answer` is `minutes`)."""
    return timedelta(minutes=minutes if starts_at - now > SOON else max(1, minutes // HASTE))


def next_step(duty: Duty, asked: Sequence[Asked], able: Collection[uuid.UUID], minutes: int, now: datetime) -> Step:
    """Return what a search for cover does next; `able` are those who may serve at all.

    Who said no, or went on leave since, is not waited for.
    """
    if duty.ends_at <= now:
        return Over()
    everybody = duty.starts_at - now <= NOW
    waiting = [one.at for one in asked if one.yes is None and one.who in able]
    until = max(waiting) + patience(minutes, duty.starts_at, now) if waiting else now
    # Once it is urgent nobody's turn is waited out; `Ask` finds nobody new when all have been asked.
    return Wait(until) if until > now and not everybody else Ask(all=everybody)


def ends_quietly(asked: Sequence[Asked], able: Collection[uuid.UUID], minutes: int, duty: Duty, now: datetime) -> bool:
    """Say whether there is nobody left to wait for, once nobody new can be asked: then somebody must be told."""
    waiting = [one.at for one in asked if one.yes is None and one.who in able]
    return not waiting or max(waiting) + patience(minutes, duty.starts_at, now) <= now


def rest_of(duty: Duty, now: datetime) -> Duty:
    """Return the part of a duty that is still to come, by whole minutes."""
    minute = now.replace(second=0, microsecond=0)
    return Duty(duty.tier, duty.supporter, max(duty.starts_at, minute), duty.ends_at)
