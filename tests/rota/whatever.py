"""What the state machine of test_whatever_happens.py judges by: rows only, worked out anew and by the rules' words."""

import itertools
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from alongside.accounts.models import ContactPoint, Role
from alongside.accounts.queries import Seat
from alongside.accounts.rules import RolesApart
from alongside.kernel import clock
from alongside.notify.models import Notice
from alongside.rota import actions, rules
from alongside.rota.models import Blackout, Busy, Cap, CoverAsk, Exchange, Proposal, Shift
from alongside.rota.rules.exchanging import Refused
from alongside.team import actions as team
from alongside.team import queries as serving
from alongside.team.models import Ready, Supporter
from tests.world import World

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
    day, days = new.start.astimezone(zone).date(), {one.start.astimezone(zone).date() for one in (new, *others)}
    since, until = (next(n for n in itertools.count(1) if day + n * way not in days) for way in (-DAY, DAY))
    if since + until - 1 > DAYS_IN_A_ROW:
        yield f"{since + until - 1} days in a row"
    yield from _over_the_cap(new, others, zone)


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


# --- doing and judging ---------------------------------------------------------------------------------------------

# What one may be told who does what cannot be: then nothing has changed.
NO: tuple[type[Exception], ...] = (
    *(one for one in vars(actions).values() if isinstance(one, type) and issubclass(one, ValueError)),
    Refused,
    Shift.DoesNotExist,
    Exchange.DoesNotExist,
    Proposal.DoesNotExist,
    serving.NotASupporter,
    team.NotNow,
    RolesApart,
    rules.Clash,
    rules.BadSpan,
)

Allowed = Callable[[Changed], bool]


def nothing(_changed: Changed) -> bool:
    """No shift changes by this."""
    return False


class Judged:
    """A rota whose every change is judged."""

    zone: ZoneInfo

    def __init__(self, world: World, people: list[Supporter], there: Supporter) -> None:
        self.world, self.people, self.there = world, people, there
        self.pine = world.pine
        self.seat = Seat(world.hana, world.pine, frozenset(["coordinator"]))
        self.able: set[uuid.UUID] = set()

    @property
    def today(self) -> date:
        return clock.now().astimezone(self.zone).date()

    def do(
        self,
        step: Callable[[], Any],
        allowed: Allowed = nothing,
        *,
        by_hand: bool = False,
        by: uuid.UUID | None = None,
    ) -> Any:
        """Take a step and judge what it changed; what is refused changes nothing at all. `by` is who takes it for
        themselves, and knows.
        """
        before = look(self.pine.id)
        now = clock.now().replace(second=0, microsecond=0)
        self.able = able(self.pine.id)
        try:
            with transaction.atomic():
                found = step()
        except NO:
            after = look(self.pine.id)
            assert (after.shifts, after.exchanges, after.notices) == (before.shifts, before.exchanges, before.notices)
            return None
        after = look(self.pine.id)
        changed = changes(before.shifts.values(), after.shifts.values())
        for one in changed:
            assert allowed(one), f"changed and nobody freed it: {one}"
            assert by_hand or one.start >= now, f"of the past: {one}"
        self._nobody_unfit_is_given_anything(changed, after.shifts.values(), by_hand=by_hand)
        self._only_who_is_concerned_is_told(before, after, changed)
        self._everybody_whose_minutes_change_is_told(before, after, changed, by)
        return found

    def _everybody_whose_minutes_change_is_told(
        self, before: Seen, after: Seen, changed: list[Changed], by: uuid.UUID | None
    ) -> None:
        people, _desks = addresses(self.pine.id)
        new = [after.notices[key] for key in after.notices.keys() - before.notices.keys()]
        told = {people.get(one.address) for one in new}
        # Of what is over nobody has to hear.
        coming = [one for one in changed if one.end > clock.now()]
        whose = {who for one in coming for who in (one.was, one.now) if who in self.able}
        assert whose - {by} <= told, "a shift changed, and whoever has or had it is not told"

    def _nobody_unfit_is_given_anything(self, changed: list[Changed], rows: Iterable[Row], *, by_hand: bool) -> None:
        may = able(self.pine.id)
        rows = list(rows)
        away = [
            Row(row.tier, self.people[0].id, row.starts_at, row.ends_at)
            for row in Shift.objects.filter(supporter=self.there)
        ]
        for one in changed:
            if one.now is None:
                continue
            assert one.now in may, f"given to somebody who may not serve: {one}"
            if not by_hand:
                (new,) = (
                    row
                    for row in rows
                    if row.who == one.now and row.tier == one.tier and row.start <= one.start < row.end
                )
                others = [row for row in (*rows, *away) if row.who == one.now and row != new]
                assert list(unfit(new, others, self.zone)) == [], f"given to somebody unfit: {new}"

    def _only_who_is_concerned_is_told(self, before: Seen, after: Seen, changed: list[Changed]) -> None:
        people, desks = addresses(self.pine.id)
        about = concerned(before, after, changed)
        away = set(Supporter.objects.exclude(status="active").values_list("id", flat=True))
        for key in after.notices.keys() - before.notices.keys():
            one = after.notices[key]
            assert one.message in TOLD
            assert set(one.values) <= {"link"}
            if one.address in desks:
                assert one.message in FOR_COORDINATORS
            else:
                assert people[one.address] in about, f"{one.message} to somebody who is not concerned"
                assert people[one.address] not in away, f"{one.message} to somebody who is on leave or has left"

    def nobodys(self, one: Changed) -> bool:
        """A gap: nobody had it, or somebody who may not serve."""
        return one.was is None or one.was not in self.able

    def shift(self, at: int) -> Shift | None:
        found = list(
            Shift.objects.filter(organisation=self.pine, ends_at__gt=clock.now()).order_by("starts_at", "tier")
        )
        return found[at % len(found)] if found else None

    def exchange(self, at: int) -> Exchange | None:
        found = list(Exchange.objects.order_by("asked_at", "shift__starts_at", "opening__starts_at", "shift__tier"))
        return found[at % len(found)] if found else None

    def within(self, *shifts: Shift | None) -> Allowed:
        """Allow what is still to come of these shifts to change."""
        spans = [(row.tier, row.starts_at, row.ends_at) for row in shifts if row]
        return lambda one: any(tier == one.tier and a <= one.start and one.end <= b for tier, a, b in spans)
