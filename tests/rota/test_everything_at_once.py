"""Leave, swap, cover, a search, a published plan, a removed shift and what people say of themselves, all at one moment:
nobody waits for somebody who waits for them, nothing is lost, nobody is in two places.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, connections

from alongside.accounts import queries as accounts
from alongside.rota import actions, rules
from alongside.rota.models import Exchange, Opening, Proposal, Shift, Wish
from alongside.rota.rules.exchanging import Refused
from alongside.site import living
from alongside.team.models import Supporter
from tests.conftest import Clock
from tests.rota import planned
from tests.rota.exchanging import DAWN, DAY, HOUR, day, team
from tests.world import NOW, World, make_world

# What one of two at once is told, and may be told.
LATE = (
    Refused,
    Exchange.DoesNotExist,
    Shift.DoesNotExist,
    actions.Stale,
    actions.Edited,
    actions.Breaks,
    actions.InTheWay,
)


def at_once(steps: dict[str, Callable[[], object]]) -> dict[str, list[str]]:
    """Take every step in a thread of its own at the same moment; return what went wrong that must not."""
    start, wrong = threading.Barrier(len(steps)), dict[str, list[str]]()

    def run(name: str, step: Callable[[], object]) -> None:
        try:
            start.wait()
            step()
        except LATE:
            pass
        except Exception as error:
            wrong.setdefault(name, []).append(f"{type(error).__name__}: {error}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in steps.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for somebody who waits for them"
    return wrong


def overlaps() -> list[tuple[rules.Duty, rules.Duty]]:
    """Return shifts of one tier that overlap, and of one person."""
    duties = [row.facts() for row in Shift.objects.order_by("starts_at")]
    return [
        (one, other)
        for number, one in enumerate(duties)
        for other in duties[number + 1 :]
        if one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
        and (one.tier == other.tier or one.supporter == other.supporter)
    ]


def begin(world: World, zoe: Supporter) -> tuple[dict[str, Callable[[], object]], list[Shift]]:
    """Set the stage; return what happens at once and the shifts that must not be lost."""
    Shift.objects.all().delete()
    Exchange.objects.all().delete()
    Opening.objects.all().delete()
    Proposal.objects.all().delete()
    pine = world.pine.id
    one, other, sick, spare = day(world.ana), day(world.renee, 2), day(world.marcus, 4), day(world.marcus, 9)
    actions.offer_swap(pine, world.ana.id, one.id, other.id)
    swap = Exchange.objects.get().id
    actions.find_cover(pine, world.marcus.id, sick.id)
    cover = Exchange.objects.get(shift=sick).id
    seat = accounts.permit(world.hana, "rota.change")
    actions.seek_for_gap(seat, 1, DAWN + 6 * DAY, DAWN + 6 * DAY + 12 * HOUR)
    gap = Exchange.objects.get(opening__isnull=False).id
    plan = planned.made(world, 2, first=planned.FIRST + timedelta(days=12))

    def away_and_back(who: Supporter) -> None:
        living.go_on_leave(pine, who.id)
        living.end_leave(pine, who.id)

    return {
        "leave of who offers": lambda: away_and_back(world.ana),
        "leave of who is asked": lambda: away_and_back(world.renee),
        "yes to the swap": lambda: actions.answer(pine, world.renee.id, swap, yes=True),
        "the same yes again": lambda: actions.answer(pine, world.renee.id, swap, yes=True),
        "cover": lambda: actions.take(pine, zoe.id, cover),
        "cover by another": lambda: actions.take(pine, world.ana.id, cover),
        "gap": lambda: actions.take(pine, zoe.id, gap),
        "gap by another": lambda: actions.take(pine, world.renee.id, gap),
        "publish": lambda: actions.publish(seat, plan),
        "remove": lambda: actions.remove_shift(seat, spare.id),
        "enter": lambda: actions.enter_shift(seat, zoe.id, 1, DAWN + 6 * DAY, DAWN + 6 * DAY + 12 * HOUR),
        "timed job": lambda: actions.climb(NOW),
        "timed job elsewhere": lambda: actions.climb(NOW),
        "wish": lambda: actions.set_wish(pine, zoe.id, NOW.date() + 5 * DAY, on_call=True),
        "own calendar": lambda: actions.keep_calendar(pine, world.renee.id, "https://example.org/a.ics"),
        "secret": actions.renew_calendars,
    }, [one, other, sick]


@pytest.mark.req("D-01", "D-13", "C-18")
@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_and_nobody_waits_for_ever(clock: Clock) -> None:
    world = make_world()
    zoe = team(world)
    planned.pattern(world)
    for _ in range(15 if connection.vendor == "postgresql" else 2):
        steps, kept = begin(world, zoe)
        # Somebody entering a shift where another one is takes turns with them.
        steps["enter"] = quietly(steps["enter"])
        assert at_once(steps) == {}
        assert overlaps() == []
        for shift in kept:
            covered = [row.facts() for row in Shift.objects.filter(tier=shift.tier)]
            missing = [gap for gap in rules.gaps(covered, shift.starts_at, shift.ends_at) if gap.tier == shift.tier]
            assert missing == []
        assert Shift.objects.filter(starts_at=DAWN + 6 * DAY, tier=1).count() == 1
        actions.climb(NOW)
        assert set(Supporter.objects.values_list("status", flat=True)) == {"active"}
        for row in Exchange.objects.filter(state="open").select_related("shift"):
            assert row.is_current, row.kind
        assert Wish.objects.count() == 1
        Wish.objects.all().delete()


def quietly(step: Callable[[], object]) -> Callable[[], object]:
    def run() -> None:
        with suppress(rules.Clash):
            step()

    return run
