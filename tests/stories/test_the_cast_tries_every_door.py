"""Everybody of the cast tries every route below /in/: with the capability one gets in, without it learns nothing."""

import inspect
import re
import uuid
from datetime import timedelta
from http import HTTPStatus

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.test import Client
from django.urls import URLPattern

from alongside.accounts import actions as accounts
from alongside.accounts.models import AuditEntry, ContactPoint, Invitation, Office, Organisation, Person
from alongside.accounts.queries import Seat, seats
from alongside.accounts.rules import may
from alongside.content import load
from alongside.directory.models import CandidateList, Partnership
from alongside.escalation.models import Ladder
from alongside.help_requests import actions as help_requests
from alongside.kernel import clock
from alongside.rota.models import Debrief, Pattern, Proposal, ProposedShift, Session, Shift
from alongside.sealing.models import KeyRing, ReceivingKey
from alongside.team.models import Supporter
from tests import world as cast
from tests.architecture.test_roles import WAY_IN, asks_for, own_routes
from tests.help_requests import sealed
from tests.world import World, organisation, shift, sign_in, supporter

PINE = "pine"
# A supporter's own: one page says of what is not theirs, or not any more, that it is over.
OVER = frozenset(
    {"in_shift", "in_shift_asked", "in_shift_cover", "in_shift_hand_over", "in_shift_swap"}
    | {"in_availability_remove", "in_feed_revoke"}
)


def doors(world: World, request_id: object) -> list[tuple[str, str, str]]:
    """Return (name, path, capability) of every own route, with ids that are Pine County's."""
    ids = {
        "in_contact_remove": ContactPoint.objects.get(person=world.renee.person).id,
        "in_contact_try": ContactPoint.objects.get(person=world.renee.person).id,
        "in_rota_remove": Shift.objects.filter(organisation=world.pine).first().id,  # type: ignore[union-attr]
        "in_end": world.renee.id,
        "in_revoke": world.okafor.id,
        "in_operate_revoke": world.hana.id,
        "in_again": world.okafor.id,
        "in_operate_again": world.hana.id,
    }
    plan, slot, compared = planned_rows(world.pine)
    ids |= dict.fromkeys(("in_plan", "in_plan_edit", "in_plan_publish"), plan)
    ids["in_shift"] = ids["in_rota_move"] = ids["in_rota_remove"]
    ids |= dict.fromkeys(("in_pattern", "in_pattern_change"), coming_pattern(world.pine))
    ids["in_session"] = session_of(world)
    found = []
    for path, pattern in own_routes():
        if pattern.name in WAY_IN:
            continue
        view = inspect.unwrap(pattern.callback)
        values = {
            "<uuid:id>": str(ids.get(str(pattern.name), request_id if "requests/" in path else uuid.uuid4())),
            "<uuid:ladder>": str(uuid.uuid4()),
            "<uuid:slot>": str(slot),
            "<slug:organisation>": PINE,
            "<str:key>": "duty:no-recording" if pattern.name == "in_law_choice" else "urgent_second",
            "<slug:name>": "consent",
            "<slug:kind>": "day-off",
            "<str:resource>": "copline",
            "<slug:guide>": "manager-card",
            "<int:number>": str(passkey_of(world.hana)),
        }
        filled = path
        for hole, value in values.items():
            filled = filled.replace(hole, value)
        if pattern.name == "in_plans_compare":
            filled += compared
        found.append((name_of(pattern), f"/{filled}", str(asks_for(view.__module__, view.__name__))))
    return found


def planned_rows(home: Organisation) -> tuple[uuid.UUID, uuid.UUID, str]:
    """Return the ids of a made plan and of a slot in it, and what compares it with itself; made where there is none."""
    known = {"first_day": cast.NOW.date() + timedelta(days=30), "days": 7, "seconds": 5, "asked_at": cast.NOW}
    plan = Proposal.objects.get_or_create(organisation=home, state=Proposal.State.DONE, defaults=known)[0]
    begins = cast.NOW + timedelta(days=31)
    span = {"tier": 1, "starts_at": begins, "ends_at": begins + timedelta(hours=12)}
    slot = ProposedShift.objects.get_or_create(proposal=plan, defaults=span)[0]
    return plan.id, slot.id, f"?one={plan.id}&other={plan.id}"


def session_of(world: World) -> uuid.UUID:
    """Return the id of a session that Renée leads, made where there is none."""
    begins = cast.NOW + timedelta(days=1)
    known = {"kind": "incident", "starts_at": begins, "ends_at": begins + timedelta(hours=1)}
    row, made = Session.objects.get_or_create(organisation=world.pine, defaults=known)
    if made:
        Debrief.objects.create(session=row, leader=world.renee)
    return row.id


def coming_pattern(home: Organisation) -> uuid.UUID:
    """Return the id of a pattern that is not in force yet, made where there is none."""
    day = cast.NOW.date() + timedelta(days=40)
    known = {"name": "Days", "anchor": day, "days": 1}
    return Pattern.objects.get_or_create(organisation=home, begins_on=day, defaults=known)[0].id


def passkey_of(person: Person) -> int:
    """Return the number of a passkey of a person, made where there is none."""
    kept = {"name": "phone", "host": "localhost", "credential": {"id": "x"}}
    return int(Authenticator.objects.get_or_create(user=person, type="webauthn", defaults={"data": kept})[0].pk)


def name_of(pattern: URLPattern) -> str:
    """Return a route's name."""
    return str(pattern.name)


def holds(person: Person, capability: str) -> bool:
    """Say whether some seat of the person holds the capability."""
    return any(may(capability, seat.roles, load.capabilities()) for seat in seats(person))


@pytest.mark.req("M-06", "M-12", "M-13", "M-21", "M-24", "M-27", "K-14", "K-34")
def test_everybody_without_the_capability_gets_the_page_that_never_was(world: World, client: Client) -> None:
    """404 for whoever may not, whatever the ids; only the wrong method may say so, since that is no secret."""
    asked = sealed_request(world)
    for name, who in world.everybody().items():
        sign_in(client, who, fresh=True)
        for route, path, capability in doors(world, asked):
            if not holds(who, capability):
                got = {client.get(path).status_code, client.post(path).status_code}
                assert got - {HTTPStatus.METHOD_NOT_ALLOWED} == {HTTPStatus.NOT_FOUND}, (name, route, got)


@pytest.mark.req("K-14", "M-06", "M-24", "K-34")
def test_ids_of_another_organisation_open_nothing(world: World, client: Client) -> None:
    """Lakeshore's supporter and coordinator, who hold the capabilities at home, try Pine County's ids."""
    asked = sealed_request(world)
    for who in (world.lena, world.lars):
        person = who if isinstance(who, Person) else who.person
        sign_in(client, who, fresh=True)
        for route, path, capability in doors(world, asked):
            with_id = any(part in path for part in (str(asked), str(world.renee.id), str(world.okafor.id)))
            if with_id and holds(person, capability):
                for answer in (client.get(path), client.post(path, {"role": "manager"})):
                    # A shift, what is asked about it, what one said and made: over, whether it ever was or not.
                    over = answer.status_code == HTTPStatus.GONE and route in OVER
                    assert over or answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED), (
                        person.name,
                        route,
                        answer.status_code,
                    )


@pytest.mark.req("M-06", "K-34")
def test_a_coordinator_who_also_serves_opens_only_what_they_were_called_for(world: World, client: Client) -> None:
    """Two hats, two screens: the board shows a state; the request itself is a 404 without an alert."""
    asked = sealed_request(world)
    for who in (world.hana, world.ana):
        sign_in(client, who, fresh=True)
        for part in ("", "/envelope", "/messages"):
            assert client.get(f"/in/team/requests/{asked}{part}").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.req("K-24")
def test_strangers_are_sent_to_the_sign_in_page_and_can_post_nothing(world: World, client: Client) -> None:
    """A client that never signed in."""
    asked = sealed_request(world)
    for route, path, _capability in doors(world, asked):
        got = client.get(path)
        assert (got.status_code, got.headers["Location"].split("?")[0]) == (302, "/in/enter/login/"), route
        assert client.post(path).status_code == HTTPStatus.FORBIDDEN, route


@pytest.mark.req("K-24")
def test_who_holds_the_capability_gets_in(world: World, client: Client) -> None:
    """The other half: no door is shut to everybody."""
    asked = sealed_request(world)
    opened: set[str] = set()
    for who in world.everybody().values():
        sign_in(client, who, fresh=True)
        for route, path, capability in doors(world, asked):
            if route not in opened and holds(who, capability) and client.get(path).status_code != HTTPStatus.NOT_FOUND:
                opened.add(route)
    assert {route for route, _path, _capability in doors(world, asked)} - opened == set()


def sealed_request(world: World) -> object:
    """Send a real sealed request to Pine County, for which Renée and nobody else has been called."""
    ring = sealed.Keyring()
    for serving in (world.renee, world.marcus):
        ring.publish(serving)
    return sealed.ask(world).id


# --- two organisations on one deployment --------------------------------------------------------------------------


def holes(world: World, home: Organisation, asked: object) -> dict[str, list[str]]:
    """Return, for each kind of place in an address, an id of every kind that an organisation has."""
    rows = [
        Person.objects.filter(roles__organisation=home).first(),
        Supporter.objects.filter(organisation=home).first(),
        Office.objects.filter(organisation=home).first(),
        ContactPoint.objects.filter(person__roles__organisation=home).first(),
        Shift.objects.filter(organisation=home).first(),
        Proposal.objects.filter(organisation=home).first(),
        ProposedShift.objects.filter(proposal__organisation=home).first(),
        Invitation.objects.filter(organisation=home).first(),
        Partnership.objects.filter(proposer=home).first(),
        Ladder.objects.filter(organisation=home).first(),
        CandidateList.objects.filter(organisation=home).first(),
        AuditEntry.objects.filter(organisation=home).first(),
        KeyRing.objects.filter(person__roles__organisation=home).first(),
        home,
    ]
    ids = [str(asked), *(str(row.pk) for row in rows if row)]
    people = Person.objects.filter(roles__organisation=home)
    numbers = [str(one.pk) for one in Authenticator.objects.filter(user__in=people)]
    return {"uuid": ids, "int": numbers, "slug": [home.slug], "str": ["urgent_second"]}


def every_address(filling: dict[str, list[str]]) -> list[tuple[str, str, str]]:
    """Return (name, path, capability) of every own route, with every id of the other organisation in every place."""
    found = []
    for path, pattern in own_routes():
        if str(pattern.name) in WAY_IN:
            continue
        paths = [path]
        while any("<" in one for one in paths):
            paths = [
                re.sub(r"<(\w+):\w+>", value, one, count=1)
                for one in paths
                for value in filling[re.search(r"<(\w+):\w+>", one)[1]]  # type: ignore[index]
            ]
        view = inspect.unwrap(pattern.callback)
        capability = str(asks_for(view.__module__, view.__name__))
        found += [(name_of(pattern), f"/{one}", capability) for one in paths if one != path]
    return found


def everything_of(home: Organisation) -> dict[str, list[dict[str, object]]]:
    """Return every row of every table that belongs to an organisation or to its people."""
    found: dict[str, list[dict[str, object]]] = {}
    people = set(Person.objects.filter(roles__organisation=home).values_list("pk", flat=True))
    for model in apps.get_models():
        names = {field.name: field for field in model._meta.get_fields() if getattr(field, "many_to_one", False)}
        rows = model._default_manager.all()
        if "organisation" in names:
            rows = rows.filter(organisation=home)
        elif "person" in names:
            rows = rows.filter(person__in=people)
        elif model is Person:
            rows = rows.filter(pk__in=people)
        elif model is Organisation:
            rows = rows.filter(pk=home.pk)
        else:
            continue
        found[model._meta.label] = sorted(rows.values(), key=str)
    return found


def marks_of(home: Organisation) -> list[str]:
    """Return what would give an organisation away on a page: its people's names and addresses, its offices, its ids."""
    people = Person.objects.filter(roles__organisation=home)
    names = [*people.values_list("name", flat=True), *people.values_list("email", flat=True)]
    return [*names, *(str(one.id) for one in people)]


@pytest.fixture
def two(world: World) -> tuple[World, dict[str, object]]:
    """Both organisations full: keys, a live request each, invitations, passkeys, mutual aid proposed by both sides."""
    asked: dict[str, object] = {"pine": sealed_request(world)}
    ring = sealed.Keyring()
    ring.publish(world.lena)
    asked["lake"] = sealed.ask(world, world.lake).id
    for who, at in ((world.hana, world.pine), (world.lars, world.lake)):
        passkey_of(who)
        planned_rows(at)
        seat = Seat(who, at, frozenset(["coordinator"]))
        accounts.invite(seat, at, email=f"jo@{at.slug}.example", name=f"Jo of {at.slug}", roles=["leader"])
        third = organisation(f"third-{at.slug}", f"Third of {at.slug}", "America/Chicago")
        Partnership.objects.create(proposer=at, partner=third)
    return world, asked


@pytest.mark.req("M-24", "K-14", "K-34", "M-06")
@pytest.mark.parametrize("there", ["pine", "lake"])
def test_no_id_of_another_organisation_opens_or_changes_anything(
    two: tuple[World, dict[str, object]], client: Client, there: str
) -> None:
    """Every set of roles of one organisation, every route that it opens at home, GET and POST, with an id of every kind
    of the other in every place.
    """
    world, asked = two
    home = world.lake if there == "lake" else world.pine
    mine = world.pine if there == "lake" else world.lake
    addresses = every_address(holes(world, home, asked[there]))
    assert len(addresses) > 100
    before = everything_of(home)
    marks = marks_of(home)
    tried, seen = 0, set[frozenset[str]]()
    for person in Person.objects.filter(roles__organisation=mine).distinct():
        roles = frozenset(role for seat in seats(person) for role in seat.roles)
        if roles in seen:
            continue
        seen.add(roles)
        sign_in(client, person, fresh=True)
        for name, path, capability in addresses:
            if not holds(person, capability):
                continue
            for answer in (client.get(path), client.post(path, {"role": "manager", "open": "no", "slug": home.slug})):
                tried += 1
                # Settings are named alike everywhere: those that are shown or changed are the own ones.
                fine = answer.status_code in (404, 405) or name == "in_setting"
                # What is no live request is over, whoever asks; one of the other organisation does not exist.
                over = answer.status_code == HTTPStatus.GONE
                fine |= over and (name in OVER or str(asked[there]) not in path)
                assert fine, (person.name, name, path, answer.status_code)
                text = answer.content.decode(errors="replace") if not answer.streaming else ""
                assert not [mark for mark in marks if mark in text and mark not in path], (person.name, name)
    assert everything_of(home) == before
    assert tried > 500


@pytest.mark.req("M-24", "K-14")
@pytest.mark.parametrize("there", ["pine", "lake"])
def test_no_page_of_one_organisation_names_anybody_of_the_other(
    two: tuple[World, dict[str, object]], client: Client, there: str
) -> None:
    """Every page without an id in its address: inbox, board, rota, team, settings, changes, partners."""
    world, _asked = two
    home = world.lake if there == "lake" else world.pine
    mine = world.pine if there == "lake" else world.lake
    opened = 0
    for person in Person.objects.filter(roles__organisation=mine).distinct():
        sign_in(client, person, fresh=True)
        for path, pattern in own_routes():
            if "<" in path or "(?P" in path:
                continue
            answer = client.get(f"/{path}")
            opened += answer.status_code == HTTPStatus.OK
            text = answer.content.decode(errors="replace")
            assert not [mark for mark in (*marks_of(home), home.name) if mark in text], (person.name, pattern.name)
    assert opened > 10


@pytest.mark.req("M-24", "A-08")
def test_a_request_is_handed_on_to_nobody_of_another_organisation(
    two: tuple[World, dict[str, object]], client: Client
) -> None:
    """The peers that may be asked to help are those of the request's organisation, and a route names no other list."""
    world, asked = two
    sign_in(client, world.renee)
    client.post(f"/in/team/requests/{asked['pine']}/accept")
    peers = client.get(f"/in/team/requests/{asked['pine']}/peers")
    assert peers.status_code == HTTPStatus.OK
    assert str(world.lena.id) not in peers.content.decode()
    theirs = set(ReceivingKey.objects.filter(person=world.lena.person).values_list("public_key", flat=True))
    assert theirs
    assert not [key for key in theirs if key in peers.content.decode()]
    for slug, other in (("pine", world.lake), ("lake", world.pine)):
        text = client.get(f"/ask/{slug}/candidates.json").content.decode()
        keys = ReceivingKey.objects.filter(person__roles__organisation=other).values_list("public_key", flat=True)
        assert keys
        assert not [key for key in keys if key in text], slug


@pytest.mark.req("M-24", "K-34")
def test_somebody_who_serves_in_two_organisations_opens_what_each_called_them_for(
    two: tuple[World, dict[str, object]], client: Client
) -> None:
    """Renée also serves at Lakeshore: its request is hers once it calls her, and not a moment before."""
    world, asked = two
    district = Office.objects.get(organisation=world.lake)
    there = supporter(world.renee.person, district)
    sign_in(client, world.renee)
    assert client.get(f"/in/team/requests/{asked['pine']}").status_code == HTTPStatus.OK
    assert client.get(f"/in/team/requests/{asked['lake']}").status_code == HTTPStatus.NOT_FOUND
    shift(there, 2, cast.WEEK_BEGINS, cast.WEEK_BEGINS + timedelta(days=7))
    second = sealed.ask(world, world.lake).id
    clock.shift(timedelta(minutes=6))
    help_requests.climb(clock.now())
    assert client.get(f"/in/team/requests/{second}").status_code == HTTPStatus.OK
    assert client.get(f"/in/team/requests/{asked['lake']}").status_code == HTTPStatus.NOT_FOUND
    inbox = client.get("/in/team/").content.decode()
    assert str(second) in inbox
    assert str(asked["lake"]) not in inbox
