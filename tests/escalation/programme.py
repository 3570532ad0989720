"""A programme in which anything can happen: what members, supporters, coordinators and machines do, with real actions.

Each deed also asserts what must hold of itself: who may, and what it leads to.
"""

import os
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import models, transaction

from alongside.accounts.models import AuditEntry, Person, Role
from alongside.accounts.queries import Seat
from alongside.anonymous.models import Cell
from alongside.anonymous.rules import Contact
from alongside.content import load
from alongside.directory import actions as directory
from alongside.directory.models import CandidateList, Card
from alongside.escalation import actions as escalation
from alongside.escalation import queries as ladders
from alongside.escalation import rules
from alongside.escalation.models import Alert, Ladder
from alongside.help_requests import actions, queries
from alongside.help_requests.actions import asking, handing
from alongside.help_requests.actions import time as passing
from alongside.help_requests.models import BoxReply, Message, Request
from alongside.help_requests.rules import Full, Gone, HandOn, NotAlerted, NotTaker, Refused, Reseal
from alongside.kernel import clock
from alongside.notify.models import Notice
from alongside.policy.models import Change
from alongside.rota.models import Shift
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.sealing.models import KeyRing, KeyWrap, ReceivingKey, WrapRecipient
from alongside.team import actions as team
from alongside.team.models import Consent, Supporter
from tests import world as cast
from tests.directory.carding import give_cards
from tests.escalation.crashes import killed_at, nothing_is_left_if_killed
from tests.help_requests.frames import ONE, TWELVE, Frame, frame_for, give_keys

WEEKS = 12
LIVE = ("open", "alerted", "accepted", "connected")
CALLS = ("waiting", "waiting_now", "backup")
CONTACT = Contact(first=True, **{question: entries[0].key for question, entries in load.tally().items()})


@dataclass
class Asked:
    """What the test remembers of one request."""

    frame: Frame
    request_id: uuid.UUID
    ladder_id: uuid.UUID
    recipients: set[uuid.UUID]
    called: set[tuple[uuid.UUID, int, int]] = field(default_factory=set)
    # A taker may call one person again for another purpose: that is no second alert, but a second notice.
    again: Counter[tuple[uuid.UUID, bool]] = field(default_factory=Counter)
    passed: set[uuid.UUID] = field(default_factory=set)
    heard: frozenset[uuid.UUID] = frozenset()
    delivered: Counter[tuple[uuid.UUID, bool]] = field(default_factory=Counter)
    state: str = "open"
    ended: str = ""


@dataclass
class Cast:
    """Pine County with five supporters, on call round the clock but for three days; made once, kept for every run."""

    world: cast.World
    keys: tuple[list[models.Model], ...]
    # The version of the agreement that must be signed; the text of the product stays as it is.
    agreement: int = 1

    @classmethod
    def make(cls) -> "Cast":
        world = cast.make_world()
        hana = cast.supporter(world.hana, world.patrol)
        lou = cast.supporter("Lou Bright", world.jail)
        clock.freeze(cast.NOW)
        weeks = seals.weeks_from(seals.monday_of(cast.NOW), WEEKS)
        give_keys([world.renee, world.marcus, world.ana, hana, lou], weeks)
        Shift.objects.all().delete()
        for serving, tier in ((world.renee, 1), (world.marcus, 2)):
            cast.shift(serving, tier, cast.WEEK_BEGINS, cast.WEEK_BEGINS + timedelta(days=7))
            cast.shift(serving, tier, cast.WEEK_BEGINS + timedelta(days=10), cast.WEEK_BEGINS + timedelta(weeks=WEEKS))
        give_cards([world.marcus, world.ana, lou])
        kept: tuple[type[models.Model], ...] = (KeyRing, WrapRecipient, ReceivingKey, KeyWrap, Consent, Card)
        return cls(world, tuple(list(model._default_manager.all()) for model in kept))

    def begin(self) -> list[Supporter]:
        """Put everything back as it was; return the team."""
        clock.freeze(cast.NOW)
        self.agreement = 1
        for model in (Ladder, Notice, CandidateList, BoxReply, Change, AuditEntry, Cell):
            model._default_manager.all().delete()
        serving = Supporter.objects.filter(organisation=self.world.pine)
        serving.update(status="active", ended_on=None, agreement_version=1)
        for one in serving:
            Person.objects.filter(id=one.person_id).update(is_active=True)
            Role.objects.get_or_create(person_id=one.person_id, organisation=self.world.pine, name="supporter")
        for rows in self.keys:
            type(rows[0])._default_manager.bulk_create(rows, ignore_conflicts=True)
        return list(serving.select_related("person").order_by("person__name"))


class Deeds:
    """Everything anybody can do."""

    def __init__(self, made: Cast) -> None:
        self.made, self.world = made, made.world
        self.team = made.begin()
        self.seat = Seat(self.world.hana, self.world.pine, frozenset({"coordinator"}))
        self.all: list[Asked] = []

    def living(self) -> list[Asked]:
        return [one for one in self.all if not one.ended]

    def those(self, *states: str) -> list[Asked]:
        return [one for one in self.living() if one.state in states]

    # --- members -----------------------------------------------------------------------------------------------------

    def ask(self, urgency: str, left_out: set[int], *, dies: bool, first: int | None = None) -> None:
        listing = directory.current_list(self.world.pine, clock.now())
        route = tuple(place for place in range(len(listing.candidates)) if place not in left_out)
        chosen = listing.directory[first % len(listing.directory)] if first is not None and listing.directory else None
        if not route and chosen is None:
            return
        frame = frame_for(self.world.pine, route, urgency)
        if chosen:
            frame = frame.but(version=2, chosen=(0, listing.directory.index(chosen)))
        if dies:
            with nothing_is_left_if_killed(), killed_at(asking, "_insert", nth=3):
                actions.open_request(self.world.pine, bytes(frame), clock.now())
        # If the server died the device tries again with the same attempt.
        assert actions.open_request(self.world.pine, bytes(frame), clock.now())
        row = frame.stored()
        assert row is not None
        recipients = set(rules.Rung.of(row.ladder.rungs[-1]).who)
        assert recipients == {listing.candidates[place].supporter for place in route} | ({chosen} if chosen else set())
        if chosen:
            assert rules.Rung.of(row.ladder.rungs[0]) == rules.Rung("chosen", 0, (chosen,))
        self.all.append(Asked(frame, row.id, row.ladder_id, recipients))

    def send_again(self, one: Asked, *, fresh: bool) -> None:
        """The same bytes, also after the end: never a second request. A new attempt of a living one is none either."""
        before, lives = Ladder.objects.count(), one.frame.stored() is not None
        frame = one.frame.but(attempt=os.urandom(16)) if fresh and lives else one.frame
        try:
            assert not actions.open_request(self.world.pine, bytes(frame), clock.now())
        except Reseal:
            assert not lives
        assert Ladder.objects.count() == before

    def not_called(self, one: Asked) -> None:
        if self._device(one, lambda: actions.not_called(self.world.pine, one.frame.token, clock.now())):
            assert Ladder.objects.get(id=one.ladder_id).state not in rules.HELD

    def write_back(self, one: Asked) -> None:
        attempt, before = os.urandom(16), Message.objects.count()
        taken = [
            self._device(one, lambda: actions.write_back(self.world.pine, one.frame.token, attempt, TWELVE))
            for _ in range(2)
        ]
        assert taken[0] == taken[1]
        assert Message.objects.count() == before + taken[0]

    def cancel(self, one: Asked) -> None:
        over = self.is_over(one)
        if self._device(one, lambda: actions.cancel(self.world.pine, one.frame.token)):
            assert not Request.objects.filter(id=one.request_id).exists()
            left = Ladder.objects.filter(id=one.ladder_id).first()
            if left is None:
                one.ended = "cancelled"
            else:
                assert over
                assert left.state == Ladder.State.UNANSWERED

    def _device(self, one: Asked, step: Callable[[], object]) -> bool:
        """Let the member's device do something; it is refused exactly when the request is over."""
        stored, over = Request.objects.filter(id=one.request_id).first(), self.is_over(one)
        try:
            step()
        except Refused as refused:
            assert refused.code == "ended"
            assert stored is not None
            assert stored.envelope is None or over
            return False
        except Gone:
            assert stored is None or over
            return False
        assert stored is not None
        return True

    # --- supporters --------------------------------------------------------------------------------------------------

    def is_over(self, one: Asked) -> bool:
        """Say whether the worker's next turn would end the request; nothing changes by asking."""
        with transaction.atomic():
            passing.climb_one(one.ladder_id, clock.now())
            live = Ladder.objects.filter(id=one.ladder_id).exclude(state=Ladder.State.UNANSWERED)
            over = not live.exists()
            transaction.set_rollback(True)
        return over

    def accept(self, one: Asked, me: uuid.UUID) -> None:
        over, before = self.is_over(one), Ladder.objects.filter(id=one.ladder_id).first()
        # Past its end a ladder is first brought to where a worker would have it.
        as_it_was = before is not None and clock.now() < before.ends_at
        offered = ladders.facts_of(before, clock.now()).offered if before else frozenset()
        mine = Alert.objects.filter(ladder_id=one.ladder_id, supporter_id=me, passed=False).exists()
        serves = me in ladders.able_of(self.world.pine.id, clock.now())
        if self.tries(lambda: actions.accept(me, one.request_id)):
            assert serves
            assert before is not None
            assert before.state in rules.WAITING or before.taker_id == me or me in offered or not as_it_was
            assert mine or not as_it_was
            after = Ladder.objects.get(id=one.ladder_id)
            assert after.taker_id == me
            assert after.state in rules.HELD
        elif before and before.state in rules.WAITING:
            assert not mine or not serves or over

    def pass_on(self, one: Asked, me: uuid.UUID) -> None:
        if self.tries(lambda: actions.pass_on(me, one.request_id)):
            assert Ladder.objects.get(id=one.ladder_id).taker_id != me
            with pytest.raises(Gone):
                queries.envelope_for(me, one.request_id)

    def hand_on(self, one: Asked, me: uuid.UUID, target: Supporter, purpose: str, *, dies: bool) -> None:
        """Seal it for one more: whoever may, for whoever may be asked, and for nobody else."""
        before, now = Ladder.objects.filter(id=one.ladder_id).first(), clock.now()
        if before is None:
            return
        as_it_was = now < before.ends_at
        facts, reads = ladders.facts_of(before, now), ladders.may_open(before, me)
        rows = Alert.objects.filter(ladder=before, supporter=target, round=before.round, rung=0)
        was_called = rows.exists()
        keyed = sealing.key_id_of(target.person_id, seals.monday_of(now)) is not None
        handed = HandOn(target.id, purpose, ONE)
        if dies:
            with nothing_is_left_if_killed(), killed_at(handing, "_keep"):
                self.tries(lambda: actions.hand_on(me, one.request_id, handed))
        try:
            new = actions.hand_on(me, one.request_id, handed)
        except (Gone, NotAlerted, rules.NotTheirs, rules.CannotBeAsked):
            able = target.id in rules.askable(facts, me, purpose)
            assert not (as_it_was and reads and keyed and able), "refused without a reason"
            return
        assert keyed
        if as_it_was:
            assert reads
            assert rules.may_ask(facts, me, purpose)
            assert target.id in (rules.askable(facts, me, purpose) if new else facts.helping | facts.offered)
        one.recipients.add(target.id)
        if new and was_called:
            one.again[target.id, True] += 1
        if before.state in rules.WAITING:
            with pytest.raises(Gone):
                queries.envelope_for(me, one.request_id)
        elif as_it_was and Ladder.objects.get(id=one.ladder_id).round == before.round:
            assert self.taker(one) == me, "an offer alone takes nothing from its taker"

    def takers_step(self, one: Asked, me: uuid.UUID, step: str) -> None:
        """A step that only the taker may do; nobody else can."""
        taker = self.taker(one)
        more = [CONTACT] if step == "close" else []
        if not self.tries(lambda: getattr(actions, step)(me, one.request_id, *more)):
            return
        assert me == taker
        if step == "close":
            one.ended = "closed"
            return
        after = Ladder.objects.get(id=one.ladder_id)
        assert (after.taker_id is None) == (step == "give_back")
        assert step != "made_contact" or after.state == "connected"

    def reply(self, one: Asked, me: uuid.UUID) -> None:
        for _ in range(2):
            self.tries(lambda: actions.reply(me, one.request_id, one.frame.token, ONE))
        assert len(queries.box(one.frame.token)) <= 1

    def close_and_die(self, one: Asked, me: uuid.UUID) -> None:
        with nothing_is_left_if_killed(), killed_at(escalation, "forget"):
            self.tries(lambda: actions.close(me, one.request_id, CONTACT))

    def tries(self, step: Callable[[], object]) -> bool:
        try:
            step()
        except (Gone, NotAlerted, NotTaker, Full, Refused, rules.NotTheirs, rules.CannotBeAsked):
            return False
        return True

    def taker(self, one: Asked) -> uuid.UUID | None:
        return Ladder.objects.filter(id=one.ladder_id).values_list("taker_id", flat=True).first()

    # --- the team ----------------------------------------------------------------------------------------------------

    def change_team(self, me: uuid.UUID, step: str) -> None:
        try:
            getattr(team, step)(me)
        except team.NotNow:
            assert Supporter.objects.get(id=me).status == "ended"

    def renew_agreement(self) -> None:
        self.made.agreement = 2

    def end(self, me: Supporter) -> None:
        try:
            team.end(self.seat, me.id)
        except team.NotNow:
            return
        assert not ReceivingKey.objects.filter(person_id=me.person_id).exists()

    # --- machines ----------------------------------------------------------------------------------------------------

    def turn(self) -> None:
        """One turn of a worker, after which somebody answers for every request and nothing more is due."""
        actions.climb(clock.now())
        for ladder in Ladder.objects.exclude(state=Ladder.State.UNANSWERED):
            facts = ladders.facts_of(ladder, clock.now())
            assert isinstance(rules.next_step(facts, rules.minute_of(clock.now())), rules.Wait)
            assert rules.owner(facts) != "ladder", "after a turn somebody answers for it"

    def kill_worker(self, place: Any, name: str, nth: int) -> None:
        for ladder_id in ladders.live():
            with (
                mock.patch.object(passing, "MOST_STEPS", 1),
                nothing_is_left_if_killed(),
                killed_at(place, name, nth),
            ):
                passing.climb_one(ladder_id, clock.now())

    def lose_race(self, one: Asked, quicker: Callable[[], object]) -> None:
        """A worker has read the rows and decided; then somebody else is quicker."""
        read, beaten = ladders.facts_of, []

        def facts_of(ladder: Ladder, now: datetime) -> rules.Facts:
            facts = read(ladder, now)
            if not beaten:
                beaten.append(True)
                quicker()
            return facts

        versions = Ladder.objects.filter(id=one.ladder_id).values_list("version", flat=True)
        before = versions.first()
        with transaction.atomic(), mock.patch.object(ladders, "facts_of", facts_of):
            step = escalation.take_step(one.ladder_id, clock.now())
            after = versions.first()
            if isinstance(step, rules.GiveUp):
                passing._forget_content(one.ladder_id)
            if isinstance(step, rules.Finish):
                escalation.forget(one.ladder_id)
        if not isinstance(step, rules.Wait):
            assert before is not None
            assert after == before + 1, "both changed it"

    def deliver(self) -> None:
        for notice in list(Notice.objects.filter(message__in=CALLS).exclude(address="")):
            one = next(one for one in self.all if one.ladder_id == notice.about)
            serving = next(one for one in self.team if one.person.email == notice.address)
            one.delivered[serving.id, notice.message == "backup"] += 1
        Notice.objects.all().delete()

    def purge(self) -> None:
        old = {one.ladder_id for one in self.living() if self._unanswered_for_a_day(one)}
        actions.purge(clock.now())
        directory.purge(clock.now())
        left = set(Ladder.objects.filter(id__in=old).values_list("id", flat=True))
        for one in self.living():
            if one.ladder_id in old - left:
                one.ended = "unanswered, and forgotten"

    def _unanswered_for_a_day(self, one: Asked) -> bool:
        ladder = Ladder.objects.filter(id=one.ladder_id, state=Ladder.State.UNANSWERED).first()
        return ladder is not None and clock.now() >= ladder.ends_at + timedelta(days=1)

    def acknowledge(self, one: Asked) -> None:
        unanswered = Ladder.objects.filter(id=one.ladder_id, state=Ladder.State.UNANSWERED, acknowledged=False).exists()
        assert not escalation.acknowledge(self.world.lake.id, one.ladder_id)
        assert escalation.acknowledge(self.world.pine.id, one.ladder_id) == unanswered
