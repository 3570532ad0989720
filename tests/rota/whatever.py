"""What the state machine of test_whatever_happens.py reads and judges: rows only, worked out anew and by their words."""

import itertools
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alongside.accounts.models import ContactPoint, Role
from alongside.notify.models import Notice
from alongside.rota.models import Blackout, Busy, Cap, CoverAsk, Exchange, Shift
from alongside.team.models import Ready, Supporter

REST = timedelta(hours=11)
DAYS_IN_A_ROW = 5
MONTH = timedelta(days=28)
DAY = timedelta(days=1)
# What may be told of a shift (K-36); all of them say the same to everybody, and carry a link at most.
TOLD = {"rota_published", "shift_asked", "shift_asked_now", "shift_answered", "board"}
FOR_COORDINATORS = {"board", "shift_answered"}


@dataclass(frozen=True)
class Row:
    """A published shift."""

    tier: int
    who: uuid.UUID
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Changed:
    """A span of a tier that is somebody else's than before; None is nobody."""

    tier: int
    start: datetime
    end: datetime
    was: uuid.UUID | None
    now: uuid.UUID | None


@dataclass(frozen=True)
class Seen:
    """Everything that an operation may change: shifts, exchanges with everybody who has part in them, and notices."""

    shifts: dict[uuid.UUID, Row]
    exchanges: dict[uuid.UUID, tuple[object, ...]]
    parts: dict[uuid.UUID, frozenset[uuid.UUID]]
    notices: dict[uuid.UUID, Notice]


def look(organisation_id: uuid.UUID) -> Seen:
    """Return what there is."""
    asked: dict[uuid.UUID, dict[uuid.UUID, bool | None]] = defaultdict(dict)
    for exchange, who, yes in CoverAsk.objects.values_list("exchange_id", "supporter_id", "yes"):
        asked[exchange][who] = yes
    exchanges = list(Exchange.objects.all())
    return Seen(
        shifts={
            row.id: Row(row.tier, row.supporter_id, row.starts_at, row.ends_at)
            for row in Shift.objects.filter(organisation_id=organisation_id)
        },
        exchanges={row.id: (row.state, row.answers_id, tuple(asked[row.id].items())) for row in exchanges},
        parts={
            row.id: frozenset({row.asks_id, row.answers_id, *asked[row.id]} - {None})  # type: ignore[arg-type]
            for row in exchanges
        },
        notices={row.id: row for row in Notice.objects.all()},
    )


def changes(before: Iterable[Row], after: Iterable[Row]) -> list[Changed]:
    """Return every span that is somebody else's than before."""
    before, after, found = list(before), list(after), []
    for tier in {one.tier for one in (*before, *after)}:
        was, now = ([one for one in rows if one.tier == tier] for rows in (before, after))
        marks = sorted({at for one in {*was, *now} for at in (one.start, one.end)})
        for start, end in itertools.pairwise(marks):
            old, new = _holder(was, start), _holder(now, start)
            if old != new:
                found.append(Changed(tier, start, end, old, new))
    return found


def _holder(rows: Iterable[Row], at: datetime) -> uuid.UUID | None:
    return next((one.who for one in rows if one.start <= at < one.end), None)


def overlapping(rows: Iterable[Row], by: Callable[[Row], object]) -> list[tuple[Row, Row]]:
    """Return rows beside the next of the same kind where they share a minute."""
    kinds: dict[object, list[Row]] = defaultdict(list)
    for one in rows:
        kinds[by(one)].append(one)
    return [
        (one, then)
        for some in kinds.values()
        for one, then in itertools.pairwise(sorted(some, key=lambda one: (one.start, one.end)))
        if then.start < one.end
    ]


def uncovered(rows: Iterable[Row], tier: int, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return the spans in which a tier has none of these rows."""
    rows = [one for one in rows if one.tier == tier and one.start < end and start < one.end]
    marks = sorted({start, end, *(at for one in rows for at in (one.start, one.end) if start < at < end)})
    return joined((a, b) for a, b in itertools.pairwise(marks) if _holder(rows, a) is None)


def joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return spans in order, those that touch made one. Spans that overlap are none that this may be asked of."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        assert not found or start >= found[-1][1], "one minute is listed twice"
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def able(organisation_id: uuid.UUID) -> set[uuid.UUID]:
    """Return who may serve: active, with the agreement signed."""
    rows = Supporter.objects.filter(organisation_id=organisation_id, status="active", agreement_version__gte=1)
    return set(rows.values_list("id", flat=True))


# --- what keeps somebody from a shift ----------------------------------------------------------------------------


def unfit(new: Row, others: Sequence[Row], zone: ZoneInfo) -> Iterator[str]:
    """Yield what speaks against a shift that somebody was given by any way but a coordinator's own hand; `others` are
    the rest of what they have, wherever.
    """
    who = Supporter.objects.get(id=new.who)
    if who.status != "active" or who.agreement_version < 1:
        yield "may not serve"
    if not Ready.objects.filter(supporter=who, crisis_trained_on__isnull=False, phone_checked_on__isnull=False):
        yield "not ready for duty"
    for off in Blackout.objects.filter(supporter=who):
        if _midnight(off.first_day, zone) < new.end and new.start < _midnight(off.last_day + DAY, zone):
            yield f"has {off.first_day} to {off.last_day} off"
    if Busy.objects.filter(supporter=who, starts_at__lt=new.end, ends_at__gt=new.start).exists():
        yield "is busy"
    yield from (
        f"rest before or after {one}" for one in others if new.start < one.end + REST and one.start < new.end + REST
    )
    days = {one.start.astimezone(zone).date() for one in (new, *others)}
    run = 1 + sum(
        1 for _ in itertools.takewhile(lambda n: new.start.astimezone(zone).date() + n * DAY in days, range1())
    )
    run += sum(1 for _ in itertools.takewhile(lambda n: new.start.astimezone(zone).date() - n * DAY in days, range1()))
    if run > DAYS_IN_A_ROW:
        yield f"{run} days in a row"
    yield from _over_the_cap(new, others, zone)


def range1() -> Iterator[int]:
    return iter(range(1, 60))


def _over_the_cap(new: Row, others: Sequence[Row], zone: ZoneInfo) -> Iterator[str]:
    cap = Cap.objects.filter(supporter_id=new.who).first()
    if cap is None:
        return
    days = [one.start.astimezone(zone).date() for one in (new, *others)]
    for number in range(28):
        first = days[0] - number * DAY
        if sum(first <= one < first + MONTH for one in days) > cap.most_in_28_days:
            yield f"more than {cap.most_in_28_days} in 28 days"
            return


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone)


# --- who is told -------------------------------------------------------------------------------------------------


def addresses(organisation_id: uuid.UUID) -> tuple[dict[str, uuid.UUID], set[str]]:
    """Return the supporter behind every address, and the addresses of coordinators."""
    people = dict(Supporter.objects.filter(organisation_id=organisation_id).values_list("person_id", "id"))
    desks = set(
        Role.objects.filter(organisation_id=organisation_id, name="coordinator").values_list("person_id", flat=True)
    )
    points = list(ContactPoint.objects.values_list("person_id", "address"))
    return (
        {address: people[person] for person, address in points if person in people},
        {address for person, address in points if person in desks},
    )


def concerned(before: Seen, after: Seen, changed: Iterable[Changed]) -> set[uuid.UUID]:
    """Return whom an operation is about: whose minutes changed, and who has or had part in an exchange that did."""
    found = {who for one in changed for who in (one.was, one.now) if who is not None}
    for one in before.exchanges.keys() | after.exchanges.keys():
        if before.exchanges.get(one) != after.exchanges.get(one):
            found |= before.parts.get(one, frozenset()) | after.parts.get(one, frozenset())
    return found
