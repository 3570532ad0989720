"""Somebody who serves in two organisations is asked, answers and goes on leave in both; neither learns of the other"""

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import Role
from alongside.rota import actions, queries
from alongside.rota.models import Exchange, Feed, ProposedShift, Shift, Wish
from alongside.rota.rules.exchanging import Why
from alongside.rota.rules.judging import Rule
from alongside.rota.rules.problem import Why as ProblemWhy
from alongside.site import living
from alongside.team.models import Supporter
from tests import world as cast
from tests.conftest import Clock
from tests.rota import planned
from tests.rota.exchanging import DAWN, HOUR, day, holder, only, ready, state, team
from tests.rota.test_exchanges import refused
from tests.world import NOW, World, sign_in


def twice(world: World) -> Supporter:
    """Let Renée serve in Lakeshore too."""
    team(world)
    Role.objects.create(person=world.renee.person, organisation=world.lake, name="supporter")
    there = cast.supporter(world.renee.person, world.lena.office)
    ready(there)
    return there


@pytest.mark.req("D-13")
def test_what_is_asked_in_the_second_one_is_seen_and_answered(world: World) -> None:
    there = twice(world)
    one = day(world.lena)
    actions.find_cover(world.lake.id, world.lena.id, one.id)
    client = sign_in(Client(), world.renee)
    first = client.get(reverse("in_shifts")).content.decode()
    # Seats are in the order of their organisations' names in addresses: Lakeshore, Pine County.
    assert "Lena Moss" in first
    second = client.get(reverse("in_shifts") + "?of=pine").content.decode()
    assert "Lena Moss" not in second
    assert 'href="?of=lake"' in second
    assert "you are asked" in second
    answer = client.post(reverse("in_shift_asked", args=[only()]), {"say": "yes"})
    assert answer.url == reverse("in_shifts") + "?of=lake"  # type: ignore[attr-defined]
    assert holder(one) == there.id


@pytest.mark.req("D-13")
def test_shifts_of_both_can_be_given_away(world: World) -> None:
    there = twice(world)
    here, other = day(world.renee), day(there, 3)
    client = sign_in(Client(), world.renee)
    for shift in (here, other):
        assert client.get(reverse("in_shift", args=[shift.id])).status_code == 200
        client.post(reverse("in_shift_cover", args=[shift.id]))
        assert Exchange.objects.get(shift=shift).kind == "cover"
    to = {"to": str(world.marcus.id)}
    Exchange.objects.all().delete()
    client.post(reverse("in_shift_hand_over", args=[here.id]), to)
    assert Exchange.objects.get().answers_id == world.marcus.id
    for slug in ("nowhere", "host", "\0"):
        assert client.get(reverse("in_shifts"), {"of": slug}).status_code == 404


@pytest.mark.req("D-01", "D-13")
def test_nobody_takes_a_shift_while_they_are_on_call_elsewhere(world: World) -> None:
    there = twice(world)
    one = day(world.ana)
    day(there)
    with refused(Why.CANNOT):
        actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    assert world.renee.id not in {row.supporter_id for row in Exchange.objects.get().asked.all()}
    with refused(Why.TWICE):
        actions.take(world.pine.id, world.renee.id, only())
    Shift.objects.filter(supporter=there).delete()
    actions.take(world.pine.id, world.renee.id, only())
    assert holder(one) == world.renee.id


@pytest.mark.req("C-18")
def test_one_tap_is_leave_in_both_and_one_tap_ends_it(world: World) -> None:
    there = twice(world)
    here, other = day(world.renee), day(there, 3)
    client = sign_in(Client(), world.renee)
    client.post(reverse("in_leave"))
    assert set(Supporter.objects.filter(person=world.renee.person).values_list("status", flat=True)) == {"on_leave"}
    assert [queries.sought(one.id, NOW)[0].duty for one in (world.pine, world.lake)] == [here.facts(), other.facts()]
    client.post(reverse("in_return"))
    assert set(Supporter.objects.filter(person=world.renee.person).values_list("status", flat=True)) == {"active"}
    assert (state(here), state(other)) == ("withdrawn", "withdrawn")


@pytest.mark.req("C-18")
def test_what_ended_in_one_organisation_stays_ended(world: World) -> None:
    there = twice(world)
    Supporter.objects.filter(id=there.id).update(status="ended", ended_on=NOW.date())
    client = sign_in(Client(), world.renee)
    assert client.post(reverse("in_leave")).status_code == 302
    client.post(reverse("in_return"))
    assert Supporter.objects.get(id=there.id).status == "ended"
    assert sign_in(Client(), world.hana).post(reverse("in_leave")).status_code == 404


@pytest.mark.req("D-11")
def test_the_change_of_shift_that_comes_next_is_shown_whichever_organisation_it_is_of(
    world: World, clock: Clock
) -> None:
    there = twice(world)
    day(there)
    day(world.renee, start=DAWN + 12 * HOUR)
    client = sign_in(Client(), world.renee)
    clock.set(DAWN + timedelta(minutes=5))
    assert client.get(reverse("in_shift_change")).status_code == 200
    clock.set(DAWN + 12 * HOUR - timedelta(minutes=5))
    assert client.get(reverse("in_shift_change")).status_code == 200


@pytest.mark.req("M-24")
def test_leave_in_one_organisation_names_nothing_of_it_to_the_other(world: World) -> None:
    there = twice(world)
    one = day(there)
    living.go_on_leave(world.lake.id, there.id)
    assert queries.sought(world.pine.id, NOW) == []
    page = sign_in(Client(), world.hana).get(reverse("in_rota")).content.decode()
    assert "Lakeshore" not in page
    assert holder(one) == there.id


@pytest.mark.req("D-01", "D-13")
def test_nobody_is_planned_while_they_are_on_call_elsewhere(world: World) -> None:
    there = twice(world)
    planned.pattern(world)
    duty = day(there, 7)
    proposal = planned.made(world, 14)
    rows = ProposedShift.objects.filter(proposal_id=proposal, supporter=world.renee)
    assert rows.exists()
    rest = timedelta(hours=11)
    assert not rows.filter(starts_at__lt=duty.ends_at + rest, ends_at__gt=duty.starts_at - rest).exists()
    # Nor by hand; and a duty elsewhere that is new makes the plan old.
    near = ProposedShift.objects.get(proposal_id=proposal, tier=1, starts_at=duty.starts_at)
    with pytest.raises(actions.Breaks) as refused:
        actions.edit_proposed(planned.seat(world), proposal, {near.id: world.renee.id})
    # The coordinator is not told that it is a shift elsewhere.
    assert {one.rule for one in refused.value.found} == {Rule.AWAY}
    taken = rows.order_by("starts_at").first()
    assert taken is not None
    cast.shift(there, 1, taken.starts_at, taken.ends_at)
    with pytest.raises(actions.Stale):
        actions.publish(planned.seat(world), proposal)


@pytest.mark.req("D-13", "M-24")
def test_a_coordinator_who_moves_a_shift_is_not_told_that_somebody_is_on_call_elsewhere(world: World) -> None:
    there = twice(world)
    one = day(world.ana)
    day(there)
    client, place = sign_in(Client(), world.hana), reverse("in_rota_move", args=[one.id])
    choices = client.get(place).content.decode()
    assert f"p.{world.marcus.id}" in choices
    assert f"p.{world.renee.id}" not in choices
    page = client.get(place, {"to": f"p.{world.renee.id}"}).content.decode()
    assert "cannot be on call then" in page
    assert "in two places" not in page
    assert "less rest" not in page


@pytest.mark.req("D-02", "M-24")
def test_a_gap_beside_a_duty_elsewhere_is_explained_without_it(world: World) -> None:
    """Only Renée is ready, and on call in Lakeshore for two weeks: she is busy, and no rest of hers is offered."""
    there = twice(world)
    planned.pattern(world)
    duty = cast.shift(there, 1, NOW + timedelta(days=7), NOW + timedelta(days=21))
    Supporter.objects.filter(organisation=world.pine).exclude(id=world.renee.id).update(status="on_leave")
    proposal = planned.made(world, 14)
    row = queries.plan_in(world.pine.id, proposal)
    found = queries.uncovered(queries.open_plan(row))
    within = [one for one in found if any(begin < duty.ends_at for _tier, begin, _end in one.slots)]
    assert within
    kinds = {kind for one in found for kind, _name, _count in one.facts}
    assert "rest" not in kinds
    reasons = {reason for one in within if one.kept for reason, _count in one.kept.reasons}
    assert ProblemWhy.BUSY in reasons
    assert not reasons & {Rule.TWICE, Rule.REST}
    page = sign_in(Client(), world.hana).get(reverse("in_plan", args=[proposal])).content.decode()
    assert "Lakeshore" not in page
    assert "on call already" not in page
    assert "less rest" not in page


# --- pages keep to the organisation that was chosen ---------------------------------------------------------------


def links(page: str) -> set[str]:
    """Return where a supporter's page about shifts leads, and where its forms go."""
    found = re.findall(r'(?:href|action)="(/in/team/(?:shifts|rota|availability|calendar)[^"]*)"', page)
    # The tabs lead to the first organisation, as from anywhere else.
    return {html.unescape(one) for one in found} - {reverse("in_shifts")}


@pytest.mark.req("D-13")
def test_every_way_from_a_page_of_the_second_one_stays_in_it(world: World) -> None:
    twice(world)
    client = sign_in(Client(), world.renee)
    mine, asked, sought = day(world.renee), day(world.renee, 2), day(world.ana, 4)
    actions.hand_over(world.pine.id, world.renee.id, asked.id, world.marcus.id)
    actions.hand_over(world.pine.id, world.ana.id, sought.id, world.renee.id)
    own = [("in_shift", one.id) for one in (mine, asked)]
    for name, *about in (
        *own,
        ("in_shifts",),
        ("in_availability",),
        ("in_calendar",),
        ("in_shift_gaps",),
        ("in_team_rota",),
    ):
        answer = client.get(reverse(name, args=about) + "?of=pine")
        assert answer.status_code == 200
        page = answer.content.decode()
        assert f"<b>{world.pine.name}</b>" in page, name
        led = links(page)
        assert led or name == "in_team_rota"
        assert all("of=pine" in one for one in led), (name, led)
    marcus = sign_in(Client(), world.marcus)
    for name in ("in_shifts", "in_availability", "in_calendar", "in_shift_gaps", "in_team_rota"):
        page = marcus.get(reverse(name)).content.decode()
        assert "of=" not in "".join(links(page)), name
        assert f"<b>{world.pine.name}</b>" not in page


@pytest.mark.req("D-13")
def test_what_is_over_leads_back_to_where_it_was(world: World) -> None:
    twice(world)
    client = sign_in(Client(), world.renee)
    over = client.get(reverse("in_shift_asked", args=[cast.unknown_id()]) + "?of=pine")
    assert over.status_code == 410
    assert f'href="{reverse("in_shifts")}?of=pine"' in over.content.decode()
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    id = only()
    actions.withdraw(world.pine.id, world.ana.id, id)
    over = client.post(reverse("in_shift_asked", args=[id]) + "?of=pine", {"say": "yes"})
    assert over.status_code == 410
    assert f'href="{reverse("in_shifts")}?of=pine"' in over.content.decode()


@pytest.mark.req("D-13", "B-38")
def test_what_is_said_and_made_for_the_second_one_is_kept_there(world: World) -> None:
    there = twice(world)
    planned.pattern(world)
    client = sign_in(Client(), world.renee)
    at = "?of=pine"
    # Lakeshore comes first; whoever names Pine County acts there.
    client.post(reverse("in_availability") + at, {"kind": "wish", "wish-day": "2026-12-05", "wish-on_call": "no"})
    wish = Wish.objects.get()
    assert wish.supporter_id == world.renee.id
    answer = client.post(reverse("in_availability_remove", args=["wish", wish.id]) + at)
    assert (answer.status_code, answer.url) == (302, reverse("in_availability") + at)  # type: ignore[attr-defined]
    assert not Wish.objects.exists()
    client.post(reverse("in_feed_make") + at)
    feed = Feed.objects.get()
    assert feed.supporter_id == world.renee.id
    assert client.post(reverse("in_feed_revoke", args=[feed.id]) + at).status_code == 302
    assert not Feed.objects.exists()
    free = html.unescape(client.get(reverse("in_shift_gaps") + at).content.decode())
    span = dict(re.findall(r'name="(tier|begins|ends)" value="([^"]+)"', free)[:3])
    taken = client.post(reverse("in_gap_take") + at, span)
    assert taken.url == reverse("in_shifts") + at  # type: ignore[attr-defined]
    assert Shift.objects.get().supporter_id == world.renee.id
    assert there.id != world.renee.id
