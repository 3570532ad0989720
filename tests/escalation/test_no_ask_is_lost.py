"""The whole back of the product under everything at once: real rows, real actions, any order.

People ask, answer, pass, go on leave and come back; policy changes; the clock jumps; workers are killed in the middle
of a step, and lose races. After each of these the same things hold: no ask is lost, none is without an owner, nobody is
called twice for one rung, and nothing is left of what is over.
"""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar
from unittest import mock

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from alongside.content import guides
from alongside.escalation import actions as escalation
from alongside.escalation import queries as ladders
from alongside.escalation import rules
from alongside.escalation.models import Alert, Ladder
from alongside.help_requests import actions, queries
from alongside.help_requests.actions import time as passing
from alongside.help_requests.models import HandedOn, Message, Request
from alongside.kernel import clock
from alongside.notify.models import Notice
from alongside.policy import actions as policy
from tests import world
from tests.escalation.effort import effort
from tests.escalation.programme import CALLS, LIVE, WEEKS, Asked, Cast, Deeds

MOST_AT_ONCE = 4
CHANGES = [("urgent_contact", 60), ("request_limit", 12), ("last_hold", 15), ("alarm_every", 15)]
# Where a worker may be when it is killed: between two writes of one step.
DEADLY: list[tuple[Any, str]] = [
    (escalation.notify, "queue"),
    (escalation.notify, "forget"),
    (Alert.objects, "create"),
    (passing, "_forget_content"),
    (escalation, "tell_coordinators"),
    (escalation, "forget"),
]
DAY = 24 * 60

which = st.integers(0, MOST_AT_ONCE - 1)
who = st.integers(0, 4)
urgencies = st.sampled_from(["now", "today"])


def in_state(*states: str) -> Callable[[Any], bool]:
    """Return a precondition: there is a request in one of the states."""
    return lambda self: bool(self.those(*states))


class Programme(RuleBasedStateMachine, Deeds):
    """One run: a fresh Pine County, then anything."""

    cast: ClassVar[Cast]

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        Deeds.__init__(self, self.cast)

    def pick(self, number: int, *states: str) -> Asked:
        found = self.those(*states) if states else self.all
        return found[number % len(found)]

    @initialize(urgency=urgencies, left_out=st.sets(who, max_size=2), held=st.booleans())
    def two_have_asked(self, urgency: str, left_out: set[int], held: bool) -> None:
        self.ask(urgency, set(), dies=False)
        self.ask("now", left_out, dies=False)
        self.turn()
        if held:
            one = self.all[0]
            self.accept(one, Alert.objects.filter(ladder_id=one.ladder_id).values_list("supporter_id", flat=True)[0])

    @precondition(lambda self: len(self.those(*LIVE)) < MOST_AT_ONCE)
    @rule(
        urgency=urgencies,
        left_out=st.sets(who, max_size=5),
        first=st.none() | who,
        dies=st.booleans(),
        awake=st.booleans(),
    )
    def somebody_asks(self, urgency: str, left_out: set[int], first: int | None, dies: bool, awake: bool) -> None:
        self.ask(urgency, left_out, dies=dies, first=first)
        if awake:
            self.turn()

    @precondition(lambda self: self.all)
    @rule(number=st.integers(0, 20), deed=st.sampled_from(["send", "send anew", "not called", "write back", "cancel"]))
    def a_device_returns(self, number: int, deed: str) -> None:
        one = self.pick(number)
        match deed:
            case "not called":
                self.not_called(one)
            case "write back":
                self.write_back(one)
            case "cancel":
                self.cancel(one)
            case _:
                self.send_again(one, fresh=deed == "send anew")

    @precondition(in_state("open", "alerted"))
    @rule(number=which, person=who, deed=st.sampled_from(["accept", "accept", "accept", "pass", "all pass"]))
    def somebody_called_answers(self, number: int, person: int, deed: str) -> None:
        one = self.pick(number, "open", "alerted")
        called = sorted({each for each, _, _ in one.called} - one.passed)
        if deed == "all pass":
            for each in called:
                self.pass_on(one, each)
        elif called:
            answer = self.accept if deed == "accept" else self.pass_on
            answer(one, called[person % len(called)])

    TAKER = ("made_contact", "made_contact", "get_backup", "give_back", "close", "close and die", "reply", "leave")

    @precondition(in_state("accepted", "connected"))
    @rule(number=which, deed=st.sampled_from(TAKER))
    def the_taker_goes_on(self, number: int, deed: str) -> None:
        one = self.pick(number, "accepted", "connected")
        taker = self.taker(one)
        if taker is None:
            return
        match deed:
            case "close and die":
                self.close_and_die(one, taker)
            case "reply":
                self.reply(one, taker)
            case "leave":
                self.change_team(taker, "go_on_leave")
            case _:
                self.takers_step(one, taker, deed)

    @precondition(lambda self: self.all)
    @rule(number=which, person=who, deed=st.sampled_from(["accept", "pass", "give_back", "get_backup", "close"]))
    def anybody_tries_anything(self, number: int, person: int, deed: str) -> None:
        one, me = self.pick(number), self.team[person].id
        match deed:
            case "accept":
                self.accept(one, me)
            case "pass":
                self.pass_on(one, me)
            case _:
                self.takers_step(one, me, deed)

    @precondition(in_state(*LIVE))
    @rule(
        number=which,
        pair=st.tuples(who, who),
        purpose=st.sampled_from([rules.BACKUP, rules.TAKE, rules.TAKE]),
        whose=st.sampled_from(["taker", "taker", "called", "anybody"]),
        dies=st.booleans(),
    )
    def somebody_hands_it_on(self, number: int, pair: tuple[int, int], purpose: str, whose: str, dies: bool) -> None:
        person, target = pair
        one = self.pick(number, *LIVE)
        called = sorted({each for each, _, _ in one.called} - one.passed)
        me = self.team[person].id
        if whose == "called" and called:
            me = called[person % len(called)]
        elif whose == "taker":
            me = self.taker(one) or me
        self.hand_on(one, me, self.team[target], purpose, dies=dies)

    @precondition(in_state(*rules.HELD))
    @rule(
        number=which,
        persons=st.lists(who, min_size=1, max_size=3),
        purpose=st.sampled_from([rules.BACKUP, rules.TAKE, rules.TAKE]),
        deeds=st.lists(st.sampled_from(["accept", "accept", "pass", "leave", "end"]), max_size=3),
    )
    def the_taker_asks_some_and_they_answer(
        self, number: int, persons: list[int], purpose: str, deeds: list[str]
    ) -> None:
        one = self.pick(number, *rules.HELD)
        taker = self.taker(one)
        for person in persons if taker else ():
            self.hand_on(one, taker, self.team[person], purpose, dies=False)
        alerts = Alert.objects.filter(ladder_id=one.ladder_id, rung=0).order_by("supporter_id")
        for me, deed in zip(alerts.values_list("supporter_id", flat=True), deeds, strict=False):
            match deed:
                case "accept":
                    self.accept(one, me)
                case "pass":
                    self.pass_on(one, me)
                case "leave":
                    self.change_team(me, "go_on_leave")
                case _ if me != self.team[0].id:
                    self.end(next(each for each in self.team if each.id == me))

    TEAM = ("go_on_leave", "come_back", "come_back", "sign_agreement", "sign_agreement", "agreement", "end", "policy")

    @rule(person=st.integers(0, 4), step=st.sampled_from(TEAM), change=st.sampled_from(CHANGES))
    def the_programme_changes(self, person: int, step: str, change: tuple[str, int]) -> None:
        if step == "policy":
            policy.change(self.seat, *change)
        elif step == "agreement":
            self.renew_agreement()
        elif step != "end":
            self.change_team(self.team[person].id, step)
        elif person:
            self.end(self.team[person])

    @rule(
        minutes=st.sampled_from([1, 4, 5, 10, 15, 20, 60, 240, DAY, 4 * DAY, -1, -5, -90, -4 * DAY]),
        awake=st.booleans(),
    )
    def the_clock_moves(self, minutes: int, awake: bool) -> None:
        if minutes < 0 or clock.now() < world.NOW + timedelta(weeks=WEEKS - 2):
            clock.shift(timedelta(minutes=minutes, seconds=7))
        if awake:
            self.turn()

    @precondition(in_state(*LIVE))
    @rule(point=st.sampled_from(DEADLY), nth=st.integers(1, 3), minutes=st.sampled_from([0, 5, 15, 4 * DAY]))
    def a_worker_is_killed(self, point: tuple[Any, str], nth: int, minutes: int) -> None:
        clock.shift(timedelta(minutes=minutes))
        self.kill_worker(*point, nth)

    RIVALS = ("worker", "worker", "accept", "pass_on", "cancel", "hand_on")

    @precondition(in_state(*LIVE))
    @rule(number=which, by=st.sampled_from(RIVALS), person=who, minutes=st.sampled_from([0, 5, 15]))
    def a_worker_loses_a_race(self, number: int, by: str, person: int, minutes: int) -> None:
        one = self.pick(number, *LIVE)
        called = sorted({each for each, _, _ in one.called}) or [self.team[person].id]
        me = called[person % len(called)]
        rivals: dict[str, Callable[[], object]] = {
            "worker": lambda: passing.climb_one(one.ladder_id, clock.now()),
            "accept": lambda: self.tries(lambda: actions.accept(me, one.request_id)),
            "pass_on": lambda: self.tries(lambda: actions.pass_on(me, one.request_id)),
            "cancel": lambda: self.cancel(one),
            "hand_on": lambda: self.hand_on(one, me, self.team[person], rules.TAKE, dies=False),
        }
        clock.shift(timedelta(minutes=minutes))
        self.lose_race(one, rivals[by])

    @precondition(lambda self: self.living())
    @rule(number=which, deed=st.sampled_from(["turn", "deliver", "purge", "acknowledge"]))
    def the_house_is_kept(self, number: int, deed: str) -> None:
        if deed == "acknowledge":
            self.acknowledge(self.pick(number))
        else:
            getattr(self, deed)()

    # --- what always holds -------------------------------------------------------------------------------------------

    @invariant()
    def no_ask_is_lost_and_none_is_without_an_owner(self) -> None:
        able = ladders.able_of(self.world.pine.id, clock.now())
        for one in self.living():
            ladder = Ladder.objects.filter(id=one.ladder_id).first()
            if ladder is None:
                # Nothing but time ends a request without anybody's doing, and only once contact was made.
                assert one.state == Ladder.State.CONNECTED, f"lost while {one.state}"
                one.ended = "finished"
                continue
            request = Request.objects.filter(id=one.request_id).first()
            if ladder.state == Ladder.State.UNANSWERED:
                self._ended_rightly(one, ladder, request, able)
            else:
                assert request is not None
                assert request.envelope is not None
                self._is_answered_for(one, ladder, able)
                assert queries.progress(request, clock.now())["state"] == ladder.state
            one.state = ladder.state

    def _is_answered_for(self, one: Asked, ladder: Ladder, able: frozenset[uuid.UUID]) -> None:
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
            if ladder.state in rules.WAITING and ladder.rung == len(ladder.rungs):
                one.heard = able

    def _ended_rightly(self, one: Asked, ladder: Ladder, request: Request | None, able: frozenset[uuid.UUID]) -> None:
        if one.state != Ladder.State.UNANSWERED:
            called = {person for person, _, _ in one.called}
            able = able if one.state in rules.WAITING else one.heard
            assert one.recipients & able - one.passed <= called, "gave up before everybody able was called"
        assert request is None or request.envelope is None
        assert ladder.rungs == []
        assert ladder.taker_id is None
        assert not ladder.alerts.exists()
        assert not Message.objects.filter(request_id=one.request_id).exists()

    @invariant()
    def a_copy_is_for_somebody_who_is_called_with_everybody_and_goes_with_them(self) -> None:
        for copy in HandedOn.objects.select_related("request__ladder", "supporter"):
            assert copy.supporter.status != "ended"
            assert copy.request.ladder.state in LIVE
            assert str(copy.supporter_id) in copy.request.ladder.rungs[-1]["who"]
        for one in self.those(*LIVE):
            ladder = Ladder.objects.filter(id=one.ladder_id).first()
            if ladder:
                reads = {each.id for each in self.team if ladders.may_open(ladder, each.id)}
                assert set(ladders.present(ladder, clock.now())) == reads

    @invariant()
    def nobody_is_called_twice_for_one_rung_and_every_notice_has_its_cause(self) -> None:
        by_address = {one.person.email: one.id for one in self.team}
        notices = list(Notice.objects.all())
        for one in self.living():
            alerts = Alert.objects.filter(ladder_id=one.ladder_id)
            rows = set(alerts.values_list("supporter_id", "round", "rung"))
            assert one.called <= rows or one.state == "unanswered", "an alert was taken back"
            one.called |= rows
            one.passed |= set(alerts.filter(passed=True).values_list("supporter_id", flat=True))
            sent = Counter(one.delivered)
            for notice in notices:
                # Without an address it stands for a call that found no way.
                if notice.about == one.ladder_id and notice.message in CALLS and notice.address:
                    backup = notice.message == "backup"
                    assert one.state in (rules.HELD if backup else rules.WAITING), "called for what is not waiting"
                    sent[by_address[notice.address], backup] += 1
            calls = Counter((person, rung == 0) for person, _, rung in one.called) + one.again
            assert not sent - calls, "a notice without its alert, or twice"
        assert {notice.about for notice in notices} <= set(Ladder.objects.values_list("id", flat=True))

    @invariant()
    def nothing_is_left_of_what_is_over(self) -> None:
        over = [one for one in self.all if one.ended]
        ids, requests = [one.ladder_id for one in over], [one.request_id for one in over]
        assert not Ladder.objects.filter(id__in=ids).exists()
        assert not Alert.objects.filter(ladder_id__in=ids).exists()
        assert not Notice.objects.filter(about__in=ids).exists()
        assert not Request.objects.filter(id__in=requests).exists()
        assert not Message.objects.filter(request_id__in=requests).exists()
        assert not HandedOn.objects.filter(request_id__in=requests).exists()
        assert Ladder.objects.count() == len(self.all) - len(over)


@pytest.mark.req("A-03", "A-10", "B-16", "C-18", "D-10", "K-22", "K-35")
@pytest.mark.django_db(transaction=True)
def test_whatever_happens_no_ask_is_lost_unowned_or_called_twice() -> None:
    made = Cast.make()

    class Here(Programme):
        cast = made

    with (
        mock.patch.object(guides, "agreement_version", lambda: made.agreement),
        mock.patch.object(guides, "oldest_agreement", lambda: made.agreement),
    ):
        run_state_machine_as_test(Here, settings=effort(25, soak=800, steps=35))
