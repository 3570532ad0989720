"""The whole back of the product under everything at once: real rows, real actions, any order.

People ask, answer, pass, go on leave and come back; policy changes; the clock jumps; workers are killed in the middle of a
step, and lose races. After each of these the same things hold: no ask is lost, none is without an owner, nobody is called
twice for one rung, and nothing is left of what is over.
"""

import os
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import models, transaction
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from alongside.accounts.models import AuditEntry, Person, Role
from alongside.accounts.queries import Seat
from alongside.anonymous.models import Cell
from alongside.anonymous.rules import Contact
from alongside.content import load
from alongside.directory import actions as directory
from alongside.directory.models import CandidateList
from alongside.escalation import actions as escalation
from alongside.escalation import queries as ladders
from alongside.escalation import rules
from alongside.escalation.models import Alert, Ladder
from alongside.help_requests import actions, queries
from alongside.help_requests.actions import time as passing
from alongside.help_requests.models import Attempt, BoxReply, Message, Request
from alongside.help_requests.rules import Busy, Full, Gone, NotAlerted, NotTaker, Refused, Reseal
from alongside.kernel import clock
from alongside.notify.models import Notice
from alongside.policy import actions as policy
from alongside.policy.models import Change
from alongside.rota.models import Shift
from alongside.sealing import rules as seals
from alongside.sealing.models import ReceivingKey
from alongside.team import actions as team
from alongside.team.models import Supporter
from tests import world as cast
from tests.escalation.effort import SOAK, effort
from tests.help_requests.frames import ONE, TWELVE, Frame, frame_for, give_keys

WEEKS = 12
REFUSALS = (Gone, NotAlerted, NotTaker, Full, Refused)
TABLES: tuple[type[models.Model], ...] = (Ladder, Alert, Request, Message, BoxReply, Attempt, Notice, Cell)
CALLS = ("waiting", "waiting_now", "backup")
MOST_AT_ONCE = 4

_tally = {question: entries[0].key for question, entries in load.tally().items()}
CONTACT = Contact(first=True, **_tally)


class Killed(BaseException):
    """A worker's process is gone in the middle of what it did."""


@dataclass
class Asked:
    """What the test remembers of one request."""

    frame: Frame
    request_id: uuid.UUID
    ladder_id: uuid.UUID
    called: set[tuple[uuid.UUID, int, int]] = field(default_factory=set)
    delivered: Counter[tuple[uuid.UUID, bool]] = field(default_factory=Counter)
    ended: str = ""


def make_cast() -> cast.World:
    """Make Pine County with five supporters on call round the clock; kept for every run of the machine."""
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
    return world


class Programme(RuleBasedStateMachine):
    """One run: a fresh Pine County, then anything."""

    world: cast.World
    keys: list[dict[str, Any]]
    asked = Bundle("asked")
    supporters = st.integers(0, 4)

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Asked] = []
        clock.freeze(cast.NOW)
        for model in (Ladder, Notice, CandidateList, BoxReply, Change, AuditEntry, Cell):
            model._default_manager.all().delete()
        self.team = list(Supporter.objects.filter(organisation=self.world.pine).order_by("person__name"))
        for serving in self.team:
            Person.objects.filter(id=serving.person_id).update(is_active=True)
            Role.objects.get_or_create(person_id=serving.person_id, organisation=self.world.pine, name="supporter")
        Supporter.objects.filter(organisation=self.world.pine).update(
            status="active", ended_on=None, agreement_version=1
        )
        self.seat = Seat(self.world.hana, self.world.pine, frozenset({"coordinator"}))

    # --- members -----------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.live()) < MOST_AT_ONCE)
    @rule(target=asked, urgency=st.sampled_from(["now", "today"]), left_out=st.sets(supporters, max_size=4))
    def somebody_asks(self, urgency: str, left_out: set[int]) -> Any:
        listing = directory.current_list(self.world.pine, clock.now())
        route = tuple(place for place in range(len(listing.candidates)) if place not in left_out)
        if not route:
            return multiple()
        frame = frame_for(self.world.pine, route, urgency)
        assert actions.open_request(self.world.pine, bytes(frame), clock.now())
        return self._remember(frame)

    @rule(target=asked)
    def somebody_asks_while_the_server_dies(self) -> Any:
        if len(self.live()) >= MOST_AT_ONCE or not directory.current_list(self.world.pine, clock.now()).candidates:
            return multiple()
        frame = frame_for(self.world.pine)
        with self._nothing_happens_if_killed(), killed_at(Request.objects, "create", 1):
            actions.open_request(self.world.pine, bytes(frame), clock.now())
        # The device tries again with the same attempt.
        assert actions.open_request(self.world.pine, bytes(frame), clock.now())
        return self._remember(frame)

    def _remember(self, frame: Frame) -> Asked:
        row = frame.stored()
        assert row is not None
        one = Asked(frame, row.id, row.ladder_id)
        self.all.append(one)
        return one

    @rule(one=asked, fresh=st.booleans())
    def the_same_is_sent_again(self, one: Asked, fresh: bool) -> None:
        """The same bytes, also after the end: never a second request. A new attempt of a living one is none either."""
        before = Ladder.objects.count()
        frame = one.frame.but(attempt=os.urandom(16)) if fresh and not one.ended else one.frame
        try:
            assert not actions.open_request(self.world.pine, bytes(frame), clock.now())
        except (Reseal, Busy):
            assert one.ended or one.frame.stored()
        assert Ladder.objects.count() == before

    @rule(one=asked)
    def the_member_says_nobody_called(self, one: Asked) -> None:
        if self._member(one, lambda: actions.not_called(self.world.pine, one.frame.token, clock.now())):
            assert Ladder.objects.get(id=one.ladder_id).state not in rules.HELD

    @rule(one=asked)
    def the_member_writes_back(self, one: Asked) -> None:
        attempt = os.urandom(16)
        for _ in range(2):
            self._member(one, lambda: actions.write_back(self.world.pine, one.frame.token, attempt, TWELVE))
        assert Message.objects.filter(request_id=one.request_id).count() <= 20

    @rule(one=consumes(asked))
    def the_member_cancels(self, one: Asked) -> None:
        was = Ladder.objects.filter(id=one.ladder_id).values_list("state", flat=True).first()
        if self._member(one, lambda: actions.cancel(self.world.pine, one.frame.token)):
            assert not Request.objects.filter(id=one.request_id).exists()
            if was != Ladder.State.UNANSWERED:
                one.ended = "cancelled"

    def _member(self, one: Asked, step: Callable[[], object]) -> bool:
        """Let the device do something; it is refused exactly when the request is over."""
        stored = Request.objects.filter(id=one.request_id).first()
        try:
            step()
        except Refused as refused:
            assert refused.code == "ended"
            assert stored is not None
            assert stored.envelope is None
            return False
        except Gone:
            assert stored is None
            return False
        assert stored is not None
        return True

    # --- supporters --------------------------------------------------------------------------------------------------

    @rule(one=asked, who=supporters)
    def accepts(self, one: Asked, who: int) -> None:
        me = self.team[who]
        before = Ladder.objects.filter(id=one.ladder_id).first()
        mine = Alert.objects.filter(ladder_id=one.ladder_id, supporter=me, passed=False).exists()
        if self._supporter(lambda: actions.accept(me.id, one.request_id)):
            assert before is not None
            assert mine
            assert self._serves(me)
            assert before.state in rules.WAITING or before.taker_id == me.id
            after = Ladder.objects.get(id=one.ladder_id)
            assert after.taker_id == me.id
            assert after.state in rules.HELD
        elif before and before.state in rules.WAITING:
            assert not mine or not self._serves(me)

    @rule(one=asked, who=supporters)
    def passes(self, one: Asked, who: int) -> None:
        me = self.team[who].id
        if self._supporter(lambda: actions.pass_on(me, one.request_id)):
            assert Ladder.objects.get(id=one.ladder_id).taker_id != me
            with pytest.raises(Gone):
                queries.envelope_for(me, one.request_id)

    @rule(one=asked, step=st.sampled_from(["give_back", "get_backup", "made_contact"]))
    def the_taker_goes_on(self, one: Asked, step: str) -> None:
        taker = self._taker(one)
        if taker and self._supporter(lambda: getattr(actions, step)(taker, one.request_id)):
            after = Ladder.objects.get(id=one.ladder_id)
            assert (after.taker_id is None) == (step == "give_back")
            assert step != "made_contact" or after.state == "connected"

    @rule(one=asked, who=supporters, step=st.sampled_from(["give_back", "get_backup", "made_contact", "close"]))
    def somebody_else_tries_the_takers_step(self, one: Asked, who: int, step: str) -> None:
        me = self.team[who].id
        if me != self._taker(one):
            more = [CONTACT] if step == "close" else []
            assert not self._supporter(lambda: getattr(actions, step)(me, one.request_id, *more))

    @rule(one=asked)
    def the_taker_replies(self, one: Asked) -> None:
        if taker := self._taker(one):
            for _ in range(2):
                self._supporter(lambda: actions.reply(taker, one.request_id, one.frame.token, ONE))
            assert BoxReply.objects.count() <= 1 + len(self.all)

    @rule(one=asked)
    def the_taker_closes(self, one: Asked) -> None:
        if (taker := self._taker(one)) and self._supporter(lambda: actions.close(taker, one.request_id, CONTACT)):
            one.ended = "closed"

    @rule(one=asked)
    def the_server_dies_while_the_taker_closes(self, one: Asked) -> None:
        if taker := self._taker(one):
            with self._nothing_happens_if_killed(), killed_at(escalation, "forget", 1):
                self._supporter(lambda: actions.close(taker, one.request_id, CONTACT))

    def _supporter(self, step: Callable[[], object]) -> bool:
        try:
            step()
        except REFUSALS:
            return False
        return True

    def _taker(self, one: Asked) -> uuid.UUID | None:
        return Ladder.objects.filter(id=one.ladder_id).values_list("taker_id", flat=True).first()

    def _serves(self, one: Supporter) -> bool:
        return one.id in ladders.able_of(self.world.pine.id, clock.now())

    # --- the team and its policy -------------------------------------------------------------------------------------

    @rule(who=supporters, step=st.sampled_from(["go_on_leave", "come_back", "sign_agreement"]))
    def the_team_changes(self, who: int, step: str) -> None:
        try:
            getattr(team, step)(self.team[who].id)
        except team.NotNow:
            assert Supporter.objects.get(id=self.team[who].id).status == "ended" or step == "come_back"

    @rule(who=st.integers(1, 4))
    def somebody_leaves_for_good(self, who: int) -> None:
        kept = list(ReceivingKey.objects.filter(person_id=self.team[who].person_id))
        try:
            team.end(self.seat, self.team[who].id)
        except team.NotNow:
            return
        assert kept == [] or not ReceivingKey.objects.filter(person_id=self.team[who].person_id).exists()

    @rule(
        change=st.sampled_from(
            [("agreement_version", 2), ("urgent_contact", 60), ("request_limit", 12), ("last_hold", 720), ("alarm_every", 15)]
        )
    )
    def policy_changes(self, change: tuple[str, int]) -> None:
        policy.change(self.seat, *change)

    # --- time and machines -------------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 4, 5, 10, 15, 60, 240, 1440]), awake=st.booleans())
    def time_passes(self, minutes: int, awake: bool) -> None:
        clock.shift(timedelta(minutes=minutes, seconds=7))
        if awake:
            self.the_worker_turns()

    @rule(days=st.sampled_from([3, 4, 9]))
    def the_machine_sleeps(self, days: int) -> None:
        clock.shift(timedelta(days=days))
        self.the_worker_turns()

    @rule(minutes=st.sampled_from([1, 5, 90, 6000]))
    def the_clock_is_set_back(self, minutes: int) -> None:
        clock.shift(-timedelta(minutes=minutes))

    @rule()
    def the_worker_turns(self) -> None:
        actions.climb(clock.now())
        for one in self.live():
            ladder = Ladder.objects.filter(id=one.ladder_id).first()
            if ladder and ladder.state != Ladder.State.UNANSWERED:
                facts = ladders.facts_of(ladder, clock.now())
                assert isinstance(rules.next_step(facts, rules.minute_of(clock.now())), rules.Wait)
                assert rules.owner(facts) != "ladder", "after a turn somebody answers for it"

    @rule(point=st.sampled_from(["queue", "forget", "alert", "content", "tell", "forget ladder"]), nth=st.integers(1, 3))
    def a_worker_is_killed(self, point: str, nth: int) -> None:
        place, name = {
            "queue": (escalation.notify, "queue"),
            "forget": (escalation.notify, "forget"),
            "alert": (Alert.objects, "create"),
            "content": (passing, "_forget_content"),
            "tell": (escalation, "tell_coordinators"),
            "forget ladder": (escalation, "forget"),
        }[point]
        for ladder_id in ladders.live():
            with (
                mock.patch.object(passing, "MOST_STEPS", 1),
                self._nothing_happens_if_killed(),
                killed_at(place, name, nth),
            ):
                passing.climb_one(ladder_id, clock.now())

    @rule(one=asked, by=st.sampled_from(["worker", "accept", "pass_on", "cancel"]), who=supporters)
    def a_worker_loses_a_race(self, one: Asked, by: str, who: int) -> None:
        """The worker has read the rows and decided; then somebody else is quicker."""
        decide, turned = ladders.facts_of, []

        def facts_of(ladder: Ladder, now: Any) -> rules.Facts:
            facts = decide(ladder, now)
            if not turned:
                turned.append(True)
                self._be_quicker(one, by, who)
            return facts

        before = Ladder.objects.filter(id=one.ladder_id).values_list("version", flat=True).first()
        with transaction.atomic(), mock.patch.object(ladders, "facts_of", facts_of):
            step = escalation.take_step(one.ladder_id, clock.now())
            moved = Ladder.objects.filter(id=one.ladder_id).values_list("version", flat=True).first()
            if isinstance(step, rules.GiveUp):
                passing._forget_content(one.ladder_id)
            if isinstance(step, rules.Finish):
                escalation.forget(one.ladder_id)
        if turned and not isinstance(step, rules.Wait | rules.Finish):
            assert before is not None
            assert moved == before + 1, "both changed it"

    def _be_quicker(self, one: Asked, by: str, who: int) -> None:
        match by:
            case "worker":
                passing.climb_one(one.ladder_id, clock.now())
            case "cancel":
                self.the_member_cancels(one)
            case _:
                self._supporter(lambda: getattr(actions, by)(self.team[who].id, one.request_id))

    @rule()
    def notices_are_delivered(self) -> None:
        for notice in list(Notice.objects.filter(message__in=CALLS)):
            one = next(one for one in self.all if one.ladder_id == notice.about)
            serving = next(one for one in self.team if one.person.email == notice.address)
            one.delivered[serving.id, notice.message == "backup"] += 1
        Notice.objects.all().delete()

    @rule()
    def what_is_over_is_forgotten(self) -> None:
        old = {one.ladder_id for one in self.all if self._unanswered_for(one, days=1)}
        actions.purge(clock.now())
        directory.purge(clock.now())
        left = set(Ladder.objects.filter(id__in=old).values_list("id", flat=True))
        for one in self.all:
            if one.ladder_id in old - left:
                one.ended = "unanswered, and forgotten"

    def _unanswered_for(self, one: Asked, days: int) -> bool:
        ladder = Ladder.objects.filter(id=one.ladder_id, state=Ladder.State.UNANSWERED).first()
        return ladder is not None and clock.now() >= ladder.ends_at + timedelta(days=days)

    @rule(one=asked)
    def the_coordinator_acknowledges(self, one: Asked) -> None:
        unanswered = Ladder.objects.filter(id=one.ladder_id, state=Ladder.State.UNANSWERED, acknowledged=False).exists()
        assert escalation.acknowledge(self.world.pine.id, one.ladder_id) == unanswered
        assert not escalation.acknowledge(self.world.lake.id, one.ladder_id)

    # --- what always holds -------------------------------------------------------------------------------------------

    def live(self) -> list[Asked]:
        return [one for one in self.all if not one.ended]

    @initialize()
    def begin(self) -> None:
        self.before: dict[uuid.UUID, tuple[str, bool]] = {}

    @invariant()
    def no_ask_is_lost_and_none_is_without_an_owner(self) -> None:
        now, able = clock.now(), ladders.able_of(self.world.pine.id, clock.now())
        for one in self.live():
            ladder = Ladder.objects.filter(id=one.ladder_id).first()
            was, connected = self.before.get(one.ladder_id, ("open", False))
            if ladder is None:
                assert connected, f"lost while {was}"
                one.ended = "finished"
                continue
            request = Request.objects.filter(id=one.request_id).first()
            if ladder.state == Ladder.State.UNANSWERED:
                self._ended_rightly(one, ladder, request, was, able)
            else:
                assert request is not None
                assert request.envelope is not None
                self._answered_for(ladder, able)
                assert queries.progress(request, now)["state"] == ladder.state
            self.before[one.ladder_id] = (ladder.state, self._may_finish(ladder))

    def _may_finish(self, ladder: Ladder) -> bool:
        # Nothing but time ends a request with contact made, and time may jump in the next step.
        return ladder.state == Ladder.State.CONNECTED

    def _answered_for(self, ladder: Ladder, able: frozenset[uuid.UUID]) -> None:
        now = rules.minute_of(clock.now())
        facts = ladder.facts(able)
        owner, step = rules.owner(facts), rules.next_step(facts, now)
        assert (ladder.taker_id is not None) == (ladder.state in rules.HELD)
        assert owner != "taker" or ladder.taker_id in able
        assert owner != "called" or rules.listening(facts)
        assert owner != "ladder" or not isinstance(step, rules.Wait), "nobody's, and nothing will happen"
        if isinstance(step, rules.Wait):
            assert step.until is not None
            assert step.until > now

    def _ended_rightly(
        self, one: Asked, ladder: Ladder, request: Request | None, was: str, able: frozenset[uuid.UUID]
    ) -> None:
        if was != Ladder.State.UNANSWERED:
            passed = one.passed if hasattr(one, "passed") else set()
            called = {who for who, _, _ in one.called}
            note(f"unanswered: {len(called)} were called")
            assert self.recipients[one.ladder_id] & able - passed <= called
        assert request is None or request.envelope is None
        assert ladder.rungs == []
        assert ladder.taker_id is None
        assert not ladder.alerts.exists()
        assert not Message.objects.filter(request_id=one.request_id).exists()

    @invariant()
    def nobody_is_called_twice_for_one_rung_and_every_notice_has_its_cause(self) -> None:
        by_address = {one.person.email: one.id for one in self.team}
        notices = list(Notice.objects.all())
        for one in self.live():
            rows = set(Alert.objects.filter(ladder_id=one.ladder_id).values_list("supporter_id", "round", "rung"))
            assert one.called <= rows or not rows, "an alert was taken back"
            one.called |= rows
            state = Ladder.objects.filter(id=one.ladder_id).values_list("state", flat=True).first()
            sent = Counter(one.delivered)
            for notice in notices:
                if notice.about == one.ladder_id and notice.message in CALLS:
                    backup = notice.message == "backup"
                    assert state in (rules.HELD if backup else rules.WAITING), "called for what is not waiting"
                    sent[by_address[notice.address], backup] += 1
            calls = Counter((who, rung == 0) for who, _, rung in one.called)
            assert not sent - calls, "a notice without its alert, or twice"
        live = set(Ladder.objects.values_list("id", flat=True))
        assert {notice.about for notice in notices} <= live

    @invariant()
    def nothing_is_left_of_what_is_over(self) -> None:
        over = [one for one in self.all if one.ended]
        ids = [one.ladder_id for one in over]
        assert not Ladder.objects.filter(id__in=ids).exists()
        assert not Alert.objects.filter(ladder_id__in=ids).exists()
        assert not Notice.objects.filter(about__in=ids).exists()
        assert not Request.objects.filter(id__in=[one.request_id for one in over]).exists()
        assert not Message.objects.filter(request_id__in=[one.request_id for one in over]).exists()
        assert Ladder.objects.count() == len(self.all) - len(over)

    @contextmanager
    def _nothing_happens_if_killed(self) -> Iterator[None]:
        before = snapshot()
        try:
            yield
        except Killed:
            assert snapshot() == before


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Return every row that a step may touch."""
    return {
        model.__name__: [
            {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in TABLES
    }


@contextmanager
def killed_at(place: Any, name: str, nth: int) -> Iterator[None]:
    """Kill whoever calls `name` for the nth time."""
    real, count = getattr(place, name), [0]

    def deadly(*args: Any, **kwargs: Any) -> Any:
        count[0] += 1
        if count[0] == nth:
            raise Killed
        return real(*args, **kwargs)

    with mock.patch.object(place, name, deadly):
        yield


@pytest.mark.req("A-03", "A-10", "B-16", "C-18", "K-22", "K-35")
@pytest.mark.django_db(transaction=True)
def test_whatever_happens_no_ask_is_lost_unowned_or_called_twice() -> None:
    world = make_cast()

    class Here(Programme):
        pass

    Here.world = world
    run_state_machine_as_test(Here, settings=effort(25, soak=600, steps=30))
    assert SOAK in (True, False)
