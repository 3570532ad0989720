"""Who could take a shift, in fair order; what is asked of whom; which searches for cover are open."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db.models import Q

from alongside.accounts.models import Organisation
from alongside.policy import queries as policy
from alongside.rota.models import CoverAsk, Exchange, NoWeekNote, Shift
from alongside.rota.models.exchanges import about, not_over
from alongside.rota.queries import planning
from alongside.rota.rules import LONGEST_SHIFT, Duty, Gap, changeover, cut, exchanging, framing, gaps, patterns
from alongside.rota.rules.problem import Member
from alongside.team import queries as team

# How long before and after the end of a shift both see what is handed over.
CHANGING = timedelta(hours=1)
State = Exchange.State
# Somebody may still say yes when all were asked and nobody has.
SEEKING = (State.OPEN, State.NOBODY)


@dataclass(frozen=True)
class Field:
    """Everybody around one duty: what keeps them from it, what they carry, and which duties are theirs; `elsewhere` in
    other organisations, of which nobody here is told.
    """

    frame: framing.Frame
    members: Mapping[uuid.UUID, Member]
    able: frozenset[uuid.UUID]
    elsewhere: Mapping[uuid.UUID, tuple[Duty, ...]] = field(default_factory=dict)

    @cached_property
    def _published(self) -> Mapping[uuid.UUID, list[Duty]]:
        """Published duties by whose they are: each of a large team is asked about, over and over."""
        found: dict[uuid.UUID, list[Duty]] = defaultdict(list)
        for one in self.frame.published:
            found[one.supporter].append(one)
        return found

    def broken(self, who: uuid.UUID, gets: Duty, gives: Duty | None = None) -> exchanging.Why | None:
        """Return what keeps somebody from a duty, for one of their own where `gives` is named; None when nothing."""
        if who not in self.able or who not in self.members:
            return exchanging.Why.CANNOT
        duties = [one for one in self._published[who] if one != gives]
        duties += self.elsewhere.get(who, ())
        zone, limits = self.frame.zone, self.frame.limits
        return exchanging.broken(self.members[who], duties, gets, limits, zone)

    def against(self, gets: Duty, before: Collection[Duty] = ()) -> list[exchanging.Why]:
        """Return every rule that whose duty it is would break by it, besides those that were entered `before`.

        What only a shift in another organisation breaks is AWAY: nobody here is told of it.
        """
        who, zone, limits = gets.supporter, self.frame.zone, self.frame.limits
        here = [*self._published[who], *before]
        found = exchanging.all_broken(self.members[who], here, gets, limits, zone)
        more = self.elsewhere.get(who, ())
        everywhere = exchanging.all_broken(self.members[who], [*here, *more], gets, limits, zone) if more else found
        unsaid = set(everywhere) - set(found) and exchanging.Why.AWAY not in found
        return [exchanging.Why.AWAY, *found] if unsaid else found

    def could(self, gets: Duty, waiting: Mapping[uuid.UUID, int], but: Collection[uuid.UUID]) -> list[uuid.UUID]:
        """Return who could take a duty and is not in `but`, in fair order; `waiting` are weighted minutes of other
        shifts somebody was asked for and may still take.
        """
        last: dict[uuid.UUID, datetime] = {}
        for one in self.frame.published:
            if one.starts_at < gets.starts_at:
                last[one.supporter] = max(one.ends_at, last.get(one.supporter, one.ends_at))
        free = [who for who in self.able if who not in but and self.broken(who, gets) is None]
        loads = {who: self.members[who].served.get("load", 0) + waiting.get(who, 0) for who in free}
        return exchanging.fair_order(loads, last)


def field_of(organisation: Organisation, duties: Collection[Duty], now: datetime) -> Field:
    """Return the field around duties, which lie near each other or are judged one after the other."""
    zone = ZoneInfo(organisation.time_zone)
    first = min(one.starts_at for one in duties).astimezone(zone).date()
    last = max(one.ends_at for one in duties).astimezone(zone).date()
    frame = planning.frame_of(organisation, first, (last - first).days + 1, now)
    able = frozenset(one.id for one in team.eligible_at(organisation.id, now))
    start = min(one.starts_at for one in duties) - exchanging.AROUND
    end = max(one.ends_at for one in duties) + exchanging.AROUND
    return Field(frame, framing.members(frame), able, planning.elsewhere(able, start, end))


def waiting_minutes(organisation_id: uuid.UUID, percent: Mapping[int, int], but: uuid.UUID) -> dict[uuid.UUID, int]:
    """Return by supporter the weighted minutes of shifts they were asked to cover and have not answered, without those
    of the exchange `but`.
    """
    found: dict[uuid.UUID, int] = {}
    open_ones = Exchange.objects.filter(about(organisation_id), state=State.OPEN).exclude(id=but)
    rows = CoverAsk.objects.filter(exchange__in=open_ones, yes__isnull=True)
    for row in rows.select_related("exchange__shift", "exchange__opening"):
        more = exchanging.weight(row.exchange.what.facts(), percent)
        found[row.supporter_id] = found.get(row.supporter_id, 0) + more
    return found


# --- what pages show ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mine:
    """A running or coming shift of somebody; `exchange` is what was asked about it and is open, with who answers."""

    id: uuid.UUID
    duty: Duty
    exchange: uuid.UUID | None
    kind: str
    state: str
    answers: str


@dataclass(frozen=True)
class No:
    """That a hand-over or swap of somebody's own coming shift does not come about; `name` is who was asked."""

    id: uuid.UUID
    shift: uuid.UUID
    kind: str
    name: str
    duty: Duty


@dataclass(frozen=True)
class Question:
    """What somebody is asked: take `duty` of `name`, for `other` of their own where it is a swap; without a name it is
    nobody's yet.

    `turn` is false for a search in which they may say yes before it is their turn.
    """

    id: uuid.UUID
    kind: str
    name: str
    duty: Duty
    other: Duty | None
    turn: bool


@dataclass(frozen=True)
class Sought:
    """A search for cover as the coordinator sees it, for somebody's shift (`name`) or a gap. `nobody` says that nobody
    is left to be asked and none said yes, `asked` that anybody was asked at all; who, and what they said, is nowhere.
    `away` says that whose shift it is does not serve: then the search goes on by itself.
    """

    id: uuid.UUID
    duty: Duty
    name: str
    nobody: bool
    asked: bool
    away: bool


def mine(supporter_id: uuid.UUID, now: datetime) -> list[Mine]:
    """Return somebody's running and coming shifts with what they asked about them."""
    shifts = list(Shift.objects.filter(supporter_id=supporter_id, ends_at__gt=now).order_by("starts_at"))
    rows = Exchange.objects.filter(shift__in=shifts, asks_id=supporter_id, state__in=SEEKING)
    asked = {row.shift_id: row for row in rows.select_related("answers__person").order_by("asked_at")}
    return [_mine(one, asked.get(one.id)) for one in shifts]


def _mine(shift: Shift, row: Exchange | None) -> Mine:
    if row is None:
        return Mine(shift.id, shift.facts(), None, "", "", "")
    name = row.answers.person.name if row.answers else ""
    return Mine(shift.id, shift.facts(), row.id, row.kind, row.state, name)


def noes(supporter_id: uuid.UUID, now: datetime) -> list[No]:
    """Return what somebody asked in vain about shifts that are theirs and still to come, by beginning. They alone are
    shown it.
    """
    rows = Exchange.objects.filter(
        state=State.REFUSED, asks_id=supporter_id, shift__supporter_id=supporter_id, shift__starts_at__gt=now
    ).select_related("shift", "answers__person")
    return [
        No(row.id, row.what.id, row.kind, row.answers.person.name if row.answers else "", row.what.facts())
        for row in rows.order_by("shift__starts_at")
    ]


def questions(organisation_id: uuid.UUID, supporter_id: uuid.UUID, now: datetime) -> list[Question]:
    """Return what somebody is asked or could take, what is asked of them by name or in their turn first."""
    rows = Exchange.objects.filter(about(organisation_id), not_over(now), state__in=SEEKING)
    mine = Q(asks_id=supporter_id, asks__isnull=False)
    found = []
    for row in rows.exclude(mine).select_related(*_PARTS).prefetch_related("asked"):
        ask = next((one for one in row.asked.all() if one.supporter_id == supporter_id), None)
        turn = row.answers_id == supporter_id or (ask is not None and ask.yes is None)
        open_to_all = row.kind == Exchange.Kind.COVER and ask is None
        if (turn or open_to_all) and row.is_current:
            other = row.other_shift.facts() if row.other_shift else None
            name = row.asks.person.name if row.asks else ""
            found.append(Question(row.id, row.kind, name, row.what.facts(), other, turn))
    return sorted(found, key=lambda one: (not one.turn, one.duty.starts_at, one.id))


_PARTS = ("shift", "opening", "other_shift", "asks__person")


def sought(organisation_id: uuid.UUID, now: datetime) -> list[Sought]:
    """Return the searches for cover of what is not over, by beginning."""
    rows = Exchange.objects.filter(
        about(organisation_id), not_over(now), kind=Exchange.Kind.COVER, state__in=SEEKING
    ).select_related(*_PARTS)
    found: dict[uuid.UUID, Sought] = {}
    for row in sorted(rows, key=lambda row: (row.what.starts_at, row.what.tier, row.asked_at)):
        if row.is_current:
            name = row.asks.person.name if row.asks else ""
            nobody, asked = row.state == State.NOBODY, row.asked.exists()
            away = row.asks is not None and row.asks.status != row.asks.Status.ACTIVE
            found[row.what.id] = Sought(row.id, row.what.facts(), name, nobody, asked, away)
    return list(found.values())


def is_sought(gap: Gap, sought: Iterable[Sought]) -> bool:
    """Say whether people are being asked for all of a gap already."""
    duties = [one.duty for one in sought if not one.nobody]
    return not gaps(duties, gap.starts_at, gap.ends_at, (gap.tier,))


def still_nobodys(organisation_id: uuid.UUID, span: Duty) -> list[Duty]:
    """Return the parts of a span in which its tier has no shift at all, not even of somebody who is away."""
    rows = Shift.objects.filter(
        organisation_id=organisation_id, tier=span.tier, starts_at__lt=span.ends_at, ends_at__gt=span.starts_at
    )
    parts = [span]
    for row in rows:
        parts = [left for part in parts for left in cut(part, row.starts_at, row.ends_at)]
    return parts


def spans_of(organisation: Organisation, gap: Duty) -> list[Duty]:
    """Return a gap in the pieces in which people are on call: along the slots of the pattern in force, whole where none
    is.
    """
    zone = ZoneInfo(organisation.time_zone)
    first = gap.starts_at.astimezone(zone).date() - LONGEST_SHIFT
    days = (gap.ends_at.astimezone(zone).date() - first).days + 1
    marks = {gap.starts_at, gap.ends_at}
    for one in changeover.spans(planning.patterns_in_force(organisation), first, days):
        if one.tier == gap.tier:
            ends = (patterns.boundary(local, zone) for local in (one.begin, one.end))
            marks |= {at for at in ends if gap.starts_at < at < gap.ends_at}
    return [Duty(gap.tier, gap.supporter, *pair) for pair in pairwise(sorted(marks))]


def may_be_given(organisation_id: uuid.UUID, supporter_id: uuid.UUID, now: datetime) -> list[tuple[uuid.UUID, str]]:
    """Return (id, name) of everybody else who may serve, by name: to whom a shift can be offered."""
    able = {one.id for one in team.eligible_at(organisation_id, now)} - {supporter_id}
    return [(one.id, one.name) for one in team.roster(organisation_id, now) if one.id in able]


def others_shifts(organisation_id: uuid.UUID, supporter_id: uuid.UUID, now: datetime, until: datetime) -> list[Shift]:
    """Return the coming shifts of others who may serve, which a swap can be asked for."""
    able = {one.id for one in team.eligible_at(organisation_id, now)} - {supporter_id}
    rows = Shift.objects.filter(
        organisation_id=organisation_id, supporter_id__in=able, starts_at__gt=now, starts_at__lt=until
    )
    return list(rows.select_related("supporter__person"))


def organisation_of_shift(shift_id: uuid.UUID) -> uuid.UUID | None:
    """Return where a shift belongs; None for an unknown one."""
    return Shift.objects.filter(id=shift_id).values_list("organisation_id", flat=True).first()


def organisation_of_exchange(exchange_id: uuid.UUID) -> uuid.UUID | None:
    """Return where an exchange belongs; None for an unknown one."""
    row = Exchange.objects.filter(id=exchange_id).select_related("shift", "opening").first()
    return row.what.organisation_id if row else None


@dataclass(frozen=True)
class Beyond:
    """Shifts of people who are away that lie beyond the days that the board looks at: how many, and when the first
    begins.
    """

    count: int
    first: datetime


def left_beyond(organisation_id: uuid.UUID, now: datetime) -> Beyond | None:
    """Return what people who are away have left beyond the board's days; None for nothing. Cover is sought by itself
    once it comes within (C-18).
    """
    until = now + timedelta(days=policy.in_force(organisation_id).gap_days)
    rows = Shift.objects.filter(
        organisation_id=organisation_id, supporter_id__in=team.absent(organisation_id), starts_at__gte=until
    )
    begins = list(rows.order_by("starts_at").values_list("starts_at", flat=True))
    return Beyond(len(begins), begins[0]) if begins else None


@dataclass(frozen=True)
class Change:
    """A change of shift that somebody has part in: who comes, who goes, in which tier, and when."""

    tier: int
    at: datetime
    comes: str
    goes: str


def change_of(supporter_id: uuid.UUID, now: datetime) -> Change | None:
    """Return the change of shift that a supporter has part in around now; None when there is none."""
    near = {"gt": now - CHANGING, "lte": now + CHANGING}
    ends = Shift.objects.filter(supporter_id=supporter_id, **{f"ends_at__{key}": at for key, at in near.items()})
    begins = Shift.objects.filter(supporter_id=supporter_id, **{f"starts_at__{key}": at for key, at in near.items()})
    goes = ends.select_related("supporter__person").order_by("ends_at").first()
    comes = begins.select_related("supporter__person").order_by("starts_at").first()
    beside = Shift.objects.exclude(supporter_id=supporter_id).select_related("supporter__person")
    if comes and not (goes and goes.ends_at > now):
        goes = beside.filter(organisation_id=comes.organisation_id, tier=comes.tier, ends_at=comes.starts_at).first()
        return Change(comes.tier, comes.starts_at, _name(comes), _name(goes))
    if goes:
        comes = beside.filter(organisation_id=goes.organisation_id, tier=goes.tier, starts_at=goes.ends_at).first()
        return Change(goes.tier, goes.ends_at, _name(comes), _name(goes))
    return None


def _name(shift: Shift | None) -> str:
    return shift.supporter.person.name if shift else ""


def names_between(organisation_id: uuid.UUID, start: datetime, end: datetime) -> list[str]:
    """Return the first names of who is on call within [start, end), by first duty, each once."""
    able = {one.id for one in team.eligible_at(organisation_id, start)}
    rows = Shift.objects.filter(organisation_id=organisation_id, starts_at__lt=end, ends_at__gt=start)
    serving = rows.filter(supporter_id__in=able).select_related("supporter__person").order_by("starts_at", "tier")
    first = {
        row.supporter_id: row.supporter.person.name.split(maxsplit=1)[0]
        for row in serving
        if row.supporter.person.name.strip()
    }
    return list(first.values())


def wants_week_note(supporter_id: uuid.UUID) -> bool:
    """Say whether somebody is sent the weekly note."""
    return not NoWeekNote.objects.filter(supporter_id=supporter_id).exists()
