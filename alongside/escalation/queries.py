"""How ladders stand."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alongside.accounts import queries as accounts
from alongside.escalation import rules
from alongside.escalation.models import Alert, Ladder
from alongside.notify import rules as notices
from alongside.policy import queries as policy
from alongside.rota import queries as rota
from alongside.team import queries as team


@dataclass(frozen=True)
class BoardRow:
    """One request as a coordinator sees it: state and lateness, never content, never who is on a rung (M-06)."""

    ladder_id: uuid.UUID
    urgency: str
    state: str
    opened_at: datetime
    waiting_minutes: int
    late: bool
    acknowledged: bool


def live() -> list[uuid.UUID]:
    """Return every ladder that may have a next step, oldest first."""
    return list(
        Ladder.objects.exclude(state=Ladder.State.UNANSWERED).order_by("opened_at").values_list("id", flat=True)
    )


def due(now: datetime) -> list[uuid.UUID]:
    """Return every ladder that has a step to take now, oldest first; with it those that cannot be judged, so that
    whoever tries to climb them says why.

    Looks at all of them together: for each by itself, some thousand of them would hold up the newest for minutes.
    """
    able: dict[uuid.UUID, frozenset[uuid.UUID]] = {}
    found = []
    rows = Ladder.objects.exclude(state=Ladder.State.UNANSWERED).order_by("opened_at")
    for ladder in rows.prefetch_related("alerts").iterator(chunk_size=500):
        if ladder.organisation_id not in able:
            able[ladder.organisation_id] = able_of(ladder.organisation_id, now)
        if _has_step(ladder, able[ladder.organisation_id], rules.minute_of(now)):
            found.append(ladder.id)
    return found


def _has_step(ladder: Ladder, able: frozenset[uuid.UUID], minute: datetime) -> bool:
    try:
        return not isinstance(rules.next_step(ladder.facts(able), minute), rules.Wait)
    except Exception:
        return True


def uncalled() -> list[uuid.UUID]:
    """Return every ladder of which nobody has been called yet, oldest first."""
    return list(Ladder.objects.filter(state=Ladder.State.OPEN).order_by("opened_at").values_list("id", flat=True))


def oldest_live() -> datetime | None:
    """Return when the oldest request was sent that may still be answered; None without any."""
    rows = Ladder.objects.exclude(state=Ladder.State.UNANSWERED).order_by("opened_at")
    return rows.values_list("opened_at", flat=True).first()


def able_of(organisation_id: uuid.UUID, now: datetime) -> frozenset[uuid.UUID]:
    """Return the supporters of an organisation who may serve now."""
    return frozenset(facts.id for facts in team.eligible_at(organisation_id, now))


def facts_of(ladder: Ladder, now: datetime) -> rules.Facts:
    """Return the facts of a ladder now."""
    return ladder.facts(able_of(ladder.organisation_id, now))


@dataclass(frozen=True)
class Pace:
    """How people are called: the pause between two ways to reach one, and until when quiet hours hold whom."""

    gap: timedelta
    held: dict[uuid.UUID, datetime]


def pace(ladder: Ladder, who: Iterable[uuid.UUID], rung: int, message: str, now: datetime) -> Pace:
    """Return how `who` are called: without pause on the last rung of an urgent request; held back only by a call for
    today, off duty, and while somebody on duty was called who can still answer.
    """
    who, values = tuple(who), policy.in_force(ladder.organisation_id)
    if ladder.urgency == "now" or message != "waiting":
        last = rung >= len(ladder.rungs)
        return Pace(timedelta(minutes=0 if last else values.channel_gap), {})
    facts, on_duty = facts_of(ladder, now), set(rota.on_call_at(ladder.organisation_id, now).values())
    hears = bool(on_duty & (rules.listening(facts) | (facts.able & set(who)) - facts.passed))
    held = {}
    for one in who:
        page = notices.pages(urgent=False, on_duty=one in on_duty, duty_hears=hears)
        ends = None if page else notices.quiet_until(accounts.quiet_of(team.person_of(one)), now)
        due = notices.due(ends, page=page, now=now, expires_at=ladder.ends_at)
        if due > now:
            held[one] = due
    return Pace(timedelta(minutes=values.channel_gap_today), held)


def board(organisation_id: uuid.UUID, now: datetime) -> list[BoardRow]:
    """Return the organisation's requests for the coordinator's board, the longest waiting first."""
    rows = Ladder.objects.filter(organisation_id=organisation_id).order_by("opened_at")
    return [_row(ladder, now) for ladder in rows]


def _row(ladder: Ladder, now: datetime) -> BoardRow:
    missed = ladder.round > 1 or (ladder.state in rules.WAITING and ladder.rung > 1)
    return BoardRow(
        ladder_id=ladder.id,
        urgency=ladder.urgency,
        state=ladder.state,
        opened_at=ladder.opened_at,
        waiting_minutes=max(0, int((now - ladder.opened_at).total_seconds() // 60)),
        late=ladder.state == Ladder.State.UNANSWERED or missed,
        acknowledged=ladder.acknowledged,
    )


def standing(organisation_id: uuid.UUID) -> tuple[int, int]:
    """Return how many requests wait at this moment and how many somebody has taken: all that is handed over at a change
    of shift.
    """
    states = list(Ladder.objects.filter(organisation_id=organisation_id).values_list("state", flat=True))
    waiting = sum(state in rules.WAITING for state in states)
    return waiting, sum(state in rules.HELD for state in states)


def called_on(supporter_id: uuid.UUID) -> list[Alert]:
    """Return the alerts a supporter has not passed on, each ladder loaded."""
    return list(Alert.objects.filter(supporter_id=supporter_id, passed=False).select_related("ladder"))


def may_open(ladder: Ladder, supporter_id: uuid.UUID) -> bool:
    """Say whether a supporter may fetch the sealed request now: the taker, whom the taker asked, or, while it waits,
    whoever was called.

    Nobody may who passed, is on leave, has left or has not signed the agreement in force.
    """
    return supporter_id in _readers(ladder) and team.may_serve(supporter_id)


def present(ladder: Ladder, now: datetime) -> list[uuid.UUID]:
    """Return everybody who may open the request now, the taker first: what is written back is sealed for them."""
    able, readers = able_of(ladder.organisation_id, now), _readers(ladder)
    return [one for one in readers if one in able]


def _readers(ladder: Ladder) -> list[uuid.UUID]:
    """Return whose turn it is, whether or not they may serve: the taker first, then in the order of the ladder."""
    alerts = [alert for alert in ladder.alerts.all() if not alert.passed]
    if ladder.state in rules.WAITING:
        order = {uuid.UUID(one): place for place, one in enumerate(ladder.rungs[-1]["who"])}
        return sorted({alert.supporter_id for alert in alerts}, key=lambda one: (order.get(one, len(order)), one))
    if ladder.state not in rules.HELD or ladder.taker_id is None:
        return []
    asked = {alert.supporter_id for alert in alerts if is_asked(alert, ladder)}
    return [ladder.taker_id, *sorted(asked - {ladder.taker_id})]


def is_asked(alert: Alert, ladder: Ladder) -> bool:
    """Say whether an alert is a call of the present taker that still stands."""
    return (alert.round, alert.rung) == (ladder.round, 0) and alert.purpose in (rules.BACKUP, rules.TAKE)
