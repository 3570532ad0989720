"""What was chosen beside one law pack was weighed against that law: under another it counts for nothing until somebody
chooses it again, and the coordinator is shown what.
"""

import html
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alongside.accounts import actions as accounts_actions
from alongside.accounts import queries as accounts
from alongside.accounts.models import AuditEntry, Organisation
from alongside.accounts.queries import Seat
from alongside.content import law
from alongside.kernel import clock as time
from alongside.policy import actions, queries
from alongside.policy.models import LawChoice
from alongside.site import audit
from tests.policy.test_law_pages import CHOOSING, members, put, shown
from tests.world import World, sign_in

pytestmark = pytest.mark.req("K-31")
COUNSEL = "exception:serious-mental-illness"


def give(world: World, pack: str) -> None:
    """Let the operator give a pack, so that it stands in the list of changes."""
    accounts_actions.change_pack(Seat(world.priya, None, frozenset(["operator"])), world.pine, pack)
    world.pine.refresh_from_db()
    time.shift(timedelta(minutes=5))


def choose(world: World, key: str, value: object) -> None:
    actions.choose_law(accounts.permit(world.hana, "policy.change"), key, value)
    time.shift(timedelta(minutes=5))


def lapsed(world: World) -> list[str]:
    return [one.key for one in queries.lapsed_choices(world.pine.id, world.pine.pack, "en")]


def in_force(world: World) -> law.Pack:
    return queries.law_in_force(world.pine.id, world.pine.pack, "en")


def numbers(world: World) -> dict[str, str]:
    return {line.key: line.number for line in law.lines_of(in_force(world))}


def test_a_number_and_counsels_agreement_of_one_place_count_for_nothing_in_another(
    world: World, client: Client, clock
) -> None:  # type: ignore[no-untyped-def]
    give(world, "on")
    choose(world, "number:child", "+1 416 555 0142")
    choose(world, COUNSEL, "Rivera and Lund, 3 May 2026")
    assert in_force(world).exception("serious-mental-illness") is not None
    assert "clear signs of a serious mental illness" in members(clock)
    give(world, "generic-ca")
    assert in_force(world) == law.in_force("generic-ca", {}, "en")
    assert numbers(world)["child"] == ""
    assert "clear signs of a serious mental illness" not in members(clock)
    sign_in(client, world.renee.person)
    assert "416 555 0142" not in shown(client, reverse("in_limits"))


def test_under_the_former_pack_the_choices_are_there_again(world: World) -> None:
    give(world, "on")
    choose(world, "number:child", "+1 416 555 0142")
    give(world, "mn")
    assert lapsed(world) == ["number:child"]
    choose(world, "number:child", "+1 218 555 0142")
    assert lapsed(world) == []
    give(world, "on")
    assert numbers(world)["child"] == "+1 416 555 0142"
    assert lapsed(world) == []
    give(world, "mn")
    assert numbers(world)["child"] == "+1 218 555 0142"


def test_the_coordinator_is_shown_what_to_choose_again_and_chooses_or_leaves_it(world: World, client: Client) -> None:
    give(world, "on")
    choose(world, "number:child", "+1 416 555 0142")
    choose(world, "number:adult", "+1 416 555 0143")
    choose(world, "number:adult", "")
    choose(world, "duty:no-recording", True)
    sign_in(client, world.hana, fresh=True)
    assert "law of another place" not in shown(client, reverse("in_board"))
    give(world, "generic-ca")
    assert "2 choices were made under the law of another place" in shown(client, reverse("in_board"))
    page = shown(client, reverse("in_law"))
    assert "To be chosen again" in page
    assert "There you had entered +1 416 555 0142." in page
    assert "There you had said yes." in page
    assert page.count("Leave it as it is here") == 2, "what was taken back is not asked for"
    assert "does not count here until you choose it again" in shown(
        client, reverse("in_law_choice", args=["duty:no-recording"])
    )
    assert put(client, "number:child", "+1 604 555 0142").status_code == 302
    assert "One choice was made under the law of another place" in shown(client, reverse("in_board"))
    before = in_force(world)
    assert client.post(reverse("in_law_choice", args=["duty:no-recording"]), {"leave": "yes"}).url == reverse("in_law")
    assert in_force(world) == before
    assert lapsed(world) == []
    assert "law of another place" not in shown(client, reverse("in_board"))
    assert "To be chosen again" not in shown(client, reverse("in_law"))
    entry = AuditEntry.objects.get(what="law.left")
    assert entry.person == world.hana
    assert "left it as it is here" in audit.said(entry)
    assert "record" in audit.said(entry)


def test_only_what_is_to_be_chosen_again_can_be_left(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    for key in ("duty:no-recording", "number:child", "exception:danger"):
        assert client.post(reverse("in_law_choice", args=[key]), {"leave": "yes"}).status_code == 404
    assert client.post(reverse("in_law_choice", args=["court"]), {"leave": "yes"}).status_code == 404
    assert not LawChoice.objects.exists()
    assert not AuditEntry.objects.filter(what="law.left").exists()


def test_what_the_law_of_the_new_place_decides_is_not_asked_for(world: World) -> None:
    give(world, "on")
    choose(world, "exception:serious-self-harm", False)
    choose(world, "duty:no-recording", True)
    give(world, "mn")
    fixed = {one.key for one in law.switches("mn", {}, "en") if one.fixed}
    offered = {one.key for one in law.switches("mn", {}, "en")}
    assert set(lapsed(world)).isdisjoint(fixed)
    assert set(lapsed(world)) <= offered


def test_a_choice_from_before_packs_were_written_down_belongs_to_the_pack_of_its_moment(world: World) -> None:
    give(world, "on")
    for version, (key, value) in enumerate((("number:child", "+1 416 555 0142"), ("duty:no-recording", True)), 1):
        LawChoice.objects.create(
            organisation=world.pine, key=key, value=value, version=version, changed_at=time.now(), pack=""
        )
    time.shift(timedelta(minutes=5))
    assert numbers(world)["child"] == "+1 416 555 0142"
    assert lapsed(world) == []
    give(world, "generic-ca")
    assert in_force(world) == law.in_force("generic-ca", {}, "en")
    assert set(lapsed(world)) == {"number:child", "duty:no-recording"}
    give(world, "on")
    assert numbers(world)["child"] == "+1 416 555 0142"


@pytest.mark.parametrize("written_down_for", ["the organisation", "nobody, as former versions did"])
def test_a_pack_given_from_the_terminal_ends_older_choices_too(world: World, written_down_for: str) -> None:
    give(world, "on")
    choose(world, "number:child", "+1 416 555 0142")
    LawChoice.objects.update(pack="")
    accounts_actions.change_pack(None, world.pine, "generic-ca")
    if written_down_for != "the organisation":
        AuditEntry.objects.filter(what="organisation.pack").update(organisation=None)
    world.pine.refresh_from_db()
    assert "number:child" not in queries.law_choices(world.pine.id, "generic-ca")
    assert lapsed(world) == ["number:child"]


def test_a_pack_given_from_the_terminal_stands_in_the_list_of_changes(world: World) -> None:
    accounts_actions.change_pack(None, world.pine, "on")
    assert [one.what for one in accounts.changes_of(world.pine.id)] == ["organisation.pack"]


def test_a_pack_that_is_gone_takes_its_choices_with_it(world: World, client: Client) -> None:
    give(world, "generic-us")
    choose(world, "number:child", "+1 218 555 0142")
    Organisation.objects.filter(slug="pine").update(pack="withdrawn")
    world.pine.refresh_from_db()
    assert numbers(world)["child"] == ""
    sign_in(client, world.hana)
    assert "There you had entered +1 218 555 0142." in html.unescape(client.get(reverse("in_law")).content.decode())


@given(
    packs=st.permutations(law.packs()),
    choices=CHOOSING,
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_chosen_before_another_pack_holds_as_it_is_shipped(
    packs: list[str], choices: dict[str, object], world: World
) -> None:
    LawChoice.objects.all().delete()
    give(world, packs[0])
    for key, value in choices.items():
        try:
            choose(world, key, value)
        except (law.Unknown, ValueError):
            continue
    before = in_force(world)
    for other in packs[1:]:
        give(world, other)
        assert in_force(world) == law.in_force(other, {}, "en")
        for key in lapsed(world):
            actions.leave_law(accounts.permit(world.hana, "policy.change"), key)
        assert in_force(world) == law.in_force(other, {}, "en")
        assert lapsed(world) == []
    give(world, packs[0])
    assert in_force(world) == before
