"""Everybody of the cast tries every route below /in/: with the capability one gets in, without it learns nothing."""

import inspect
import uuid
from http import HTTPStatus

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import URLPattern

from alongside.accounts.models import ContactPoint, Person
from alongside.accounts.queries import seats
from alongside.accounts.rules import may
from alongside.content import load
from alongside.rota.models import Shift
from tests.architecture.test_roles import WAY_IN, asks_for, own_routes
from tests.help_requests import sealed
from tests.world import World, sign_in

PINE = "pine"


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
    found = []
    for path, pattern in own_routes():
        if pattern.name in WAY_IN:
            continue
        view = inspect.unwrap(pattern.callback)
        values = {
            "<uuid:id>": str(ids.get(str(pattern.name), request_id if "requests/" in path else uuid.uuid4())),
            "<uuid:ladder>": str(uuid.uuid4()),
            "<slug:organisation>": PINE,
            "<str:key>": "urgent_second",
            "<str:resource>": "copline",
            "<slug:guide>": "manager-card",
            "<int:number>": str(passkey_of(world.hana)),
        }
        filled = path
        for hole, value in values.items():
            filled = filled.replace(hole, value)
        found.append((name_of(pattern), f"/{filled}", str(asks_for(view.__module__, view.__name__))))
    return found


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
                    assert answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED), (
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
