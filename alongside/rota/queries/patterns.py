"""Patterns as a coordinator looks at them: which holds when, what two weeks of them cover, what stands in the way of a
change.
"""

import hashlib
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alongside.accounts.models import Organisation
from alongside.rota import rules
from alongside.rota.models import Holiday, Pattern, Proposal, Shift
from alongside.rota.rules import changeover, coverage, patterns
from alongside.rota.rules.framing import InForce
from alongside.rota.rules.patterns import slot

DAY = timedelta(days=1)
OPEN = (Proposal.State.WAITING, Proposal.State.RUNNING, Proposal.State.DONE)
# Far enough to see every shift that is published.
FAR = timedelta(days=800)


@dataclass(frozen=True)
class Standing:
    """A pattern as it stands on a day: `past`, `now` or `coming`; `last_day` is None while it goes on."""

    row: Pattern
    state: str
    last_day: date | None

    @property
    def facts(self) -> patterns.Pattern:
        """What the rules need of it."""
        return facts_of(self.row)


def facts_of(row: Pattern) -> patterns.Pattern:
    """Return what repeats."""
    return patterns.Pattern(row.anchor, row.days, tuple(block.facts() for block in row.blocks.all()))


def pattern_rows(organisation_id: uuid.UUID) -> list[Pattern]:
    """Return every pattern of an organisation with its blocks, by first day."""
    return list(
        Pattern.objects.filter(organisation_id=organisation_id).prefetch_related("blocks").order_by("begins_on")
    )


def standings(rows: Sequence[Pattern], today: date) -> list[Standing]:
    """Return rows with when they hold; a later one takes over from the day on which it begins."""
    found = []
    for at, row in enumerate(rows):
        ends = row.ends_on
        if at + 1 < len(rows):
            ends = min(ends or date.max, rows[at + 1].begins_on - DAY)
        state = "coming" if row.begins_on > today else "past" if ends is not None and ends < today else "now"
        found.append(Standing(row, state, ends))
    return found


def placed(rows: Iterable[Pattern]) -> list[InForce]:
    """Return rows as the rules take them."""
    return [InForce(facts_of(row), row.begins_on, row.ends_on) for row in rows]


def patterns_seal(rows: Iterable[Pattern]) -> str:
    """Return a digest of patterns: what was looked at is what is changed."""
    facts = [
        (
            str(row.id),
            row.name,
            row.anchor,
            row.days,
            row.begins_on,
            row.ends_on,
            sorted(map(repr, facts_of(row).blocks)),
        )
        for row in rows
    ]
    text = repr(facts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


# --- what they cover ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Preview:
    """Some days of patterns: the spans by the clock on the wall, and every minute that a tier has not exactly once."""

    first: date
    days: int
    spans: tuple[changeover.Span, ...]
    faults: tuple[coverage.Fault, ...]
    starts_at: datetime


def preview(placed: Sequence[InForce], tiers: Collection[int], first: date, days: int, zone: ZoneInfo) -> Preview:
    """Return these days of the patterns. Where the first pattern begins within them, they are judged from its first
    hand-over on: before it nothing is promised.
    """
    spans = changeover.spans(placed, first - patterns.LONGEST_CYCLE * DAY, days + patterns.LONGEST_CYCLE)
    slots = [slot(one.tier, one.begin, one.end, zone) for one in spans]
    start, end = rules.start_of(first, zone), rules.start_of(first + days * DAY, zone)
    begins = min((patterns.boundary(one.begin, zone) for one in spans), default=start)
    start = min(max(start, begins), end)
    faults = coverage.faults(slots, tiers, start, end)
    day = datetime.combine(first, datetime.min.time())
    shown = tuple(one for one in spans if one.end > day)
    return Preview(first, days, shown, tuple(faults), start)


# --- what stands in the way of a change --------------------------------------------------------------------------


@dataclass(frozen=True)
class Uses:
    """What was made by a pattern: published shifts that are exactly its own, and plans that are open in its days."""

    shifts: int
    plans: int


def uses_of(organisation: Organisation, row: Pattern, rows: Sequence[Pattern]) -> Uses:
    """Return what a pattern is used for: shifts that would not lie so without it."""
    zone = ZoneInfo(organisation.time_zone)
    standing = next(one for one in standings(rows, row.begins_on) if one.row.id == row.id)
    end = standing.last_day or row.begins_on + FAR
    start, after = rules.start_of(row.begins_on, zone), rules.start_of(end + DAY, zone)
    published = {
        (one.tier, one.starts_at, one.ends_at)
        for one in Shift.objects.filter(organisation=organisation, starts_at__gte=start, starts_at__lt=after)
    }
    if published:
        last = max(one[1] for one in published).astimezone(zone).date()
        days = (last - row.begins_on).days + 1
        without = [
            InForce(facts_of(one), one.begins_on, row.ends_on if one.ends_on == row.begins_on - DAY else one.ends_on)
            for one in rows
            if one.id != row.id
        ]
        published &= _slots(placed(rows), row.begins_on, days, zone) - _slots(without, row.begins_on, days, zone)
    plans = Proposal.objects.filter(organisation=organisation, state__in=OPEN, first_day__lte=end)
    over = sum(one.first_day + one.days * DAY > row.begins_on for one in plans)
    return Uses(len(published), over)


def _slots(placed: Iterable[InForce], first: date, days: int, zone: ZoneInfo) -> set[tuple[int, datetime, datetime]]:
    found = (slot(one.tier, one.begin, one.end, zone) for one in changeover.spans(placed, first, days))
    return {(one.tier, one.starts_at, one.ends_at) for one in found}


def published_from(organisation: Organisation, day: date) -> int:
    """Return how many published shifts begin on a day or later."""
    start = rules.start_of(day, ZoneInfo(organisation.time_zone))
    return Shift.objects.filter(organisation=organisation, starts_at__gte=start).count()


def plans_from(organisation: Organisation, day: date) -> int:
    """Return how many open plans reach a day or later ones."""
    plans = Proposal.objects.filter(organisation=organisation, state__in=OPEN)
    return sum(one.first_day + one.days * DAY > day for one in plans)


# --- holidays ----------------------------------------------------------------------------------------------------


def holidays_of(organisation_id: uuid.UUID, year: int) -> list[Holiday]:
    """Return the holidays of a year, by day."""
    return list(Holiday.objects.filter(organisation_id=organisation_id, day__year=year))
