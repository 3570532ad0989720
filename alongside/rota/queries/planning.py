"""What a plan is made from, as the tables have it now."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alongside.accounts.models import Organisation
from alongside.policy import queries as policy
from alongside.policy.values import Values
from alongside.rota.models import Blackout, Busy, Cap, Holiday, Hours, Pattern, Shift, Wish
from alongside.rota.queries.sessions import busy_with_sessions
from alongside.rota.rules import framing
from alongside.rota.rules.duties import Duty
from alongside.rota.rules.patterns import Pattern as Repeats
from alongside.rota.rules.problem import Aims, Limits, Problem
from alongside.team import queries as team

# As far as rest, days in a row and limits of four weeks look, and a shift may last.
AROUND = timedelta(days=62)


def problem_for(
    organisation: Organisation, first: date, days: int, now: datetime, *, free: Collection[uuid.UUID] = ()
) -> tuple[Problem, tuple[uuid.UUID, ...]]:
    """Return the problem of these days and the supporters by place; published shifts in `free` are not held.

    Nothing of the past is planned: a slot that has begun is left out.
    """
    frame = frame_for(organisation, first, days, now, free=free)
    problem = framing.frame_problem(frame)
    return problem, tuple(one.id for one in problem.people)


def frame_for(
    organisation: Organisation, first: date, days: int, now: datetime, *, free: Collection[uuid.UUID] = ()
) -> framing.Frame:
    """Return everything the problem of these days is made from; the past and today are no part of it.

    What the same people serve in other organisations keeps them from duties here; of where, nobody here is told.
    """
    tomorrow = now.astimezone(ZoneInfo(organisation.time_zone)).date() + timedelta(days=1)
    frame = frame_of(organisation, max(first, tomorrow), days, now, free=free)
    there = elsewhere((one.id for one in frame.people), frame.starts_at - AROUND, frame.ends_at + AROUND)
    return replace(frame, elsewhere=there)


def elsewhere(supporters: Iterable[uuid.UUID], start: datetime, end: datetime) -> dict[uuid.UUID, tuple[Duty, ...]]:
    """Return by supporter the shifts in a span that the same people have in other organisations; without those who
    serve in one only.
    """
    others = team.also_serving_as(supporters)
    rows = Shift.objects.filter(
        supporter_id__in={one for ids in others.values() for one in ids}, ends_at__gt=start, starts_at__lt=end
    ).order_by("starts_at")
    near = [row.facts() for row in rows] if others else []
    return {who: tuple(one for one in near if one.supporter in ids) for who, ids in others.items()}


def frame_of(
    organisation: Organisation,
    first: date,
    days: int,
    now: datetime,
    *,
    free: Collection[uuid.UUID] = (),
    served: timedelta = framing.YEAR,
) -> framing.Frame:
    """Return the same of any days, also of those that have begun; with what was `served` in so long a time before."""
    zone = ZoneInfo(organisation.time_zone)
    values = policy.in_force(organisation.id)
    begin = datetime.combine(first, datetime.min.time(), zone)
    rows = Shift.objects.filter(
        organisation=organisation,
        ends_at__gt=begin - served - timedelta(days=2),
        starts_at__lt=begin + timedelta(days=days + 40),
    ).order_by("starts_at", "tier")
    published, freed = list[Duty](), list[Duty]()
    # Pages ask this of a year of a large team: a row of the table costs several times its values.
    for id, tier, who, starts, ends in rows.values_list("id", "tier", "supporter_id", "starts_at", "ends_at"):
        (freed if id in free else published).append(Duty(tier, who, starts, ends))
    return framing.Frame(
        zone=zone,
        first=first,
        days=days,
        patterns=tuple(patterns_in_force(organisation)),
        people=tuple(_standings(organisation.id, begin, now)),
        published=tuple(published),
        freed=tuple(freed),
        holidays=frozenset(Holiday.objects.filter(organisation=organisation).values_list("day", flat=True)),
        limits=Limits(timedelta(hours=values.rota_rest), values.rota_row, bool(values.rota_goes_on)),
        aims=Aims(
            load=values.aim_load,
            night=values.aim_night,
            weekend=values.aim_weekend,
            holiday=values.aim_holiday,
            wish=values.aim_wish,
            hand_over=values.aim_hand_over,
            pair=values.aim_pair,
        ),
        percent=dict.fromkeys(range(2, values.on_call_tiers + 1), values.rota_tier_weight),
    )


def patterns_in_force(organisation: Organisation) -> list[framing.InForce]:
    """Return the patterns of an organisation, by beginning. A later one takes over from the day on which it begins."""
    rows = list(Pattern.objects.filter(organisation=organisation).prefetch_related("blocks").order_by("begins_on"))
    found = []
    for number, row in enumerate(rows):
        ends = row.ends_on
        if number + 1 < len(rows):
            before_next = rows[number + 1].begins_on - timedelta(days=1)
            ends = before_next if ends is None else min(ends, before_next)
        blocks = tuple(block.facts() for block in row.blocks.all())
        found.append(framing.InForce(Repeats(row.anchor, row.days, blocks), row.begins_on, ends))
    return found


def missing_of_all(organisation_id: uuid.UUID) -> str:
    """Return what policy asks of everybody on call and nobody who serves has: "training", "phone", or nothing. Then
    nobody can be planned or asked for cover, whoever is free.
    """
    values = policy.in_force(organisation_id)
    people = [one for one in team.readiness(organisation_id) if not one.on_leave]
    if values.rota_needs_training and not any(one.crisis_trained for one in people):
        return "training"
    return "phone" if values.rota_needs_phone and not any(one.phone_checked for one in people) else ""


def lacking(organisation_id: uuid.UUID) -> dict[uuid.UUID, tuple[str, ...]]:
    """Return by supporter what policy asks of everybody on call and they do not have, "training" or "phone" (D-03,
    D-12); without those who have it all.
    """
    values = policy.in_force(organisation_id)
    found = {one.id: _lacks(one, values) for one in team.readiness(organisation_id)}
    return {who: missing for who, missing in found.items() if missing}


def _lacks(one: team.Readiness, values: Values) -> tuple[str, ...]:
    training = values.rota_needs_training and not one.crisis_trained
    phone = values.rota_needs_phone and not one.phone_checked
    return tuple(name for name, missing in (("training", training), ("phone", phone)) if missing)


def _standings(organisation_id: uuid.UUID, begin: datetime, now: datetime) -> Iterable[framing.Standing]:
    values = policy.in_force(organisation_id)
    people = team.readiness(organisation_id)
    mine = [one.id for one in people]
    blackouts = _by_supporter(Blackout.objects.filter(supporter_id__in=mine, last_day__gte=begin.date()))
    hours = _by_supporter(Hours.objects.filter(supporter_id__in=mine))
    busy = _by_supporter(Busy.objects.filter(supporter_id__in=mine, ends_at__gt=begin))
    led = busy_with_sessions(organisation_id, begin)
    wishes = _by_supporter(Wish.objects.filter(supporter_id__in=mine, day__gte=begin.date()))
    caps = {row.supporter_id: row.most_in_28_days for row in Cap.objects.filter(supporter_id__in=mine)}
    for one in people:
        yield framing.Standing(
            id=one.id,
            ready=one.agreed and not _lacks(one, values),
            serves=one.agreed and not one.on_leave,
            on_leave=one.on_leave,
            blackouts=tuple((row.first_day, row.last_day) for row in blackouts[one.id]),
            free=tuple(framing.Weekly(row.weekday, row.minute, row.minutes) for row in hours[one.id] if not row.works),
            works=tuple(framing.Weekly(row.weekday, row.minute, row.minutes) for row in hours[one.id] if row.works),
            busy=(*((row.starts_at, row.ends_at) for row in busy[one.id]), *led.get(one.id, ())),
            wishes=tuple((row.day, row.on_call) for row in wishes[one.id]),
            most_in_28_days=caps.get(one.id),
            away_days=max(0, framing.YEAR.days - (now.date() - one.designated_on).days),
        )


def _by_supporter(rows: Iterable[Any]) -> dict[uuid.UUID, list[Any]]:
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.supporter_id].append(row)
    return found
