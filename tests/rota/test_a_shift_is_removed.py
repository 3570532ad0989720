"""Before a published shift is removed by hand, a page says who is told and what gap it leaves (D-01, K-36)."""

import threading
import uuid
from datetime import datetime, timedelta

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from alongside.accounts import actions as holding
from alongside.accounts import queries as accounts
from alongside.accounts.models import AuditEntry
from alongside.notify.models import Notice
from alongside.policy import actions as policy
from alongside.rota import actions, queries
from alongside.rota.models import Shift
from alongside.site import living
from alongside.team.models import Supporter
from tests.conftest import Clock
from tests.rota.exchanging import DAY, HOUR, asked, day, team
from tests.rota.removing import looked_at
from tests.world import NOW, World, make_world, sign_in, supporter, unknown_id


@pytest.fixture
def hana(world: World) -> Client:
    """A coordinator's browser; everybody is ready for duty, and nobody has a shift."""
    team(world)
    return sign_in(Client(), world.hana)


def path(one: Shift) -> str:
    return reverse("in_rota_remove", args=[one.id])


def said(client: Client, one: Shift, query: str = "") -> str:
    """Return the words of the page that asks."""
    answer = client.get(path(one) + query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.req("D-01", "K-36")
def test_it_is_asked_first_and_nothing_has_changed_by_that(world: World, hana: Client) -> None:
    one = day(world.ana)
    page = said(hana, one)
    assert "Remove this shift?" in page
    assert "<b>Ana Ruiz</b>" in page
    assert "<dt>Who is told</dt><dd>Ana Ruiz</dd>" in page
    assert '<span class="chip urgent">First</span> <span class="number">Mon 30 Nov, 07:00 – 19:00</span>' in page
    assert "Remove and tell them" in page
    assert Shift.objects.filter(id=one.id).exists()
    assert not Notice.objects.exists()
    assert not AuditEntry.objects.filter(what="shift.removed").exists()


@pytest.mark.req("D-01", "D-13")
def test_every_way_to_a_removal_is_a_link_to_the_question(world: World, hana: Client) -> None:
    one = day(world.ana)
    for address in (reverse("in_rota") + "?view=list", reverse("in_rota_move", args=[one.id])):
        page = hana.get(address).content.decode()
        assert f'href="{path(one)}' in page
        assert f'action="{path(one)}"' not in page


@pytest.mark.req("D-01")
def test_a_post_that_looked_at_nothing_is_asked_and_removes_nothing(world: World, hana: Client) -> None:
    one = day(world.ana)
    for sent in ({}, {"seen": ""}, {"seen": "0" * 32}, {"seen": "é\x00"}):
        answer = hana.post(path(one), sent)
        assert answer.status_code == 409
        assert "Remove and tell them" in answer.content.decode()
    assert Shift.objects.filter(id=one.id).exists()
    assert not Notice.objects.exists()


@pytest.mark.req("D-01", "D-13")
def test_whatever_changes_after_it_was_looked_at_is_shown_anew(world: World, hana: Client) -> None:
    one, other = day(world.ana), day(world.renee, 3)
    changes = (
        lambda: actions.offer_swap(world.pine.id, world.ana.id, one.id, other.id),
        lambda: living.go_on_leave(world.pine.id, world.ana.id),
        lambda: living.end_leave(world.pine.id, world.ana.id),
        lambda: Shift.objects.filter(id=one.id).update(supporter=world.marcus),
        lambda: Shift.objects.filter(id=one.id).update(ends_at=one.ends_at - HOUR),
    )
    for change in changes:
        sent = looked_at(hana, path(one))
        change()
        answer = hana.post(path(one), sent)
        assert answer.status_code == 409, change
        page = answer.content.decode()
        assert "The rota has changed. Nothing was removed." in page
    assert Shift.objects.filter(id=one.id).exists()
    # As the page stands now, it can be removed.
    assert hana.post(path(one), looked_at(hana, path(one))).status_code == 302
    assert not Shift.objects.filter(id=one.id).exists()


@pytest.mark.req("D-01")
def test_of_a_running_shift_what_is_left_of_it_becomes_a_gap(world: World, hana: Client, clock: Clock) -> None:
    one = day(world.ana, start=NOW - HOUR)
    page = said(hana, one)
    assert "Ana Ruiz is on call now, and is not any more from the moment you remove it." in page
    assert "Mon 23 Nov, 08:05 – 19:05" in page
    # A minute later less is left, and it is the same question.
    sent = looked_at(hana, path(one))
    clock.set(NOW + timedelta(minutes=1))
    assert hana.post(path(one), sent).status_code == 302


def rows(who: Supporter) -> list[tuple[int, datetime, datetime]]:
    return list(Shift.objects.filter(supporter=who).order_by("starts_at").values_list("tier", "starts_at", "ends_at"))


@pytest.mark.req("D-01")
@pytest.mark.parametrize("away", [False, True])
def test_of_a_running_shift_what_was_served_stays_and_somebody_else_goes_on(
    world: World, hana: Client, clock: Clock, away: bool
) -> None:
    one = day(world.ana, start=NOW)
    # Half a minute later than a whole one: the gap begins with the minute.
    now = NOW + 10 * HOUR
    clock.set(now + timedelta(seconds=30))
    if away:
        living.go_on_leave(world.pine.id, world.ana.id)
    page = said(hana, one)
    assert "The hours served so far stay theirs." in page
    assert ("Ana Ruiz is on call now" in page) is not away
    assert hana.post(path(one), looked_at(hana, path(one))).status_code == 302
    assert rows(world.ana) == [(1, NOW, now)]
    # No page that tries a way to be reached is due for what is over, and a coordinator reads of the rest alone.
    assert Shift.objects.get(supporter=world.ana).checked
    noted = AuditEntry.objects.get(what="shift.removed").detail
    assert (noted["from"], noted["to"]) == (now.isoformat(), one.ends_at.isoformat())
    gap = queries.coming_gaps(world.pine, now, 1)[0].gap
    assert (gap.tier, gap.starts_at) == (1, now)
    assert queries.load_of(world.pine, world.ana.id, now + DAY).served == 1
    actions.enter_shift(accounts.permit(world.hana, "rota.change"), world.renee.id, 1, now, one.ends_at)
    assert rows(world.renee) == [(1, now, one.ends_at)]
    shown = queries.calendar_of(world.pine, [NOW.date()], now)
    first = {(each.item.supporter, each.item.ends_at) for each in shown.days[0].pieces if each.item.tier == 1}
    assert {(world.ana.id, now), (world.renee.id, one.ends_at)} <= first


@pytest.mark.req("D-01")
def test_what_has_not_begun_or_is_over_is_removed_whole(world: World) -> None:
    seat = accounts.permit(world.hana, "rota.change")
    team(world)
    for start in (NOW, NOW + HOUR, NOW - 12 * HOUR):
        actions.remove_shift(seat, day(world.ana, start=start).id)
        assert rows(world.ana) == []


@pytest.mark.req("D-01")
def test_what_ends_while_another_coordinator_is_waited_for_is_over(
    world: World, hana: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = day(world.ana, hours=1, start=NOW - HOUR + timedelta(minutes=1))
    hold = holding.hold

    def late(organisation_id: uuid.UUID) -> None:
        hold(organisation_id)
        clock.set(NOW + timedelta(minutes=1))

    sent = looked_at(hana, path(one))
    monkeypatch.setattr(holding, "hold", late)
    assert hana.post(path(one), sent).status_code == 409
    assert actions.remove_shift(accounts.permit(world.hana, "rota.change"), one.id) is False


@pytest.mark.req("D-01")
def test_once_it_has_begun_it_is_another_question(world: World, hana: Client, clock: Clock) -> None:
    one = day(world.ana, start=NOW + timedelta(minutes=1))
    sent = looked_at(hana, path(one))
    clock.set(NOW + timedelta(minutes=1))
    assert hana.post(path(one), sent).status_code == 409


@pytest.mark.req("D-01", "C-18")
def test_a_shift_of_somebody_away_is_a_gap_already_and_nobody_is_told(world: World, hana: Client) -> None:
    one = day(world.ana)
    living.go_on_leave(world.pine.id, world.ana.id)
    Notice.objects.all().delete()
    page = said(hana, one)
    assert "Ana Ruiz does not serve at present, so it is a gap already." in page
    assert "<dt>Who is told</dt><dd>nobody</dd>" in page
    assert "Find cover" not in page
    answer = hana.post(path(one), looked_at(hana, path(one)), follow=True)
    assert "Everybody concerned is told." not in answer.content.decode()
    assert not Notice.objects.filter(address=world.ana.person.email).exists()


@pytest.mark.req("D-01")
def test_what_is_over_leaves_no_gap_and_tells_nobody(world: World, hana: Client) -> None:
    page = said(hana, day(world.ana, -3, start=NOW))
    assert "Nothing: it is over." in page
    assert "these hours no longer count" in page
    assert "<dd>nobody</dd>" in page


@pytest.mark.req("D-01")
@pytest.mark.parametrize(("tiers", "gap"), [(2, False), (3, True)])
def test_a_third_place_is_a_gap_only_where_policy_asks_for_it(
    world: World, hana: Client, tiers: int, gap: bool
) -> None:
    policy.change(accounts.permit(world.hana, "policy.change"), "on_call_tiers", tiers)
    page = said(hana, day(world.ana, tier=3))
    assert ("your organisation asks for fewer people on call" in page) is not gap
    assert ('<span class="chip urgent">Third</span>' in page) is gap


@pytest.mark.req("D-01")
def test_where_somebody_else_has_a_part_only_the_rest_is_a_gap(world: World, hana: Client) -> None:
    one = day(world.ana)
    living.go_on_leave(world.pine.id, world.ana.id)
    actions.enter_shift(
        accounts.permit(world.hana, "rota.change"),
        world.renee.id,
        1,
        one.starts_at,
        one.starts_at + 4 * HOUR,
    )
    living.end_leave(world.pine.id, world.ana.id)
    (rest,) = Shift.objects.filter(supporter=world.ana)
    page = said(hana, rest)
    assert "Mon 30 Nov, 11:00 – 19:00" in page


@pytest.mark.req("D-13", "K-36")
def test_what_is_asked_about_it_is_said_without_saying_who_was_asked(world: World, hana: Client) -> None:
    one = day(world.ana)
    actions.hand_over(world.pine.id, world.ana.id, one.id, world.renee.id)
    page = said(hana, one)
    assert "Ana Ruiz, and whoever has part in what is open about it" in page
    assert "Renée" not in page.split("<main")[1]
    assert "Find cover" not in page


@pytest.mark.req("D-13", "K-36")
@pytest.mark.parametrize("about", ["nothing", "hand-over", "swap", "swap of another", "cover", "cover on leave"])
def test_the_page_names_everybody_who_is_told_and_nobody_else(world: World, hana: Client, about: str) -> None:
    one, other, pine = day(world.ana), day(world.renee, 3), world.pine.id
    match about:
        case "hand-over":
            actions.hand_over(pine, world.ana.id, one.id, world.renee.id)
        case "swap":
            actions.offer_swap(pine, world.ana.id, one.id, other.id)
        case "swap of another":
            actions.offer_swap(pine, world.renee.id, other.id, one.id)
        case "cover":
            actions.find_cover(pine, world.ana.id, one.id)
        case "cover on leave":
            living.go_on_leave(pine, world.ana.id)
    was_asked = set(asked(one))
    assert bool(was_asked) is about.startswith("cover")
    page = said(hana, one)
    both = about in {"hand-over", "swap", "swap of another"}
    assert ("and whoever has part in what is open about it" in page) is both
    assert ("What is asked about this shift ends." in page) is both
    assert ("The search for cover ends. Whoever was asked is not told." in page) is bool(was_asked)
    Notice.objects.exclude(message="shift_asked").delete()
    assert hana.post(path(one), looked_at(hana, path(one))).status_code == 302
    told = set(Notice.objects.values_list("address", "message"))
    mine, hers = ((who.person.email, "rota_published") for who in (world.ana, world.renee))
    assert told == ({mine, hers} if both else set() if about == "cover on leave" else {mine})


@pytest.mark.req("D-01", "D-13")
@pytest.mark.parametrize("tier", [2, 3])
def test_cover_is_offered_instead_only_of_what_would_be_a_gap(world: World, hana: Client, tier: int) -> None:
    page = said(hana, day(world.ana, tier=tier))
    assert ("No gap: your organisation asks for fewer people on call." in page) is (tier == 3)
    assert ("Or without a gap" in page) is (tier == 2)
    assert ("Find cover" in page) is (tier == 2)


@pytest.mark.req("D-13")
def test_cover_can_be_sought_instead_and_the_shift_stays(world: World, hana: Client) -> None:
    one = day(world.ana)
    page = said(hana, one)
    assert "The shift stays with Ana Ruiz until somebody says yes." in page
    hana.post(reverse("in_rota_find_cover"), {"shift": str(one.id)})
    assert Shift.objects.filter(id=one.id).exists()
    assert [each.duty.starts_at for each in queries.sought(world.pine.id, NOW)] == [one.starts_at]


@pytest.mark.parametrize(
    ("view", "back"),
    [
        ("list", "?view=list"),
        ("week", "?view=week&from=2026-11-30#d2026-11-30"),
        ("", "?view=month&from=2026-11-30#d2026-11-30"),
        ("https://elsewhere.example", "?view=month&from=2026-11-30#d2026-11-30"),
    ],
)
def test_one_comes_back_to_where_one_came_from(world: World, hana: Client, view: str, back: str) -> None:
    one = day(world.ana)
    answer = hana.get(path(one), {"view": view})
    assert f'href="{reverse("in_rota")}{back.replace("&", "&amp;")}"' in answer.content.decode()
    sent = {"seen": looked_at(hana, path(one))["seen"], "view": view}
    assert hana.post(path(one), sent).headers["Location"] == reverse("in_rota") + back


@pytest.mark.req("M-24")
def test_what_is_gone_or_elsewhere_is_one_and_the_same_page(world: World, hana: Client) -> None:
    foreign = day(world.lena)
    gone = day(world.ana)
    gone_path = path(gone)
    sent = looked_at(hana, gone_path)
    actions.remove_shift(accounts.permit(world.hana, "rota.change"), gone.id)
    unknown = reverse("in_rota_remove", args=[unknown_id()])
    pages = set()
    for address in (gone_path, path(foreign), unknown):
        for answer in (hana.get(address), hana.post(address, sent)):
            assert answer.status_code == 404
            pages.add(answer.content.decode().split("<main")[1])
    assert len(pages) == 1
    assert "This shift is not on the rota any more." in pages.pop()
    assert Shift.objects.filter(id=foreign.id).exists()


@pytest.mark.req("D-01")
@pytest.mark.django_db(transaction=True)
def test_of_two_who_looked_at_the_same_one_removes_it_and_the_person_is_told_once(clock: Clock) -> None:
    world = make_world()
    team(world)
    one = day(world.ana)
    seat = accounts.permit(world.hana, "rota.change")
    seen = queries.removal_of(world.pine, one.id, NOW).seal
    start, outcomes = threading.Barrier(2), []

    def step() -> None:
        start.wait()
        try:
            actions.remove_shift(seat, one.id, seen=seen)
            outcomes.append("removed")
        except Shift.DoesNotExist:
            outcomes.append("gone")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=step) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["gone", "removed"]
    assert Notice.objects.filter(address=world.ana.person.email).count() == 1
    assert AuditEntry.objects.filter(what="shift.removed").count() == 1


@pytest.mark.req("D-01")
def test_a_name_that_is_markup_stays_text(world: World, hana: Client) -> None:
    odd = supporter("<b>Bo</b> & Co", world.patrol)
    assert "&lt;b&gt;Bo&lt;/b&gt; &amp; Co" in said(hana, day(odd, 2))
