"""What a supporter, a member's device or a board may learn of requests."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alongside.accounts import queries as accounts
from alongside.directory import queries as directory
from alongside.directory.queries import OnCard
from alongside.escalation import queries as escalation
from alongside.escalation import rules as ladders
from alongside.escalation.models import Ladder
from alongside.help_requests.models import BoxReply, HandedOn, Message, Request
from alongside.help_requests.rules import Gone, NotAlerted, TakenBySomebody
from alongside.kernel import ids
from alongside.policy import queries as policy
from alongside.rota import queries as rota
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.team import queries as team


@dataclass(frozen=True)
class Entry:
    """One request in a supporter's inbox; its content is only in the envelope.

    `offered`: a peer asks this supporter to take it over. `spare`: there is a copy beside the original.
    """

    request_id: uuid.UUID
    urgency: str
    state: str
    opened_at: datetime
    waiting_minutes: int
    mine: bool
    backup: bool
    offered: bool
    spare: bool
    contact_by: datetime | None
    ends_at: datetime
    hand_over_by: datetime | None
    """Of an own one: by when it should be with a peer of the rank asked for. Whether another was, the device knows."""
    own_rank: str
    """As the supporter's card has it; empty without one."""


@dataclass(frozen=True)
class Asked:
    """Whom the taker has called in, for which purpose of escalation.rules, and whether they said not me."""

    name: str
    purpose: str
    passed: bool


@dataclass(frozen=True)
class Peer:
    """Somebody whom a supporter may ask now, and the key to seal for; `tier` is their duty now, if any.

    `over` names the offices that they lead, and `card` is what wishes are compared with, where they have a card.
    """

    id: uuid.UUID
    name: str
    office: str
    tier: int | None
    key: str
    purposes: tuple[str, ...]
    over: tuple[str, ...]
    card: dict[str, Any] | None


def inbox(supporter_id: uuid.UUID, now: datetime) -> list[Entry]:
    """Return the requests a supporter was called for and may still open, own ones first, then the longest waiting."""
    ladders = {alert.ladder_id: alert.ladder for alert in escalation.called_on(supporter_id)}
    rows = Request.objects.filter(ladder_id__in=ladders, envelope__isnull=False).select_related("ladder")
    found = [_entry(row, supporter_id, now) for row in rows if escalation.may_open(row.ladder, supporter_id)]
    return sorted(found, key=lambda entry: (not entry.mine, entry.opened_at))


def _entry(row: Request, supporter_id: uuid.UUID, now: datetime) -> Entry:
    ladder = row.ladder
    mine = ladder.taker_id == supporter_id
    facts = escalation.facts_of(ladder, now)
    card = directory.card_of(supporter_id) if mine else None
    return Entry(
        request_id=row.id,
        urgency=ladder.urgency,
        state=ladder.state,
        opened_at=ladder.opened_at,
        waiting_minutes=max(0, int((now - ladder.opened_at).total_seconds() // 60)),
        mine=mine,
        backup=ladder.state in ladders.HELD and not mine,
        offered=_is_offered(ladder, supporter_id),
        spare=HandedOn.objects.filter(request=row, supporter_id=supporter_id, spare=True).exists(),
        contact_by=ladders.contact_by(facts) if ladder.state == Ladder.State.ACCEPTED else None,
        ends_at=ladders.end_of(facts),
        hand_over_by=_hand_over_by(row, ladders.end_of(facts)) if mine else None,
        own_rank=card.shown.band if card else "",
    )


def _hand_over_by(row: Request, ends_at: datetime) -> datetime:
    """Return the same for every request of this age: the server cannot know which one needs it (B-34)."""
    within = policy.in_force(row.organisation_id).hand_over_within
    return min(row.ladder.opened_at + timedelta(hours=within), ends_at)


def _is_offered(ladder: Ladder, supporter_id: uuid.UUID) -> bool:
    """Say whether a peer asks this supporter to take it: the taker, or while it waits somebody who was called."""
    offers = ladder.alerts.filter(supporter_id=supporter_id, round=ladder.round, purpose=ladders.TAKE, passed=False)
    beside = offers.filter(rung=0) if ladder.state in ladders.HELD else offers.exclude(rung=0)
    return ladder.taker_id != supporter_id and beside.exists()


def organisation_calling(person_id: uuid.UUID, request_id: uuid.UUID) -> uuid.UUID | None:
    """Return the organisation whose request this is if the person was called for it as its supporter, else None."""
    called = Request.objects.filter(id=request_id, ladder__alerts__supporter__person_id=person_id)
    return called.values_list("organisation_id", flat=True).first()


def opened_by(supporter_id: uuid.UUID, request_id: uuid.UUID) -> Request:
    """Return a request that the supporter may open now; raises NotAlerted when never called, Gone when taken, closed
    or unknown.
    """
    row = Request.objects.filter(id=request_id).select_related("ladder").first()
    if row is None or row.envelope is None:
        raise Gone
    if not row.ladder.alerts.filter(supporter_id=supporter_id).exists():
        raise NotAlerted
    if not escalation.may_open(row.ladder, supporter_id):
        taken = row.ladder.state in ladders.HELD and row.ladder.taker_id != supporter_id
        raise TakenBySomebody if taken else Gone
    return row


def entry(supporter_id: uuid.UUID, request_id: uuid.UUID, now: datetime) -> Entry:
    """Return one request of the supporter's inbox; raises NotAlerted or Gone."""
    return _entry(opened_by(supporter_id, request_id), supporter_id, now)


def envelope_for(supporter_id: uuid.UUID, request_id: uuid.UUID, *, spare: bool = False) -> bytes:
    """Return the sealed request: the original, or the copy that a peer sealed for a supporter who was no recipient.

    A recipient gets the copy only as a `spare`, when the original does not open: so nobody who hands on can keep the
    original from those it was sealed for. Raises NotAlerted or Gone.
    """
    row = opened_by(supporter_id, request_id)
    copy = HandedOn.objects.filter(request=row, supporter_id=supporter_id).first()
    return bytes(copy.envelope if copy and (spare or not copy.spare) else row.envelope or b"")


def peers(supporter_id: uuid.UUID, request_id: uuid.UUID, now: datetime) -> list[Peer]:
    """Return whom a supporter may ask to help or to take over, those on call first, then by name; whoever has no key
    for this week is left out.

    Whom the member left out cannot be seen from here: the device takes them away (docs/decisions/0013). Raises
    NotAlerted, Gone.
    """
    row = opened_by(supporter_id, request_id)
    facts = escalation.facts_of(row.ladder, now)
    askable = {purpose: ladders.askable(facts, supporter_id, purpose) for purpose in (ladders.BACKUP, ladders.TAKE)}
    places = [
        place for place in team.roster(row.organisation_id, now) if any(place.id in who for who in askable.values())
    ]
    keys = sealing.keys_for_week([place.person for place in places], seals.monday_of(now))
    tiers = {one: tier for tier, one in rota.on_call_at(row.organisation_id, now).items()}
    cards = directory.cards_of(row.organisation_id)
    offices = {office.id: office.name for office in accounts.offices_of(row.organisation)}
    found = [
        Peer(
            id=place.id,
            name=place.name,
            office=place.office,
            tier=tiers.get(place.id),
            key=keys[place.person],
            purposes=tuple(purpose for purpose, who in askable.items() if place.id in who),
            over=tuple(
                offices[one] for one in (cards[place.id].shown.over if place.id in cards else ()) if one in offices
            ),
            card=wished(cards.get(place.id)),
        )
        for place in places
        if place.person in keys
    ]
    return sorted(found, key=lambda peer: (peer.tier is None, peer.tier or 0, peer.name))


def wished(card: OnCard | None) -> dict[str, Any] | None:
    """Return of a card what wishes are compared with, by the names of the wishes; None without a card."""
    if card is None:
        return None
    shown = card.shown
    return {
        "language": shown.languages,
        "discipline": shown.discipline,
        "rank": shown.band,
        "gender": shown.gender,
    }


def asked_by(supporter_id: uuid.UUID, request_id: uuid.UUID) -> list[Asked]:
    """Return whom the taker has called in for this round, for the taker alone; raises NotAlerted, Gone."""
    ladder = opened_by(supporter_id, request_id).ladder
    if ladder.taker_id != supporter_id:
        return []
    alerts = ladder.alerts.filter(round=ladder.round, rung=0, purpose__in=(ladders.BACKUP, ladders.TAKE))
    rows = alerts.exclude(supporter_id=supporter_id).order_by("supporter__person__name")
    return [Asked(*row) for row in rows.values_list("supporter__person__name", "purpose", "passed")]


def messages_for(supporter_id: uuid.UUID, request_id: uuid.UUID) -> list[bytes]:
    """Return what the member wrote back, sealed, oldest first, to whoever may open the request now; raises NotAlerted
    or Gone.
    """
    row = opened_by(supporter_id, request_id)
    messages = Message.objects.filter(request=row).order_by("number")
    return [bytes(message.envelope) for message in messages]


def by_token(organisation_id: uuid.UUID, token: bytes) -> Request:
    """Return the request whose progress token this is; raises Gone. Only the sender's device has the token."""
    row = (
        Request.objects.filter(organisation_id=organisation_id, progress_hash=ids.digest(token))
        .select_related("ladder", "organisation")
        .first()
    )
    if row is None:
        raise Gone
    return row


def present_keys(row: Request, now: datetime) -> list[str]:
    """Return the keys to seal a message for: of everybody who may open the request now, the taker first, 12 at most."""
    if row.envelope is None:
        return []
    people = {one.id: one.person for one in team.eligible_at(row.organisation_id, now)}
    present = [people[one] for one in escalation.present(row.ladder, now)]
    keys = sealing.keys_for_week(present, seals.monday_of(now))
    return [keys[person] for person in present if person in keys][: min(seals.STANZAS)]


def progress(row: Request, now: datetime) -> dict[str, Any]:
    """Return how a request stands for its sender: states and moments, never who."""
    ladder = row.ladder
    facts = escalation.facts_of(ladder, now)
    waiting, held = ladder.state in ladders.WAITING, ladder.state in ladders.HELD
    upcoming = ladders.rung_due(facts, facts.rung) if waiting and facts.rung < len(facts.rungs) else None
    can = {"accepted": ["not_called", "cancel"], "connected": ["not_called", "cancel"]}
    return {
        "state": ladder.state,
        "urgency": ladder.urgency,
        "opened_at": ladder.opened_at.isoformat(),
        "round": ladder.round,
        "rungs": [
            {
                "kind": rung.kind,
                "count": len(rung.who),
                "due": ladders.rung_due(facts, index).isoformat(),
                "done": index < facts.rung,
            }
            for index, rung in enumerate(facts.rungs)
            # A later round has its last rung only: the times of the others would lie before the request was sent.
            if ladder.round == 1 or index == len(facts.rungs) - 1
        ],
        "recipients": len(facts.rungs[-1].who) if facts.rungs else 0,
        "next_by": upcoming.isoformat() if upcoming else None,
        "contact_by": ladders.contact_by(facts).isoformat() if ladder.state == "accepted" else None,
        "taken": held,
        "ends_at": ladders.end_of(facts).isoformat(),
        "zone": row.organisation.time_zone,
        "can": can.get(ladder.state, ["cancel"]),
    }


def box(address: bytes) -> list[bytes]:
    """Return the sealed replies of a box, oldest first; only its member's device can name it."""
    rows = BoxReply.objects.filter(box_hash=ids.digest(address)).order_by("number")
    return [bytes(reply.envelope) for reply in rows]
