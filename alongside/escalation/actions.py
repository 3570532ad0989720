"""Every change of a ladder: one conditional UPDATE that must change exactly one row, so that only one worker or
person wins.

A worker reads first and loses when the row's version has moved on; it looks again at its next turn. A person's step
claims the row first and waits for whoever is changing it. Every change moves the version, also one of alerts only.
Moments are whole minutes.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from alongside.accounts import queries as accounts
from alongside.escalation import queries, rules
from alongside.escalation.models import Alert, Ladder
from alongside.notify import actions as notify
from alongside.team import queries as team

# An alarm that could not be delivered for so long is overtaken by newer ones.
ALARM_LIFE = timedelta(days=1)


class LostRace(Exception):
    """Somebody or something else changed the ladder first; look again."""


def new_ladder(
    *,
    organisation_id: uuid.UUID,
    urgency: str,
    rungs: Sequence[rules.Rung],
    terms: rules.Terms,
    now: datetime,
) -> Ladder:
    """Return a ladder whose first rung is due at once, for the caller to store together with its request."""
    opened_at = rules.minute_of(now)
    return Ladder(
        organisation_id=organisation_id,
        urgency=urgency,
        rungs=[rung.row() for rung in rungs],
        terms=asdict(terms),
        opened_at=opened_at,
        round_at=opened_at,
        ends_at=opened_at + timedelta(minutes=terms.limit),
    )


def claim(ladder_id: uuid.UUID) -> Ladder | None:
    """Return a ladder as it is now, which nobody else changes before the caller's transaction ends; None when it is
    gone.

    Waits for whoever is changing it, so the steps of two people, or of a person and a worker, come one after the other.
    """
    Ladder.objects.filter(id=ladder_id).update(version=F("version") + 1)
    return Ladder.objects.filter(id=ladder_id).first()


@transaction.atomic
def take_step(ladder_id: uuid.UUID, now: datetime) -> rules.Step:
    """Do the next due step of one ladder and return it; Wait when there is none or somebody else did it first.

    The caller deletes what is its own after GiveUp and Finish, in the same transaction.
    """
    now = rules.minute_of(now)
    try:
        ladder = Ladder.objects.get(id=ladder_id)
        step = rules.next_step(queries.facts_of(ladder, now), now)
        _do(ladder, step, now)
    except (Ladder.DoesNotExist, LostRace):
        return rules.Wait(None)
    return step


def _do(ladder: Ladder, step: rules.Step, now: datetime) -> None:
    match step:
        case rules.Climb():
            _climb(ladder, step, now)
        case rules.Join():
            _change(ladder, ends_at=step.ends_at)
            _alert(ladder, step.who, ladder.rung, _waiting_message(ladder), now)
        case rules.Alarm():
            _change(ladder, alarmed_at=now)
            tell_coordinators(ladder, now)
        case rules.ComeBack():
            _come_back(ladder, now, step.ends_at)
        case rules.GiveUp():
            _change(ladder, state=Ladder.State.UNANSWERED, rungs=[], taker=None, taken_at=None)
            ladder.alerts.all().delete()
            notify.forget(ladder.id)
            tell_coordinators(ladder, now)
        case rules.Stay():
            _change(ladder, ends_at=step.ends_at)
        case rules.SetRight():
            _change(ladder, **rules.set_right(queries.facts_of(ladder, now), now))
        case rules.Finish():
            # The caller deletes the row, and must be the one who found it so.
            _change(ladder)
        case rules.Wait():
            pass


def _change(ladder: Ladder, **fields: Any) -> None:
    """Change the row only if nobody has since it was read; raises LostRace otherwise."""
    seen = Ladder.objects.filter(id=ladder.id, version=ladder.version)
    if seen.update(version=ladder.version + 1, **fields) != 1:
        raise LostRace
    ladder.refresh_from_db()


def _climb(ladder: Ladder, step: rules.Climb, now: datetime) -> None:
    # A ladder of people who cannot serve is climbed in one breath: that is one alarm, not one for each rung.
    alarm = step.alarm and ladder.alarmed_at != now
    moved = {"alarmed_at": now} if alarm else {}
    _change(ladder, state=Ladder.State.ALERTED, rung=step.number, rung_at=now, ends_at=step.ends_at, **moved)
    _alert(ladder, step.who, step.number, _waiting_message(ladder), now)
    if alarm:
        tell_coordinators(ladder, now)


def _waiting_message(ladder: Ladder) -> str:
    return "waiting_now" if ladder.urgency == "now" else "waiting"


def _alert(
    ladder: Ladder,
    who: Iterable[uuid.UUID],
    rung: int,
    message: str,
    now: datetime,
    *,
    purpose: str = rules.CALL,
) -> None:
    pace = queries.pace(ladder, who, rung, message, now)
    for supporter_id in who:
        Alert.objects.create(ladder=ladder, supporter_id=supporter_id, round=ladder.round, rung=rung, purpose=purpose)
        _wake(ladder, supporter_id, message, pace, now)


def _wake(ladder: Ladder, supporter_id: uuid.UUID, message: str, pace: queries.Pace, now: datetime) -> None:
    person = team.person_of(supporter_id)
    notify.queue(
        about=ladder.id,
        to=accounts.addresses_of(person.id),
        message=message,
        language=person.language,
        values={},
        now=now,
        expires_at=ladder.ends_at,
        due_at=pace.held.get(supporter_id),
        gap=pace.gap,
    )


def tell_coordinators(ladder: Ladder, now: datetime) -> None:
    """Queue the neutral notice that the board needs a look, for every coordinator."""
    for person in accounts.coordinators_of(ladder.organisation_id):
        notify.queue(
            about=ladder.id,
            to=accounts.addresses_of(person.id),
            message="board",
            language=person.language,
            values={},
            now=rules.minute_of(now),
            expires_at=rules.minute_of(now) + ALARM_LIFE,
        )


def _come_back(ladder: Ladder, now: datetime, ends_at: datetime) -> None:
    """Begin a new round at its last rung: everybody who can open the request is called at once."""
    last = rules.Rung.of(ladder.rungs[-1])
    _change(
        ladder,
        state=Ladder.State.OPEN,
        round=ladder.round + 1,
        round_at=now - timedelta(minutes=last.after),
        rung=len(ladder.rungs) - 1,
        rung_at=now,
        ends_at=ends_at,
        taker=None,
        taken_at=None,
        alarmed_at=now,
    )
    # Calls for backup of the taker that was are of no use any more.
    notify.forget(ladder.id)
    tell_coordinators(ladder, now)


@transaction.atomic
def accept(ladder: Ladder, supporter_id: uuid.UUID, now: datetime) -> bool:
    """Make the supporter the taker and return True; False when somebody else has it. Takes a claimed ladder, like every
    step of a person below, so that of several at once exactly one wins.

    A taker's offer that still stands can be accepted too.
    """
    if ladder.state in rules.WAITING:
        _change(ladder, state=Ladder.State.ACCEPTED, taker_id=supporter_id, taken_at=rules.minute_of(now))
        notify.forget(ladder.id)
        return True
    if ladder.taker_id == supporter_id:
        return True
    if supporter_id not in queries.facts_of(ladder, now).offered:
        return False
    _take_over(ladder, supporter_id, now)
    return True


def _take_over(ladder: Ladder, supporter_id: uuid.UUID, now: datetime) -> None:
    """Let the one who was asked have it: the former taker is out of it, like one who passed, and no other offer stands.

    A promised contact is promised anew; contact that was made stays made.
    """
    Alert.objects.filter(ladder=ladder, supporter=ladder.taker).update(passed=True)
    offers = Alert.objects.filter(ladder=ladder, round=ladder.round, rung=0, purpose=rules.TAKE)
    offers.update(purpose=rules.OVER)
    _change(ladder, taker_id=supporter_id, taken_at=rules.minute_of(now))


@transaction.atomic
def ask(ladder: Ladder, me: uuid.UUID, one: uuid.UUID, purpose: str, now: datetime) -> bool:
    """Call somebody for BACKUP or to TAKE the request over, whoever they are, at once (D-10); False when they were
    called for that before.

    What a taker offers stays with the taker until it is accepted. Somebody called while it waits is out of it then, as
    with `pass_on`. Raises rules.NotTheirs, rules.CannotBeAsked.
    """
    now = rules.minute_of(now)
    facts = queries.facts_of(ladder, now)
    if not rules.may_ask(facts, me, purpose):
        raise rules.NotTheirs
    if one in (facts.offered if purpose == rules.TAKE else facts.helping) & facts.able:
        return False
    if one not in rules.askable(facts, me, purpose):
        raise rules.CannotBeAsked
    _change(ladder, rungs=[rung.row() for rung in rules.with_one_more(facts.rungs, one)])
    if facts.state in rules.HELD:
        _ask_beside(ladder, one, purpose, now)
        return True
    Alert.objects.filter(ladder=ladder, supporter_id=me).update(passed=True)
    # A round that has just begun calls everybody in a moment, and with them whoever stands on the last rung now.
    if facts.state == Ladder.State.ALERTED:
        _alert(ladder, [one], ladder.rung, _waiting_message(ladder), now, purpose=purpose)
    return True


def _ask_beside(ladder: Ladder, one: uuid.UUID, purpose: str, now: datetime) -> None:
    before = Alert.objects.filter(ladder=ladder, supporter_id=one, round=ladder.round, rung=0)
    # A helper who is asked to take it over is called once more, for that.
    if before.update(purpose=purpose):
        _wake(ladder, one, "backup", queries.pace(ladder, [one], 0, "backup", now), now)
    else:
        _alert(ladder, [one], 0, "backup", now, purpose=purpose)


def looked(ladder_id: uuid.UUID, supporter_id: uuid.UUID) -> None:
    """Try no further way to reach a supporter who has seen the request; that they have is kept nowhere."""
    notify.forget_further(ladder_id, accounts.own_addresses_of(team.person_of(supporter_id).id))


@transaction.atomic
def pass_on(ladder: Ladder, supporter_id: uuid.UUID, now: datetime) -> None:
    """Note that a supporter said not me, without a reason (B-16); a taker gives the request back with it.

    When that leaves nobody to wait for on the last rung, the coordinator is told at once.
    """
    Alert.objects.filter(ladder=ladder, supporter_id=supporter_id).update(passed=True)
    looked(ladder.id, supporter_id)
    if ladder.taker_id == supporter_id:
        come_back(ladder, now)
    elif rules.is_everybody_gone(queries.facts_of(ladder, now)):
        _change(ladder, alarmed_at=rules.minute_of(now))
        tell_coordinators(ladder, now)


@transaction.atomic
def come_back(ladder: Ladder, now: datetime) -> None:
    """Take a held request from its taker and call everybody; no change while it is waiting anyway."""
    if ladder.state in rules.HELD:
        _come_back(ladder, rules.minute_of(now), ladder.ends_at)


@transaction.atomic
def made_contact(ladder: Ladder) -> None:
    """Stop the clock: the taker of a held ladder reached the member."""
    _change(ladder, state=Ladder.State.CONNECTED)


@transaction.atomic
def call_backup(ladder: Ladder, now: datetime) -> bool:
    """Call the next recipient for a taker who asks for backup (D-10); False when there is nobody left to call."""
    now = rules.minute_of(now)
    facts = queries.facts_of(ladder, now)
    helping = set(
        Alert.objects.filter(ladder=ladder, round=ladder.round, rung=0).values_list("supporter_id", flat=True)
    )
    order = [one for rung in facts.rungs for one in rung.who]
    for one in dict.fromkeys(order):
        if one in facts.able and one not in facts.passed | helping and one != ladder.taker_id:
            _alert(ladder, [one], 0, "backup", now, purpose=rules.BACKUP)
            return True
    tell_coordinators(ladder, now)
    return False


@transaction.atomic
def acknowledge(organisation_id: uuid.UUID, ladder_id: uuid.UUID) -> bool:
    """Take an unanswered request off the board; False when there is none of that id in the organisation."""
    ended = Ladder.objects.filter(
        id=ladder_id, organisation_id=organisation_id, state=Ladder.State.UNANSWERED, acknowledged=False
    )
    return ended.update(acknowledged=True) == 1


@transaction.atomic
def forget(ladder_id: uuid.UUID) -> None:
    """Delete a ladder, its alerts and its notices; nothing else points at it but its request. No change when it is
    gone.
    """
    # Whoever is calling somebody for it right now is waited for: their alerts and notices must go too.
    if claim(ladder_id) is not None:
        notify.forget(ladder_id)
        Ladder.objects.filter(id=ladder_id).delete()
