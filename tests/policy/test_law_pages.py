"""The law's pages: what coordinators may choose, what operators assign, what supporters read aloud and print."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alongside.accounts import queries as accounts
from alongside.accounts.models import AuditEntry, Organisation, Role
from alongside.content import law
from alongside.policy import actions, queries
from alongside.policy.models import LawChoice
from alongside.policy.values import REGISTER
from alongside.site import audit
from tests.world import World, sign_in


def give(world: World, pack: str) -> None:
    Organisation.objects.filter(slug="pine").update(pack=pack)
    world.pine.refresh_from_db()


def put(client: Client, key: str, value: str):  # type: ignore[no-untyped-def]
    return client.post(reverse("in_law_choice", args=[key]), {"value": value})


def shown(client: Client, address: str) -> str:
    return html.unescape(client.get(address).content.decode())


def members(clock) -> str:  # type: ignore[no-untyped-def]
    """Return the members' page of limits, as it is a minute later."""
    clock.forward(seconds=61)
    return shown(Client(), "/ask/pine/en/limits")


@pytest.mark.req("K-31", "K-03")
@pytest.mark.parametrize("key", law.packs())
def test_the_page_shows_the_pack_what_it_decides_and_what_may_be_chosen(key: str, world: World, client: Client) -> None:
    give(world, key)
    sign_in(client, world.hana)
    page = shown(client, reverse("in_law"))
    pack = law.pack(key, "en")
    for one in law.switches(key, {}, "en"):
        assert one.label in page
        assert (reverse("in_law_choice", args=[one.key]) in page) == (not one.fixed)
    assert pack.court in page
    assert all(one.title in page for one in pack.citations)
    assert all(one in page for one in pack.unknown)
    assert "not reviewed by counsel" in page
    assert "No lawyer has reviewed these texts" in page
    assert "To be looked at again by 21 May 2027" in page


@pytest.mark.req("K-31", "I-24", "L-24")
def test_a_choice_shows_its_effect_before_it_counts_and_changes_every_page_after(
    world: World, client: Client, clock
) -> None:  # type: ignore[no-untyped-def]
    give(world, "on")
    sign_in(client, world.hana, fresh=True)
    limit = law.pack("on", "en").exception("serious-self-harm")
    assert limit is not None
    assert limit.short in members(clock)
    before = shown(client, reverse("in_law_choice", args=["exception:serious-self-harm"]))
    assert "Goes from members’ pages" in before
    assert f"<s>{limit.short} {limit.scope}</s>" in before
    assert put(client, "exception:serious-self-harm", "off").url == reverse("in_law")
    assert limit.short not in members(clock)
    assert limit.short not in shown(Client(), "/ask/pine/en/now")
    sign_in(client, world.renee.person)
    for address in (reverse("in_limits"), reverse("in_paper", args=["notice"]), reverse("in_inbox")):
        assert limit.short not in shown(client, address)
    entry = AuditEntry.objects.get(what="law.chosen")
    assert entry.person == world.hana
    assert f"“{limit.short}”: no" in audit.said(entry)


@pytest.mark.req("K-31")
@pytest.mark.parametrize(
    "choice",
    [
        ("mn", "exception:danger", "off"),
        ("mn", "exception:maltreatment", "off"),
        ("mn", "exception:law", "off"),
        ("mn", "exception:testimony", "off"),
        ("mn", "duty:witness", "off"),
        ("on", "exception:serious-mental-illness", "on"),
        ("on", "exception:serious-mental-illness", ""),
        ("on", "number:child", "the mayor"),
        ("on", "duty:no-recording", "perhaps"),
    ],
)
def test_a_looser_choice_by_a_post_made_by_hand_is_refused_and_nothing_is_kept(
    choice: tuple[str, str, str], world: World, client: Client, clock
) -> None:  # type: ignore[no-untyped-def]
    pack, key, value = choice
    give(world, pack)
    before = members(clock)
    sign_in(client, world.hana, fresh=True)
    answer = put(client, key, value)
    assert answer.status_code == 422
    assert not LawChoice.objects.exists()
    assert not AuditEntry.objects.filter(what="law.chosen").exists()
    assert members(clock) == before


@pytest.mark.req("K-31")
def test_a_choice_that_does_not_exist_is_not_there(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    for key in ("court", "exception:gossip", "exception:crime", "number:mayor", "duty:secrecy"):
        assert put(client, key, "off").status_code == 404
    assert not LawChoice.objects.exists()


@pytest.mark.req("K-12")
def test_an_exception_that_the_pack_leaves_off_takes_the_name_of_counsel(world: World, client: Client, clock) -> None:  # type: ignore[no-untyped-def]
    give(world, "on")
    sign_in(client, world.hana, fresh=True)
    key = "exception:serious-mental-illness"
    assert put(client, key, "Rivera and Lund, 3 May 2026").status_code == 302
    assert "clear signs of a serious mental illness" in members(clock)
    assert "Agreed to by Rivera and Lund" in shown(client, reverse("in_law"))
    assert "agreed to by Rivera and Lund" in audit.said(AuditEntry.objects.get(what="law.chosen"))
    assert put(client, key, "off").status_code == 302
    assert "clear signs of a serious mental illness" not in members(clock)


@pytest.mark.req("K-07")
def test_an_office_number_stands_in_the_pack_that_the_crisis_path_reads(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    assert put(client, "number:child", "+1 218 555 0142").status_code == 302
    pack = queries.law_in_force(world.pine.id, "generic-us", "en")
    reported = pack.exception("maltreatment")
    assert reported is not None
    assert reported.lines[0].number == "+1 218 555 0142"
    assert put(client, "number:child", "").status_code == 302
    assert queries.law_choices(world.pine.id, world.pine.pack)["number:child"] == ""


@pytest.mark.req("K-24")
def test_a_choice_asks_who_one_is_first_and_a_repeated_one_writes_nothing(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    assert put(client, "duty:no-recording", "on").url.startswith(reverse("account_reauthenticate"))
    assert not LawChoice.objects.exists()
    sign_in(client, world.hana, fresh=True)
    put(client, "duty:no-recording", "on")
    put(client, "duty:no-recording", "on")
    assert LawChoice.objects.count() == AuditEntry.objects.filter(what="law.chosen").count() == 1


@pytest.mark.req("K-31")
def test_nobody_but_the_coordinator_chooses_and_one_organisation_does_not_touch_another(
    world: World, client: Client
) -> None:
    for person in (world.renee.person, world.imani, world.anne, world.okafor, world.priya, world.nico):
        sign_in(client, person, fresh=True)
        assert client.get(reverse("in_law")).status_code == 404
        assert put(client, "duty:no-recording", "on").status_code == 404
    sign_in(client, world.lars, fresh=True)
    put(client, "duty:no-recording", "on")
    assert queries.law_choices(world.pine.id, world.pine.pack) == {}
    assert queries.law_choices(world.lake.id, world.lake.pack) == {"duty:no-recording": True}


@pytest.mark.req("K-31", "I-24")
def test_what_was_promised_on_a_past_day_can_be_told(world: World, clock) -> None:  # type: ignore[no-untyped-def]
    seat = accounts.permit(world.hana, "policy.change")
    actions.choose_law(seat, "duty:no-recording", True)
    then = clock.forward(days=2)
    actions.choose_law(seat, "duty:no-recording", False)
    clock.forward(days=1)
    assert queries.law_choices(world.pine.id, world.pine.pack) == {"duty:no-recording": False}
    row = LawChoice.objects.order_by("version").first()
    assert row is not None
    assert queries.law_choices(world.pine.id, world.pine.pack, row.changed_at) == {"duty:no-recording": True}
    assert queries.law_version(world.pine.id) == 2
    assert then is None or then


# --- no edit of policy makes the page promise more ---------------------------------------------------------------

SETTINGS = st.dictionaries(st.sampled_from([one.key for one in REGISTER]), st.integers(-1, 2000), max_size=6)
CHOOSING = st.dictionaries(
    st.sampled_from([one.key for key in law.packs() for one in law.switches(key, {"federal": True}, "en")]),
    st.one_of(st.booleans(), st.text(max_size=40), st.just("Privileged and absolute")),
    max_size=8,
)


@pytest.mark.req("I-24", "L-24", "K-31", "A-24")
@given(key=st.sampled_from(law.packs()), numbers=SETTINGS, choices=CHOOSING)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_edit_of_policy_makes_the_page_promise_more(
    key: str, numbers: dict[str, int], choices: dict[str, object], world: World, clock
) -> None:  # type: ignore[no-untyped-def]
    LawChoice.objects.all().delete()
    give(world, key)
    seat = accounts.permit(world.hana, "policy.change")
    before = members(clock)
    for choice, value in choices.items():
        try:
            actions.choose_law(seat, choice, value)
        except (law.Unknown, ValueError):
            continue
    for name, number in numbers.items():
        try:
            actions.change(seat, name, number)
        except ValueError:
            continue
    after = members(clock)
    pack = law.pack(key, "en")
    for one in pack.exceptions:
        if not one.optional:
            assert one.short in after
            assert one.scope in after
    assert pack.court in after
    assert pack.higher_law in after
    assert all(duty.says in after for duty in pack.held)
    # Outside of numbers and of what was left out or added, the page says what it said.
    told = law.told(law.in_force(key, choices, "en"))
    rest = re.sub(r"\d+", "#", after)
    for text in told:
        rest = rest.replace(re.sub(r"\d+", "#", text), "")
    for claim in ("privileged", "guarantee", "absolute", "never be disclosed"):
        assert claim not in rest.lower()
    if not pack.court_protection:
        assert "Which talks the law covers" not in after or choices.get("federal") is True
    assert "No lawyer has checked this page" in after
    assert len(before) > 1000


# --- supporters --------------------------------------------------------------------------------------------------


@pytest.mark.req("K-01", "K-02", "K-10", "L-24")
def test_a_supporter_finds_the_script_the_three_levels_and_the_card_for_a_summons(world: World, client: Client) -> None:
    give(world, "mn")
    sign_in(client, world.renee.person)
    page = shown(client, reverse("in_limits"))
    pack = law.pack("mn", "en")
    for one in pack.exceptions:
        assert one.short in page
        assert one.scope in page
    assert pack.papers.testimony in page
    for level in ("Privacy", "Confidentiality", "Privilege"):
        assert f"<h2>{level}</h2>" in page
    assert "I cannot speak for a court" in page
    french = shown(client, reverse("in_limits") + "?in=fr")
    assert '<html lang="fr">' in french
    assert law.pack("mn", "fr").exceptions[0].short in french
    assert "<h2>Le privilège</h2>" in french
    assert reverse("in_limits") in shown(client, reverse("in_inbox"))


@pytest.mark.req("K-31", "K-01")
def test_whoever_serves_in_two_organisations_reads_the_limits_of_the_right_one(world: World, client: Client) -> None:
    give(world, "mn")
    Organisation.objects.filter(slug="lake").update(pack="on")
    Role.objects.create(person=world.renee.person, organisation=world.lake, name="leader")
    sign_in(client, world.renee.person)
    address = reverse("in_limits")
    assert law.pack("mn", "en").court in shown(client, f"{address}?of=pine")
    assert law.pack("on", "en").court in shown(client, f"{address}?of=lake")
    assert f"{address}?of=pine" in shown(client, reverse("in_inbox"))
    assert client.get(f"{address}?of=nowhere").status_code == 404
    sign_in(client, world.marcus.person)
    assert client.get(f"{address}?of=lake").status_code == 404


@pytest.mark.req("K-08", "K-09")
@pytest.mark.parametrize("key", law.packs())
@pytest.mark.parametrize("name", ["notice", "consent", "consent-after-death"])
def test_papers_take_nothing_in_and_say_what_they_are(key: str, name: str, world: World, client: Client) -> None:
    give(world, key)
    sign_in(client, world.renee.person)
    page = shown(client, reverse("in_paper", args=[name]))
    pack = law.pack(key, "en")
    sheet = page[page.index("<article") : page.index("</article>")]
    assert not re.search(r"<(input|textarea|form|button|select)", sheet)
    assert client.post(reverse("in_paper", args=[name]), {"what": "x"}).status_code == 405
    if name == "notice":
        assert all(one.short in sheet and one.scope in sheet for one in pack.exceptions)
        assert "You sign nothing" in sheet
    else:
        assert all(words in sheet for words in ("What may be told", "To whom", "Until when"))
        assert pack.papers.revoke in sheet
        assert pack.papers.apart in sheet
    if name == "consent-after-death":
        assert pack.papers.death in sheet
        assert "there is no record to open" in sheet
    assert client.get("/in/team/paper/other").status_code == 404


@pytest.mark.req("K-05")
def test_a_written_notice_that_is_a_duty_is_said_to_supporters_and_members(world: World, client: Client, clock) -> None:  # type: ignore[no-untyped-def]
    sign_in(client, world.renee.person)
    assert "A written notice is a duty here" not in shown(client, reverse("in_limits"))
    actions.choose_law(accounts.permit(world.hana, "policy.change"), "duty:written-notice", True)
    assert "A written notice is a duty here" in shown(client, reverse("in_limits"))
    assert "You get these limits in writing before the first talk" in members(clock)


# --- who gives a pack, and who is warned -------------------------------------------------------------------------


@pytest.mark.req("K-31", "K-03")
def test_the_operator_gives_a_pack_and_members_see_its_limits(world: World, client: Client, clock) -> None:  # type: ignore[no-untyped-def]
    assert "In court" in members(clock)
    sign_in(client, world.priya, fresh=True)
    address = reverse("in_operate_law", args=["pine"])
    assert client.post(address, {"pack": "nowhere"}).status_code == 422
    assert client.post(address, {"pack": "mn"}).status_code == 302
    assert law.pack("mn", "en").court in members(clock)
    assert "gave Pine County Sheriff the law of Minnesota instead of United States" in audit.said(
        AuditEntry.objects.get()
    )
    sign_in(client, world.hana)
    assert "Minnesota" in shown(client, reverse("in_audit"))


@pytest.mark.req("K-31")
def test_a_coordinator_cannot_move_the_organisation_to_another_law(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    page = shown(client, reverse("in_programme"))
    assert 'name="pack"' not in page
    posted = {"name": "Pine", "neutral_title": "x", "time_zone": "America/Chicago", "language": "en", "headcount": "60"}
    assert client.post(reverse("in_programme"), {**posted, "pack": "mn"}).status_code == 302
    world.pine.refresh_from_db()
    assert world.pine.pack == "generic-us"
    assert client.post(reverse("in_operate_law", args=["pine"]), {"pack": "mn"}).status_code == 404


@pytest.mark.req("K-31")
def test_choices_that_another_pack_does_not_have_count_for_nothing_there_and_come_back(world: World) -> None:
    give(world, "on")
    actions.choose_law(accounts.permit(world.hana, "policy.change"), "exception:serious-self-harm", False)
    give(world, "mn")
    assert queries.law_in_force(world.pine.id, "mn", "en") == law.in_force("mn", {}, "en")
    assert queries.law_in_force(world.pine.id, "on", "en").exception("serious-self-harm") is None


@pytest.mark.req("K-03")
def test_a_pack_that_was_not_looked_at_again_warns_the_coordinator_and_the_doctor(
    world: World, client: Client, clock
) -> None:  # type: ignore[no-untyped-def]
    from alongside.kernel import clock as time
    from alongside.site import doctor

    sign_in(client, world.hana)
    assert "is to be looked at again" not in shown(client, reverse("in_board"))
    law_finding = {one.name: one for one in doctor.examine(time.now())}["law"]
    assert law_finding.level == "ok"
    clock.forward(days=160)
    sign_in(client, world.hana)
    assert "is to be looked at again by 21 May 2027" in shown(client, reverse("in_board"))
    clock.forward(days=60)
    sign_in(client, world.hana)
    assert "should have been looked at again by 21 May 2027" in shown(client, reverse("in_board"))
    assert "should have been looked at again" in shown(client, reverse("in_law"))
    assert "should have been looked at again" in members(clock)
    law_finding = next(one for one in doctor.examine(time.now()) if one.name == "law")
    assert (law_finding.level, "looked at again by" in law_finding.says) == ("warning", True)


@pytest.mark.req("K-03")
def test_a_pack_that_is_gone_or_has_ended_is_told_to_coordinator_and_operator(
    world: World, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace
    from datetime import date

    from alongside.kernel import clock as time
    from alongside.site import doctor

    give(world, "withdrawn")
    sign_in(client, world.hana)
    assert "This version has no law of the place" in shown(client, reverse("in_board"))
    assert "A general text stands in for it" in shown(client, reverse("in_law"))
    assert any(one.level == "failure" and "law pack is not there" in one.says for one in doctor.examine(time.now()))
    give(world, "mn")
    ended = replace(law.pack("mn", "en"), effective_until=date(2026, 11, 22))
    monkeypatch.setattr(law, "pack", lambda _key, _language: ended)
    assert "is not in force today" in shown(client, reverse("in_board"))
    assert "is not in force today" in shown(client, reverse("in_law"))
    assert any(one.level == "failure" and "not in force today" in one.says for one in doctor.examine(time.now()))
