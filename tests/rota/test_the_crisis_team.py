"""The crisis team makes the rota and has no other power; its pages lead to no closed door and tell no request."""

import html
import inspect
import re
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit

import pytest
from django.http import Http404
from django.test import Client
from django.urls import resolve, reverse

from alongside.accounts import actions as accounts
from alongside.accounts import queries as people
from alongside.accounts.models import AuditEntry, Invitation, Organisation, Person, Role
from alongside.content import load
from alongside.escalation.models import Ladder
from alongside.notify.models import Notice
from alongside.rota import actions
from alongside.rota.models import Blackout, Proposal, Shift
from alongside.rota.queries import OpenPlan, open_plan, plan_in
from alongside.team.models import Ready, Supporter
from tests import world as cast
from tests.architecture.test_roles import WAY_IN, asks_for
from tests.help_requests import sealed
from tests.rota import planned
from tests.rota.exchanging import DAWN, day, state
from tests.rota.test_pages import form as shift_form
from tests.stories.test_the_cast_tries_every_door import doors, everything_of, holds
from tests.world import World, sign_in, supporter

MAY = {"home.see", "me.change", "rota.change", "rota.plan", "resources.see"}
MARK = re.compile(r'(name="csrf[\w-]+" (?:content|value)=)"\w+"')


@pytest.fixture
def theo(world: World) -> Person:
    """Theo, who makes the rota of Pine County and nothing else."""
    return cast.person("Theo Sand", world.pine, "crisis_team")


def led_to(text: str) -> set[str]:
    """Return every own address that a page leads to, by a link or by a form."""
    found = {html.unescape(one) for one in re.findall(r'(?:href|action)="(/[^"]*)"', text)}
    return {urlsplit(one).path for one in found if not one.startswith(("/static/", "//"))}


def of_a_form(text: str) -> set[str]:
    return set(re.findall(r'action="(/[^"]*)"', text))


def walk(client: Client, start: str) -> Iterator[tuple[str, str]]:
    """Yield (path, page) of everything that links lead to from a page, each once."""
    waiting, seen = [start], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen or resolve(path).url_name in {"account_logout", "in_everywhere", "in_language"}:
            continue
        seen.add(path)
        answer = client.get(path)
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            continue
        if answer.status_code == HTTPStatus.FOUND:
            waiting.append(urlsplit(answer.headers["Location"]).path)
            continue
        assert answer.status_code == HTTPStatus.OK, (path, answer.status_code)
        text = answer.content.decode() if answer["Content-Type"].startswith("text/html") else ""
        yield path, text
        if path.startswith(("/in/coordinate/", "/in/team/me")) or path == start:
            waiting += led_to(text)


# --- what the role holds ----------------------------------------------------------------------------------------------


@pytest.mark.req("D-13", "M-11", "M-06")
def test_the_role_holds_the_rota_and_no_power_of_the_coordinator(world: World, theo: Person) -> None:
    assert {name for name in load.capabilities() if holds(theo, name)} == MAY
    for name in load.capabilities():
        for place in (world.lake, *([] if name in MAY else [world.pine])):
            with pytest.raises(Http404):
                people.permit(theo, name, place)


@pytest.mark.req("D-13", "M-11")
def test_every_door_but_those_of_the_rota_is_closed_and_trying_changes_nothing(
    world: World, theo: Person, client: Client
) -> None:
    """Every own route, looked at and posted to: 404 without the capability, and not one row is another afterwards."""
    asked = sealed_request(world)
    ways = doors(world, asked)
    sign_in(client, theo, fresh=True)
    before = everything_of(world.pine)
    closed = [one for one in ways if one[2] not in MAY]
    for route, path, _capability in closed:
        posted = {"role": "leader", "value": "10", "name": "Jo", "email": "jo@x.example", "roles": ["crisis_team"]}
        got = {client.get(path).status_code, client.post(path, posted).status_code}
        assert got - {HTTPStatus.METHOD_NOT_ALLOWED} == {HTTPStatus.NOT_FOUND}, (route, got)
    assert everything_of(world.pine) == before
    assert {route for route, _path, _capability in closed} >= {
        "in_board",
        "in_team",
        "in_audit",
        "in_setting",
        "in_end",
    }
    assert len(closed) > 60
    opened = {route for route, path, one in ways if one in MAY and client.get(path).status_code == HTTPStatus.OK}
    assert opened >= {"in_rota", "in_rota_enter", "in_plans", "in_patterns", "in_pattern_new", "in_holidays", "in_me"}


@pytest.mark.req("D-13", "M-11")
def test_after_signing_in_the_rota_comes_first_and_no_page_leads_to_a_closed_door(world: World, theo: Person) -> None:
    """Every link and form from page to page: with nothing entered, with gaps and cover sought, with plans."""
    client = sign_in(Client(), theo, fresh=True)
    assert client.get(reverse("in_home")).headers["Location"] == reverse("in_rota")
    tabs = client.get(reverse("in_rota")).content.decode().split('<nav class="tabs"')[1].split("</nav>")[0]
    assert re.findall(r'<a href="([^"]*)"', tabs) == [reverse("in_rota")]
    Shift.objects.all().delete()
    for fill in (lambda: None, lambda: sought(world), lambda: planned_rota(world)):
        fill()
        walked = dict(walk(client, reverse("in_rota")))
        assert {reverse("in_rota"), reverse("in_plans"), reverse("in_patterns"), reverse("in_me")} <= walked.keys()
        for path, text in walked.items():
            for address in of_a_form(text):
                assert opens(address), (path, address)
    assert any(resolve(path).url_name == "in_plan_publish" for path in walked)


@pytest.mark.req("D-13")
def test_where_nobody_can_serve_no_page_leads_to_a_closed_door_either(world: World, theo: Person) -> None:
    Supporter.objects.update(status=Supporter.Status.ON_LEAVE)
    client = sign_in(Client(), theo, fresh=True)
    walked = dict(walk(client, reverse("in_rota")))
    assert "Nobody can lead a session yet" in walked[reverse("in_session_new")]
    for path, text in walked.items():
        for address in of_a_form(text):
            assert opens(address), (path, address)


def opens(path: str) -> bool:
    """Say whether a form's address asks for what the role holds, or is the way in that everybody has."""
    found = resolve(urlsplit(path).path)
    view = inspect.unwrap(found.func)
    if found.url_name in WAY_IN or not view.__module__.startswith("alongside."):
        return path.startswith("/in/enter/")
    return asks_for(view.__module__, view.__name__) in MAY


def sought(world: World) -> None:
    """Have cover sought for a shift of the coming week."""
    one = day(world.ana)
    actions.find_cover(world.pine.id, world.ana.id, one.id)


def planned_rota(world: World) -> Proposal:
    """Put a pattern in force and have a plan made."""
    planned.pattern(world)
    planned.team(world, 9)
    return Proposal.objects.get(id=planned.made(world))


# --- it says nothing of requests --------------------------------------------------------------------------------------


def sealed_request(world: World) -> object:
    ring = sealed.Keyring()
    for serving in (world.renee, world.marcus):
        ring.publish(serving)
    return sealed.ask(world).id


@pytest.mark.req("D-13", "K-14", "K-36")
def test_every_page_is_the_same_whether_somebody_asked_and_waits_or_nobody_did(world: World, theo: Person) -> None:
    ring = sealed.Keyring()
    for serving in (world.renee, world.marcus):
        ring.publish(serving)
    planned_rota(world)
    client = sign_in(Client(), theo, fresh=True)

    def pages() -> dict[str, str]:
        return {path: MARK.sub(r"\1", text) for path, text in walk(client, reverse("in_rota"))}

    nothing = pages()
    assert len(nothing) > 8
    asked = sealed.ask(world)
    assert pages() == nothing
    ladder = Ladder.objects.get()
    assert all(str(one) not in text for text in nothing.values() for one in (ladder.id, asked.id))
    # The check can fail: the coordinator's board tells.
    board = sign_in(Client(), world.hana).get(reverse("in_board")).content.decode()
    assert "1 waiting" in board


# --- working ----------------------------------------------------------------------------------------------------------


@pytest.mark.req("D-13", "M-11", "K-24")
def test_who_makes_the_rota_enters_plans_and_publishes_and_it_is_written_down_as_theirs(
    world: World, theo: Person
) -> None:
    client = sign_in(Client(), theo, fresh=True)
    proposal = planned_rota(world)
    posted = shift_form(world, supporter=str(world.marcus.id), from_day="2027-02-01", to_day="2027-02-02")
    assert client.post(reverse("in_rota_enter"), posted).status_code == HTTPStatus.FOUND
    shown: OpenPlan = open_plan(plan_in(world.pine.id, proposal.id))
    told = client.post(reverse("in_plan_publish", args=[proposal.id]), {"seen": shown.seal})
    assert told.status_code == HTTPStatus.FOUND
    assert Proposal.objects.get().state == Proposal.State.PUBLISHED
    written = {
        entry.what: entry.person for entry in AuditEntry.objects.filter(what__in=("shift.entered", "plan.published"))
    }
    assert written == {"shift.entered": theo, "plan.published": theo}
    seen = sign_in(Client(), world.hana).get(reverse("in_audit")).content.decode()
    assert "Theo Sand" in seen


@pytest.mark.req("D-13", "M-24")
def test_of_another_organisation_nothing_is_seen_or_changed(world: World, theo: Person, client: Client) -> None:
    theirs = cast.shift(world.lena, 1, cast.WEEK_BEGINS, cast.NOW + cast.timedelta(days=3))
    sign_in(client, theo, fresh=True)
    for name in ("in_rota_move", "in_rota_remove"):
        answer = client.post(reverse(name, args=[theirs.id]))
        assert answer.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}, name
        assert "Lena" not in answer.content.decode()
    assert Shift.objects.filter(id=theirs.id).exists()
    assert "Lena" not in client.get(reverse("in_rota")).content.decode()


@pytest.mark.req("D-13", "K-36")
def test_who_makes_the_rota_hears_of_a_shift_nobody_takes_without_a_board_being_named(
    world: World, theo: Person
) -> None:
    one = day(world.ana)
    for other in (world.renee, world.marcus):
        Blackout.objects.create(supporter=other, first_day=DAWN.date(), last_day=DAWN.date())
    actions.find_cover(world.pine.id, world.ana.id, one.id)
    assert state(one) == "nobody"
    heard = dict(Notice.objects.values_list("address", "message"))
    assert heard[theo.email] == "shift_asked_now"
    # Also where they serve too, and signing in leads them to their inbox.
    assert Notice.objects.get(address=theo.email).values["link"].endswith(reverse("in_rota"))
    assert heard[world.hana.email] == "board"
    accounts.revoke(people.permit(world.hana, "team.change"), theo.id, world.pine, "crisis_team")
    assert theo not in people.people_who("rota.change", world.pine.id)


# --- giving and taking the role ---------------------------------------------------------------------------------------


@pytest.mark.req("D-13", "M-06", "K-24")
def test_the_coordinator_gives_the_role_by_invitation_and_takes_it_away(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    form = client.get(reverse("in_invite")).content.decode()
    assert "Crisis team: makes the rota; sees nothing of requests" in form
    posted = {"name": "Jo Park", "email": "jo@pine.example", "roles": ["crisis_team", "supporter"]}
    assert client.post(reverse("in_invite"), posted).status_code == HTTPStatus.FOUND
    assert Invitation.objects.get().roles == ["crisis_team", "supporter"]
    Role.objects.create(person=world.okafor, organisation=world.pine, name="crisis_team")
    listed = client.get(reverse("in_team")).content.decode()
    assert '<span class="chip plain">Crisis team</span>' in listed
    theirs = sign_in(Client(), world.okafor)
    assert theirs.get(reverse("in_rota")).status_code == HTTPStatus.OK
    client.post(reverse("in_revoke", args=[world.okafor.id]), {"role": "crisis_team"})
    assert theirs.get(reverse("in_rota")).headers["Location"].startswith(reverse("account_login"))
    assert sign_in(theirs, world.okafor).get(reverse("in_rota")).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.req("D-13")
def test_who_also_serves_begins_with_what_waits_and_has_both(world: World, theo: Person) -> None:
    supporter(theo, world.patrol)
    client = sign_in(Client(), theo)
    assert client.get(reverse("in_home")).headers["Location"] == reverse("in_inbox")
    page = client.get(reverse("in_inbox")).content.decode()
    assert f'href="{reverse("in_rota")}"' in page
    assert f'href="{reverse("in_board")}"' not in page
    with pytest.raises(Http404):
        people.permit(theo, "board.see")


@pytest.mark.req("M-11")
@pytest.mark.parametrize(
    ("name", "capability", "leads"),
    [
        ("in_patterns", "policy.change", "in_settings"),
        ("in_sessions", "policy.change", "in_settings"),
        ("in_plans", "team.change", "in_readiness"),
        ("in_rota_enter", "team.change", "in_team"),
        ("in_session_new", "team.change", "in_team"),
    ],
)
def test_a_page_leads_by_what_one_may_there_not_elsewhere(
    world: World, theo: Person, name: str, capability: str, leads: str
) -> None:
    planned.pattern(world)
    # Nobody is ready, so that the pages would lead to the team.
    Supporter.objects.update(agreement_version=0)
    Ready.objects.all().delete()
    client = sign_in(Client(), theo)

    def led() -> bool:
        page = client.get(reverse(name)).content.decode()
        main = page[page.index("<main") : page.index("</main>")]
        return any(one.startswith(reverse(leads)) for one in led_to(main))

    # Pine County comes before the other one, where Theo coordinates: its pages stay those of the crisis team.
    zulu = Organisation.objects.create(slug="zulu", name="Zulu County", time_zone="UTC", headcount=9)
    coordinates = Role.objects.create(person=theo, organisation=zulu, name="coordinator")
    assert people.permit(theo, capability).organisation == zulu
    assert not led()
    coordinates.organisation = world.pine
    coordinates.save()
    assert led()
