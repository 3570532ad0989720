"""Two coordinators agree on mutual aid; a member's page then offers the other team, and nothing else is shared."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import AuditEntry, Role
from alongside.accounts.queries import Seat
from alongside.directory import actions, queries
from alongside.directory.models import Partnership
from alongside.directory.rules import MOST_PARTNERS, NoPartner
from alongside.policy.models import Change
from alongside.site import schedule
from tests import world as cast
from tests.conftest import Clock
from tests.help_requests import sealed
from tests.help_requests.frames import frame_for
from tests.world import World, sign_in, unknown_id

OURS = {"HTTP_SEC_FETCH_SITE": "same-origin"}


def seat(person: cast.Person, of: cast.Organisation) -> Seat:
    """Return a coordinator's seat."""
    return Seat(person, of, frozenset(["coordinator"]))


def agreed(world: World) -> Partnership:
    """Let both coordinators agree."""
    actions.propose(seat(world.hana, world.pine), "lake")
    actions.propose(seat(world.lars, world.lake), "pine")
    return Partnership.objects.get()


def ask_page(client: Client, slug: str, clock: Clock) -> tuple[list[dict[str, str]], set[str]]:
    """Return what a member's page says of partners: those its script knows, and those it offers."""
    clock.forward(minutes=1)
    text = client.get(f"/ask/{slug}/en/ask").content.decode()
    known = re.search(r'data-partners="([^"]*)"', text)
    return json.loads(unescape(known[1])) if known else [], set(re.findall(r'href="/ask/([\w-]+)/en/ask#from=', text))


def keyed(world: World) -> None:
    """Give everybody a key, so that both teams can be asked."""
    ring = sealed.Keyring()
    for serving in (world.renee, world.marcus, world.ana, world.lena):
        ring.publish(serving)


@pytest.mark.req("A-15")
def test_a_proposal_alone_changes_nothing_and_the_answer_does(world: World, client: Client, clock: Clock) -> None:
    keyed(world)
    assert actions.propose(seat(world.hana, world.pine), "lake") == "proposed"
    for slug in ("pine", "lake"):
        assert ask_page(client, slug, clock) == ([], set())
    actions.agree(seat(world.lars, world.lake), Partnership.objects.get().id)
    assert ask_page(client, "pine", clock) == ([{"slug": "lake", "name": "Lakeshore Police Service"}], {"lake"})
    assert ask_page(client, "lake", clock) == ([{"slug": "pine", "name": "Pine County Sheriff"}], {"pine"})


@pytest.mark.req("A-15")
def test_nobody_agrees_to_their_own_proposal(world: World, client: Client) -> None:
    actions.propose(seat(world.hana, world.pine), "lake")
    row = Partnership.objects.get()
    with pytest.raises(Partnership.DoesNotExist):
        actions.agree(seat(world.hana, world.pine), row.id)
    sign_in(client, world.hana, fresh=True)
    assert client.post(reverse("in_partner_agree", args=[row.id])).status_code == 404
    assert Partnership.objects.get().agreed_on is None
    with pytest.raises(NoPartner, match="already"):
        actions.propose(seat(world.hana, world.pine), "lake")


@pytest.mark.req("A-15", "M-24")
def test_a_third_organisation_sees_and_changes_nothing_of_it(world: World, client: Client, clock: Clock) -> None:
    birch = cast.organisation("birch", "Birch Hall Fire", "America/Chicago", "Hall")
    wren = cast.person("Wren Castillo", birch, "coordinator")
    keyed(world)
    row = agreed(world)
    for change in (actions.agree, actions.part):
        with pytest.raises(Partnership.DoesNotExist):
            change(seat(wren, birch), row.id)
    sign_in(client, wren, fresh=True)
    for route in ("in_partner_agree", "in_partner_end"):
        assert client.post(reverse(route, args=[row.id])).status_code == 404
    page = client.get(reverse("in_partners")).content.decode()
    assert "Lakeshore" not in page
    assert "Pine" not in page
    assert queries.partners_of(birch.id) == []
    assert "Lakeshore" not in client.get("/ask/birch/en/ask").content.decode()
    actions.propose(seat(wren, birch), "pine")
    actions.agree(seat(world.hana, world.pine), Partnership.objects.get(proposer=birch).id)
    # What Pine County shares with two, these two do not share with each other.
    assert {one.slug for one in queries.helping(world.pine.id)} == {"birch", "lake"}
    assert [one.slug for one in queries.helping(birch.id)] == ["pine"]


@pytest.mark.req("A-15")
def test_either_side_ends_it_at_once_and_the_words_lead_there_for_some_days(
    world: World, client: Client, clock: Clock
) -> None:
    keyed(world)
    row = agreed(world)
    actions.part(seat(world.lars, world.lake), row.id)
    for slug in ("pine", "lake"):
        assert ask_page(client, slug, clock) == ([], set())
        assert 'data-partners="[{' in client.get(f"/ask/{slug}/en/back").content.decode()
    with pytest.raises(Partnership.DoesNotExist):
        actions.part(seat(world.hana, world.pine), row.id)
    clock.forward(days=19)
    schedule.purge(clock.now())
    assert not Partnership.objects.exists()
    assert 'data-partners="[]"' in client.get("/ask/pine/en/back").content.decode()


def test_an_ended_agreement_can_be_proposed_anew_by_either_side(world: World) -> None:
    actions.part(seat(world.hana, world.pine), agreed(world).id)
    assert actions.propose(seat(world.lars, world.lake), "pine") == "proposed"
    assert actions.propose(seat(world.hana, world.pine), "lake") == "agreed"
    assert Partnership.objects.filter(ended_on=None).count() == 1


def test_a_proposal_is_declined_or_taken_back_and_leaves_no_row(world: World) -> None:
    for who, of in ((world.hana, world.pine), (world.lars, world.lake)):
        actions.propose(seat(world.hana, world.pine), "lake")
        actions.part(seat(who, of), Partnership.objects.get().id)
        assert not Partnership.objects.exists()


@pytest.mark.req("A-15")
def test_a_partner_that_is_closed_or_has_nobody_is_not_offered(world: World, client: Client, clock: Clock) -> None:
    agreed(world)
    for slug in ("pine", "lake"):
        assert ask_page(client, slug, clock)[1] == set(), "nobody there has a key"
    keyed(world)
    world.lake.open = False
    world.lake.save()
    assert ask_page(client, "pine", clock)[1] == set()
    world.lake.open = True
    world.lake.save()
    assert ask_page(client, "pine", clock)[1] == {"lake"}


@pytest.mark.req("A-15", "A-08")
def test_where_nobody_can_be_asked_the_other_team_stands_first(world: World, client: Client, clock: Clock) -> None:
    ring = sealed.Keyring()
    ring.publish(world.lena)
    agreed(world)
    clock.forward(minutes=1)
    text = client.get("/ask/pine/en/ask").content.decode()
    assert "Nobody can be asked here right now" in text
    assert "Ask a peer of Lakeshore Police Service instead" in text


@pytest.mark.req("K-24", "A-15")
def test_both_sides_read_what_was_done_and_neither_who_did_it_there(world: World, client: Client) -> None:
    actions.part(seat(world.hana, world.pine), agreed(world).id)
    mine = AuditEntry.objects.filter(organisation=world.pine, what__startswith="partner.")
    theirs = AuditEntry.objects.filter(organisation=world.lake, what__startswith="partner.")
    assert mine.count() == theirs.count() == 3
    sign_in(client, world.lars)
    page = client.get(reverse("in_audit")).content.decode()
    assert "Hana" not in page
    assert "Pine County Sheriff" in page
    assert "ended mutual aid" in page


@pytest.mark.parametrize(
    ("slug", "says"),
    [
        ("nowhere", "No organisation on this server"),
        ("pine", "This is your own organisation"),
        ("../lake", "Use small letters"),
        ("LAKE", "Use small letters"),
        ("a" * 60, "at most 40"),
        ("", "required"),
    ],
)
def test_a_bad_name_is_refused_in_words(world: World, client: Client, slug: str, says: str) -> None:
    sign_in(client, world.hana, fresh=True)
    answer = client.post(reverse("in_partners"), {"slug": slug})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Partnership.objects.exists()


def test_there_are_no_more_partners_than_a_page_can_show(world: World, client: Client) -> None:
    for number in range(MOST_PARTNERS):
        cast.organisation(f"hall-{number}", f"Hall {number}", "America/Chicago")
        actions.propose(seat(world.hana, world.pine), f"hall-{number}")
    with pytest.raises(NoPartner, match="enough"):
        actions.propose(seat(world.hana, world.pine), "lake")
    actions.propose(seat(world.lars, world.lake), "pine")
    sign_in(client, world.hana, fresh=True)
    offered = Partnership.objects.get(proposer=world.lake)
    answer = client.post(reverse("in_partner_agree", args=[offered.id]), follow=True)
    assert "End one first" in answer.content.decode()
    assert Partnership.objects.get(id=offered.id).agreed_on is None


def test_agreeing_asks_who_one_is_again_and_ending_does_not(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    assert client.post(reverse("in_partners"), {"slug": "lake"}).url.startswith(reverse("account_reauthenticate"))
    assert not Partnership.objects.exists()
    row = agreed(world)
    assert client.post(reverse("in_partner_end", args=[row.id])).url == reverse("in_partners")
    assert Partnership.objects.get().ended_on


@pytest.mark.req("M-24", "A-15")
def test_a_frame_for_one_organisation_is_taken_by_no_other(world: World, client: Client) -> None:
    """Mutual aid opens no way into another's door: a request names a list of the organisation that it is posted to."""
    keyed(world)
    agreed(world)
    frame = bytes(frame_for(world.lake))
    answer = client.post("/ask/pine/requests", frame, content_type="application/octet-stream", **OURS)
    assert (answer.status_code, answer.json()["state"]) == (409, "reseal")
    answer = client.post("/ask/lake/requests", frame, content_type="application/octet-stream", **OURS)
    assert answer.status_code == 201
    token = bytes(16)
    for path in ("progress", "progress/cancel", "progress/present"):
        answer = client.post(f"/ask/pine/{path}", token, content_type="application/octet-stream", **OURS)
        assert answer.json()["state"] == "unknown"


@pytest.mark.req("A-15")
def test_a_partner_over_its_cap_says_so_and_the_own_team_can_still_be_asked(
    world: World, client: Client, clock: Clock
) -> None:
    keyed(world)
    agreed(world)
    Change.objects.create(
        organisation=world.lake, key="requests_per_hour", value=1, version=1, changed_at=cast.NOW - timedelta(days=1)
    )
    post = {"content_type": "application/octet-stream", **OURS}
    assert client.post("/ask/lake/requests", bytes(frame_for(world.lake)), **post).status_code == 201
    busy = client.post("/ask/lake/requests", bytes(frame_for(world.lake)), **post)
    assert (busy.status_code, busy.json()["state"]) == (503, "busy")
    assert client.post("/ask/pine/requests", bytes(frame_for(world.pine)), **post).status_code == 201


@pytest.mark.req("M-24")
def test_whoever_coordinates_no_organisation_finds_no_such_page(world: World, client: Client) -> None:
    row = agreed(world)
    for who in (world.renee, world.anne, world.imani, world.okafor, world.priya, world.nico):
        sign_in(client, who, fresh=True)
        assert client.get(reverse("in_partners")).status_code == 404
        assert client.post(reverse("in_partner_end", args=[row.id])).status_code == 404
    assert Partnership.objects.get().ended_on is None
    assert client.post(reverse("in_partner_end", args=[unknown_id()])).status_code == 404
    assert not Role.objects.filter(person=world.priya, organisation__isnull=False).exists()
