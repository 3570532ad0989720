"""What a member's device may do. Nothing here knows who it is; a token or an address is all that names a request or a
box.
"""

import uuid
from datetime import datetime
from functools import cache

from django.db import IntegrityError, connection, transaction
from django.db.models import Model

from alongside.accounts.models import Organisation
from alongside.directory.queries import Listed
from alongside.escalation import actions as escalation
from alongside.escalation import rules as ladders
from alongside.escalation.models import Ladder
from alongside.help_requests.actions import claiming, standing
from alongside.help_requests.actions.standing import Standing
from alongside.help_requests.models import Attempt, BoxReply, Message, Request
from alongside.help_requests.rules import (
    WORK_GRACE,
    Busy,
    Clock,
    Full,
    Refused,
    Reseal,
    WorkNeeded,
    chosen_of,
    on_duty_first,
    route_of,
    routine_last,
    slots_for,
    work_bits,
    work_done,
)
from alongside.kernel import ids
from alongside.policy import queries as policy
from alongside.sealing import rules as seals


def open_request(organisation: Organisation, body: bytes, now: datetime, work: str = "") -> bool:
    """Store a sealed request with its ladder; return False when this attempt was stored before (A-03).

    Raises Refused for a frame or envelope of the wrong shape, Reseal when its list has expired, Busy past the hourly
    cap, WorkNeeded when many ask and `work` is not enough. The same attempt, at the same instant too, is stored once,
    and never again after closing while its list is valid.
    """
    frame = _frame(body)
    listed = standing.valid_list(organisation.id, uuid.UUID(bytes=frame.list_id), now)
    if listed is None:
        return _again(frame, Reseal)
    stands = standing.standing_of(organisation.id, now)
    try:
        _slow_down(frame, stands, done=work_done(frame.list_id, body, work))
    except (Busy, WorkNeeded) as slower:
        return _again(frame, slower)
    _check_envelope(frame.envelope, slots_for(len(listed.candidates)))
    try:
        with transaction.atomic():
            _store(organisation, frame, listed, stands, now)
    except IntegrityError:
        # Another of the same attempt was first. Any other reason, such as a list just purged, must not look stored.
        return _again(frame, Busy)
    stands.one_more()
    return True


def _again(frame: seals.Frame, otherwise: type[Reseal | Busy] | Busy | WorkNeeded) -> bool:
    """Say that a request is not new if its attempt was stored, now or before it was closed, or a request of the same
    receipt lives; raise `otherwise` if neither is so.
    """
    tried = Attempt.objects.filter(token_hash=ids.digest(frame.attempt)).exists()
    if not tried and not Request.objects.filter(progress_hash=frame.progress_hash).exists():
        raise otherwise
    return False


def _frame(body: bytes) -> seals.Frame:
    try:
        return seals.parse_frame(body)
    except seals.BadFrame as error:
        raise Refused(error.code) from error


def _check_envelope(envelope: bytes, slots: int) -> None:
    try:
        seals.check_envelope(envelope, frozenset({slots}))
    except seals.BadEnvelope as error:
        raise Refused(error.code) from error


def _slow_down(frame: seals.Frame, stands: Standing, *, done: int) -> None:
    """Raise Busy where more ask than a team can answer, and WorkNeeded where `done` bits of work are not enough
    (docs/decisions/0016).
    """
    most = stands.values.requests_per_hour
    if max(stands.recent, stands.live) >= most:
        raise Busy
    bits = work_bits(stands.recent, frame.urgency, calm=stands.values.work_after, most=most)
    if bits and done < bits - WORK_GRACE:
        raise WorkNeeded(bits)


def _store(organisation: Organisation, frame: seals.Frame, listed: Listed, stands: Standing, now: datetime) -> None:
    clock = _clock(frame.urgency, stands, ladders.minute_of(now))
    chosen = chosen_of(frame.chosen, listed.directory)
    route = on_duty_first(route_of(frame.route, listed.candidates, chosen), stands.on_call)
    ladder = escalation.new_ladder(
        organisation_id=organisation.id,
        urgency=frame.urgency,
        rungs=ladders.plan(route, clock.times),
        terms=ladders.Terms(
            connect=clock.connect,
            alarm=stands.values.alarm_every,
            hold=stands.values.last_hold,
            limit=stands.values.request_limit * 60,
        ),
        now=now,
    )
    _insert(Attempt(token_hash=ids.digest(frame.attempt), list_id=listed.id))
    _insert(ladder)
    _insert(
        Request(
            organisation_id=organisation.id,
            ladder_id=ladder.id,
            progress_hash=frame.progress_hash,
            envelope=frame.envelope,
        )
    )


def _insert(row: Model) -> None:
    """Write a new row. Django's own way builds its statement anew each time, at twice the cost of the whole request."""
    fields = row._meta.local_concrete_fields
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_statement(type(row)), values)


@cache
def _statement(model: type[Model]) -> str:
    quote = connection.ops.quote_name
    columns = [quote(str(field.column)) for field in model._meta.local_concrete_fields]
    places = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608


def _clock(urgency: str, stands: Standing, minute: datetime) -> Clock:
    values = stands.values
    if urgency == "now":
        return Clock((values.urgent_second, values.urgent_third, values.urgent_all), values.urgent_contact)
    third = values.routine_third
    last = routine_last(minute, third, values.routine_all_latest, stands.next_change)
    return Clock((values.routine_second, third, last), values.routine_contact)


@transaction.atomic
def write_back(organisation: Organisation, token: bytes, attempt: bytes, envelope: bytes) -> bool:
    """Keep a sealed message with a live request; False when this attempt is there already. Raises Gone, Refused,
    Full.
    """
    _check_envelope(envelope, 12)
    row = claiming.sent_with(organisation.id, token)
    if row.envelope is None:
        raise Refused("ended")
    if Message.objects.filter(token_hash=ids.digest(attempt)).exists():
        return False
    count = Message.objects.filter(request=row).count()
    if count >= policy.in_force(organisation.id).messages_limit:
        raise Full
    Message.objects.create(token_hash=ids.digest(attempt), request=row, number=count + 1, envelope=envelope)
    return True


@transaction.atomic
def not_called(organisation: Organisation, token: bytes, now: datetime) -> None:
    """Send an accepted request back to its ladder because nobody has called; everybody is called at once. Raises
    Gone.
    """
    escalation.come_back(claiming.sent_with(organisation.id, token).ladder, now)


@transaction.atomic
def cancel(organisation: Organisation, token: bytes) -> None:
    """Delete a request and all that belongs to it because its sender says so; nothing is counted. Raises Gone.

    That nobody answered stays on the board: it is the programme's broken promise, and holds nothing of its sender.
    """
    row = claiming.sent_with(organisation.id, token)
    if row.ladder.state == Ladder.State.UNANSWERED:
        row.delete()
    else:
        escalation.forget(row.ladder_id)


@transaction.atomic
def erase_box(address: bytes) -> None:
    """Delete every reply of a box."""
    BoxReply.objects.filter(box_hash=ids.digest(address)).delete()
