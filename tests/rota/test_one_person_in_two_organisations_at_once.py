"""Two organisations give the same person a shift or a session at the same instant: one of them is refused.

Each of the two stops where it is about to write, judged already, until the other one is there too, waits for it, or is
done: if nothing held them apart, both would write.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, connections, transaction

from alongside.accounts.models import Person, Role
from alongside.accounts.queries import Seat
from alongside.rota import actions, queries
from alongside.rota.models import Debrief, Exchange, Proposal, ProposedShift, Shift
from alongside.rota.rules import moving
from alongside.rota.rules.exchanging import Refused
from alongside.rota.rules.sessions import Kind, Slot, Wrong
from alongside.site.sqlite.line import line_of
from alongside.team.models import Supporter
from tests import world as cast
from tests.rota import planned
from tests.rota.exchanging import DAWN, DAY, HOUR, day, ready, team
from tests.rota.leading import at, slot, span, wanted
from tests.world import NOW, World, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("clock")]
Deed = Callable[[], object]
# What the later one of two is told.
REFUSED = (Refused, actions.SpokenAgainst, actions.Forbidden, actions.Stale, actions.Breaks, Wrong)
PATIENCE = 20
WRITES = tuple(
    f'{verb} "rota_{name}"' for verb in ("INSERT INTO", "UPDATE") for name in ("shift", "session", "debrief")
)


class Side:
    """One of two threads: where it stands."""

    def __init__(self) -> None:
        self.other: Side
        self.process = 0
        self.writes = threading.Event()
        self.is_done = threading.Event()
        self.found: object = None

    def run(self, deed: Deed) -> None:
        """Do it, stopping once before it writes; keep what came of it."""
        try:
            connection.ensure_connection()
            if connection.vendor == "postgresql":
                self.process = connection.connection.info.backend_pid
            with connection.execute_wrapper(self._stop):
                deed()
        except Exception as refused:
            self.found = refused
        finally:
            self.is_done.set()
            connections.close_all()

    def _stop(self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.startswith(WRITES) and not self.writes.is_set():
            self.writes.set()
            until = time.monotonic() + PATIENCE
            while not (self.other.writes.is_set() or self.other.is_done.is_set() or self._is_waited_for()):
                assert time.monotonic() < until, "the other one neither came, nor waits, nor is done"
                time.sleep(0.005)
        return execute(sql, params, many, context)

    def _is_waited_for(self) -> bool:
        """Say whether the other one waits for what this one holds."""
        if connection.vendor == "sqlite":
            return line_of(str(connection.settings_dict["NAME"])).waiting() > 0
        with connection.connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid() = ANY(pg_blocking_pids(%s))", [self.other.process])
            return bool(cursor.fetchone()[0])


def at_once(*deeds: Deed) -> list[object]:
    """Do two things at one instant; return what each was refused with, or None."""
    one, other = sides = Side(), Side()
    one.other, other.other = other, one
    threads = [threading.Thread(target=side.run, args=[deed]) for side, deed in zip(sides, deeds, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for somebody who waits for them"
    return [side.found for side in sides]


def twice() -> tuple[World, Supporter]:
    """Return the cast, and Renée as she serves in Lakeshore too."""
    world = make_world()
    team(world)
    Role.objects.create(person=world.renee.person, organisation=world.lake, name="supporter")
    there = cast.supporter(world.renee.person, world.lena.office)
    ready(there)
    return world, there


def desk(world: World, *, lake: bool = False) -> Seat:
    return Seat(world.hana, world.lake if lake else world.pine, frozenset(["coordinator"]))


def by_hand(world: World, who: Supporter, start: timedelta = timedelta(0)) -> Deed:
    lake = who.organisation_id == world.lake.id
    begin = DAWN + start
    return lambda: actions.enter_shift(desk(world, lake=lake), who.id, 1, begin, begin + 12 * HOUR)


def gap(world: World) -> Deed:
    planned.pattern(world)
    return lambda: actions.take_gap(world.pine, world.renee.id, 1, DAWN, DAWN + 12 * HOUR)


def cover(world: World) -> Deed:
    actions.find_cover(world.pine.id, world.ana.id, day(world.ana).id)
    search = Exchange.objects.get().id
    return lambda: actions.take(world.pine.id, world.renee.id, search)


def cover_of_a_gap(world: World) -> Deed:
    planned.pattern(world)
    actions.seek_for_gap(desk(world), 1, DAWN, DAWN + 12 * HOUR)
    search = Exchange.objects.get().id
    return lambda: actions.take(world.pine.id, world.renee.id, search)


def hand_over(world: World) -> Deed:
    actions.hand_over(world.pine.id, world.ana.id, day(world.ana).id, world.renee.id)
    asked = Exchange.objects.get().id
    return lambda: actions.answer(world.pine.id, world.renee.id, asked, yes=True)


def swap_offered(world: World) -> Deed:
    """Ana says yes to what Renée offers: it is Renée who asked that gets the shift."""
    actions.offer_swap(world.pine.id, world.renee.id, day(world.renee, 4).id, day(world.ana).id)
    asked = Exchange.objects.get().id
    return lambda: actions.answer(world.pine.id, world.ana.id, asked, yes=True)


def swap_answered(world: World) -> Deed:
    actions.offer_swap(world.pine.id, world.ana.id, day(world.ana).id, day(world.renee, 4).id)
    asked = Exchange.objects.get().id
    return lambda: actions.answer(world.pine.id, world.renee.id, asked, yes=True)


def moved(world: World, shift: Shift, to: moving.Target) -> Deed:
    seen = queries.move_of(world.pine, shift.id, to, NOW).seal
    return lambda: actions.move(desk(world), shift.id, to, seen)


def moved_to_person(world: World) -> Deed:
    return moved(world, day(world.ana), moving.ToPerson(world.renee.id))


def moved_to_gap(world: World) -> Deed:
    return moved(world, day(world.renee, 4), moving.ToGap(1, DAWN, DAWN + 12 * HOUR, False))


def exchanged(world: World) -> Deed:
    return moved(world, day(world.ana), moving.ToShift(day(world.renee, 4).id))


def plan(world: World) -> Deed:
    planned.pattern(world)
    Supporter.objects.filter(organisation=world.pine).exclude(id__in=[world.renee.id, world.ana.id]).update(
        status="on_leave"
    )
    made = planned.made(world, 2, first=DAWN.date())
    assert ProposedShift.objects.filter(supporter=world.renee, starts_at__lte=DAWN, ends_at__gt=DAWN).exists()
    return lambda: actions.publish(desk(world), made)


PATHS: dict[str, Callable[[World], Deed]] = {
    "by hand": lambda world: by_hand(world, world.renee),
    "taken": gap,
    "cover": cover,
    "cover of a gap": cover_of_a_gap,
    "handed over": hand_over,
    "swap offered": swap_offered,
    "swap answered": swap_answered,
    "moved to somebody": moved_to_person,
    "moved to a gap": moved_to_gap,
    "exchanged": exchanged,
    "published": plan,
}


def meet(spans: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return the spans that begin before the one before them has ended."""
    return [later for one, later in pairwise(sorted(spans)) if later[0] < one[1]]


def shifts_of(who: Person) -> list[tuple[datetime, datetime]]:
    return list(Shift.objects.filter(supporter__person=who).values_list("starts_at", "ends_at"))


@pytest.mark.req("D-01", "D-13")
@pytest.mark.parametrize("way", PATHS)
def test_of_two_shifts_at_one_instant_one_is_refused(way: str) -> None:
    world, there = twice()
    here = PATHS[way](world)
    found = at_once(here, by_hand(world, there))
    assert meet(shifts_of(there.person)) == []
    # Whoever came second is told so in the words in which they always are.
    assert [one for one in found if one is None] == [None], found
    assert all(one is None or isinstance(one, REFUSED) for one in found), found


@pytest.mark.req("D-13")
def test_rest_between_two_shifts_is_kept_too() -> None:
    world, there = twice()
    found = at_once(by_hand(world, world.renee), by_hand(world, there, 16 * HOUR))
    assert [type(one) for one in found if one] == [actions.SpokenAgainst]
    assert len(shifts_of(there.person)) == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL holds rows")
def test_on_sqlite_a_change_holds_the_whole_file_from_its_first_moment() -> None:
    """Also against another process, which stands in no line of this one."""
    with (
        transaction.atomic(),
        closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


# --- sessions ------------------------------------------------------------------------------------------------------


def session(world: World, slot: Slot, *, lake: bool = False) -> Deed:
    return lambda: actions.enter_session(desk(world, lake=lake), wanted(slot, kind=Kind.INCIDENT))


def changed(world: World, slot: Slot) -> Deed:
    """Move a session that was on another day to the day on which the other one is."""
    row = actions.enter_session(desk(world), wanted(Slot(slot.leader), when=span(26), kind=Kind.INCIDENT))
    seen = queries.session_in(world.pine.id, row, NOW).seal
    return lambda: actions.change_session(desk(world), row, seen, wanted(slot, kind=Kind.INCIDENT))


def spans_of(who: Person) -> list[tuple[datetime, datetime]]:
    """Return the sessions that somebody leads, and the debriefs in which they have part."""
    rows = list(Debrief.objects.select_related("session", "leader"))
    found = {(row.session.starts_at, row.session.ends_at) for row in rows if row.leader.person_id == who.id}
    mine = [row for row in rows if who.id in (row.leader.person_id, row.listener_id)]
    return [*found, *(one for row in mine if (one := row.facts().span))]


@pytest.mark.req("G-22")
@pytest.mark.parametrize("way", [session, changed])
def test_of_two_sessions_at_one_instant_one_is_refused(way: Callable[[World, Slot], Deed]) -> None:
    world, there = twice()
    found = at_once(way(world, slot(world.renee)), session(world, slot(there), lake=True))
    assert sorted(type(one) for one in found if one) == [Wrong]
    assert Debrief.objects.filter(leader__person=there.person, session__starts_at=span()[0]).count() == 1


@pytest.mark.req("G-22")
@pytest.mark.parametrize("way", [session, changed])
def test_of_two_debriefs_with_one_who_listens_one_is_refused(way: Callable[[World, Slot], Deed]) -> None:
    world, _there = twice()
    Role.objects.create(person=world.imani, organisation=world.lake, name="clinician")
    later = at(24, 14)
    found = at_once(
        way(world, slot(world.ana, world.imani.id, later)),
        session(world, slot(world.lena, world.imani.id, later), lake=True),
    )
    assert [type(one) for one in found if one] == [Wrong]
    assert len(spans_of(world.imani)) == 1


# --- many people, and nobody waits for ever ------------------------------------------------------------------------


@pytest.mark.req("D-13")
def test_many_who_serve_in_both_are_given_shifts_in_any_order_and_nobody_waits_for_ever() -> None:
    """A swap holds two accounts and a plan everybody's, in both organisations and in opposite orders."""
    world, renee = twice()
    for one in (world.marcus, world.ana):
        Role.objects.create(person=one.person, organisation=world.lake, name="supporter")
    marcus, ana = (cast.supporter(one.person, world.lena.office) for one in (world.marcus, world.ana))
    ready(marcus, ana)
    planned.pattern(world)
    for number in range(6 if connection.vendor == "postgresql" else 2):
        Shift.objects.all().delete()
        Exchange.objects.all().delete()
        Proposal.objects.all().delete()
        mine, theirs = (day(ana, 9), day(renee, 10)) if number % 2 else (day(renee, 9), day(ana, 10))
        actions.offer_swap(world.lake.id, mine.supporter_id, mine.id, theirs.id)
        made = planned.made(world, 4, first=DAWN.date() + DAY)
        both = (
            partial(actions.publish, desk(world), made),
            partial(actions.answer, world.lake.id, theirs.supporter_id, Exchange.objects.get().id, yes=True),
        )
        found = at_once(*both)
        # After the swap the plan is one for an older state; before it, it is not.
        assert found[1] is None
        assert found[0] is None or isinstance(found[0], actions.Stale)
        assert Exchange.objects.get().state == "agreed"
        for one in (renee, marcus, ana):
            assert meet(shifts_of(one.person)) == []
