"""A person's own list of passkeys: adding, naming, removing, the last way in, other host names."""

import re
import threading

import pytest
from allauth.mfa.models import Authenticator
from django.db import connections
from django.test import Client
from django.urls import reverse
from fido2.utils import websafe_encode

from alongside.accounts import actions, queries, rules, sso
from alongside.accounts.models import Person
from alongside.sealing import actions as sealing
from tests.accounts.authenticator import Phone, add, enter, look, post
from tests.conftest import Clock
from tests.world import PASSWORD, World, make_world, sign_in

INDEX = "mfa_index"


@pytest.fixture
def hana(world: World) -> Person:
    return world.hana


@pytest.fixture
def inside(hana: Person, client: Client) -> Client:
    return sign_in(client, hana, fresh=True)


def numbers(person: Person) -> list[int]:
    return [one.number for one in queries.passkeys_of(person.id)]


def no_password(person: Person) -> None:
    person.set_unusable_password()
    person.save()
    Authenticator.objects.filter(user=person, type="totp").delete()


@pytest.mark.req("K-24")
def test_the_page_lists_name_month_and_host_and_nothing_closer(inside: Client, clock: Clock) -> None:
    add(inside, Phone(), "grey phone")
    page = look(inside, reverse(INDEX))
    assert "<b>grey phone</b>" in page
    assert f"since {clock.now():%B %Y}" in page
    assert "localhost" in page
    assert not re.search(r"\d\d:\d\d", page)


@pytest.mark.req("K-24")
def test_a_first_passkey_leads_to_recovery_codes_and_a_supporter_with_codes_to_the_keys(
    world: World, inside: Client
) -> None:
    assert add(inside, Phone()).json() == {"next": reverse("mfa_view_recovery_codes")}
    assert add(inside, Phone()).json() == {"next": reverse(INDEX)}
    supporter = sign_in(Client(), world.renee, fresh=True)
    add(supporter, Phone())
    assert add(supporter, Phone()).json() == {"next": reverse("in_keys")}


def test_a_name_is_cut_and_an_empty_one_filled(hana: Person, inside: Client) -> None:
    for typed in ("  a\n b  ", "", "x" * 99, None):
        question = post(inside, "in_passkey_add_question", {"name": ""}).json()
        body = {"name": typed, "credential": Phone().make(question)}
        assert post(inside, "in_passkey_add", body).status_code == 200
    assert [one.name for one in queries.passkeys_of(hana.id)] == ["a b", "Passkey", "x" * 40, "Passkey"]


def test_a_name_is_text_and_never_markup(inside: Client) -> None:
    add(inside, Phone(), "<script>alert(1)</script>")
    page = look(inside, reverse(INDEX))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_passkey_is_renamed_by_its_owner_only(world: World, hana: Person, inside: Client) -> None:
    add(inside, Phone(), "old name")
    [number] = numbers(hana)
    other = sign_in(Client(), world.lars, fresh=True)
    assert other.post(reverse("in_passkey_rename", args=[number]), {"name": "mine"}).status_code == 404
    assert inside.post(reverse("in_passkey_rename", args=[number]), {"name": ""}).status_code == 422
    assert inside.post(reverse("in_passkey_rename", args=[number]), {"name": "n" * 41}).status_code == 422
    assert inside.post(reverse("in_passkey_rename", args=[number]), {"name": " new  name "}).url == reverse(INDEX)
    assert queries.passkeys_of(hana.id)[0].name == "new name"


@pytest.mark.req("K-24")
def test_one_passkey_is_never_kept_twice_not_even_for_two_people(world: World, hana: Person, inside: Client) -> None:
    phone = Phone()
    add(inside, phone)
    assert add(inside, phone).json() == {"code": "known"}
    assert add(sign_in(Client(), world.lars, fresh=True), phone).json() == {"code": "known"}
    assert [len(numbers(one)) for one in (hana, world.lars)] == [1, 0]
    question = post(inside, "in_passkey_add_question", {"name": ""}).json()
    assert [one["id"] for one in question["excludeCredentials"]] == [websafe_encode(phone.id)]


def test_nobody_has_more_passkeys_than_devices(hana: Person, inside: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alongside.accounts.actions.passkeys.MOST_PASSKEYS", 2)
    assert [add(inside, Phone()).status_code for _ in range(3)] == [200, 200, 422]
    assert len(numbers(hana)) == 2


@pytest.mark.req("K-24")
def test_adding_asks_again_first_when_the_sign_in_is_old_and_stores_nothing_meanwhile(
    hana: Person, client: Client
) -> None:
    sign_in(client, hana)
    assert client.get(reverse("in_passkey_add")).url.startswith(reverse("account_reauthenticate"))
    before = dict(client.session.items())
    assert post(client, "in_passkey_add_question", {"name": ""}).status_code == 403
    assert post(client, "in_passkey_add", {"name": "x", "credential": {"id": "marker"}}).status_code == 403
    assert "marker" not in repr(dict(client.session.items()))
    assert dict(client.session.items()) == before


# --- removing ----------------------------------------------------------------------------------------------------


@pytest.mark.req("K-24")
def test_removing_ends_sign_in_key_wraps_and_the_sessions_of_other_devices(
    hana: Person, inside: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[tuple[object, str]] = []
    monkeypatch.setattr(sealing, "drop_recipient", lambda *what: dropped.append(what))
    lost, other = Phone(), Client()
    add(inside, lost)
    enter(other, lost)
    assert other.get(reverse("in_me")).status_code == 200
    [number] = numbers(hana)
    assert "Your device goes on listing it" in look(inside, reverse("in_passkey_remove", args=[number]))
    assert inside.post(reverse("in_passkey_remove", args=[number])).url == reverse(INDEX)
    assert numbers(hana) == []
    assert dropped == [(hana.id, websafe_encode(lost.id))]
    assert other.get(reverse("in_me")).url.startswith(reverse("account_login"))
    assert inside.get(reverse("in_me")).status_code == 200, "the one that removed it stays signed in"
    assert enter(Client(), lost).json() == {"code": "unknown"}
    assert inside.post(reverse("in_passkey_remove", args=[number])).status_code == 404


@pytest.mark.req("K-24")
def test_the_last_way_in_stays(hana: Person, inside: Client) -> None:
    first, second = Phone(), Phone()
    add(inside, first)
    add(inside, second)
    no_password(hana)
    one, two = numbers(hana)
    client = Client()
    enter(client, second)
    assert client.post(reverse("in_passkey_remove", args=[one])).status_code == 302
    assert "last way in" in look(client, reverse("in_passkey_remove", args=[two]))
    client.post(reverse("in_passkey_remove", args=[two]))
    assert "last way in" in look(client, reverse(INDEX))
    assert numbers(hana) == [two]
    with pytest.raises(actions.LastWayIn):
        actions.remove_passkey(hana, two, session=None)


@pytest.mark.req("K-24")
def test_a_password_without_a_code_app_is_no_way_in(hana: Person, inside: Client) -> None:
    add(inside, Phone())
    [number] = numbers(hana)
    Authenticator.objects.filter(user=hana, type="totp").delete()
    with pytest.raises(actions.LastWayIn):
        actions.remove_passkey(hana, number, session=None)


@pytest.mark.req("K-24")
def test_a_passkey_is_removed_by_its_owner_only_and_after_a_fresh_sign_in(world: World, inside: Client) -> None:
    add(inside, Phone())
    [number] = numbers(world.hana)
    other = sign_in(Client(), world.lars, fresh=True)
    assert other.get(reverse("in_passkey_remove", args=[number])).status_code == 404
    assert other.post(reverse("in_passkey_remove", args=[number])).status_code == 404
    stale = sign_in(Client(), world.hana)
    answer = stale.post(reverse("in_passkey_remove", args=[number]))
    assert answer.url.startswith(reverse("mfa_reauthenticate_webauthn"))
    assert numbers(world.hana) == [number]


@pytest.mark.django_db(transaction=True)
def test_of_two_last_passkeys_removed_at_once_one_stays() -> None:
    hana = make_world().hana
    client = sign_in(Client(), hana, fresh=True)
    add(client, Phone())
    add(client, Phone())
    no_password(hana)
    together, said = threading.Barrier(2), []

    def remove(number: int) -> None:
        try:
            together.wait()
            actions.remove_passkey(hana, number, session=None)
            said.append("removed")
        except actions.LastWayIn:
            said.append("stays")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=remove, args=[number]) for number in numbers(hana)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["removed", "stays"]
    assert len(numbers(hana)) == 1


# --- without a password ------------------------------------------------------------------------------------------


@pytest.mark.req("K-24")
def test_somebody_without_a_password_is_led_to_a_link_that_makes_one(hana: Person, inside: Client) -> None:
    phone = Phone()
    add(inside, phone)
    no_password(hana)
    client = Client()
    enter(client, phone)
    assert "You have none" in look(client, reverse(INDEX))
    answer = client.get(reverse("account_change_password"), follow=True)
    assert answer.redirect_chain[-1][0] == reverse("account_reset_password")


@pytest.mark.req("K-24")
def test_a_recovery_code_and_a_password_from_a_link_are_the_way_back_without_the_device(
    hana: Person, inside: Client, settings
) -> None:
    from alongside.notify.models import Notice

    add(inside, Phone())
    no_password(hana)
    codes = Authenticator.objects.get(user=hana, type="recovery_codes").wrap().get_unused_codes()
    client = Client()
    client.post(reverse("account_reset_password"), {"email": hana.email})
    path = Notice.objects.get().values["link"].removeprefix(settings.ALONGSIDE_ADDRESS)
    form = client.get(path, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    client.post(reverse("account_login"), {"login": hana.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert client.session["_auth_user_id"] == str(hana.id)


# --- host names --------------------------------------------------------------------------------------------------


@pytest.mark.req("K-24")
@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://info.pine.example", "info.pine.example"),
        ("https://INFO.pine.example:8443", "info.pine.example"),
        ("http://localhost:8000", "localhost"),
        ("http://pine.localhost:8000", "pine.localhost"),
        ("http://info.pine.example", ""),
        ("http://127.0.0.1:8000", ""),
        ("https://192.0.2.7", ""),
        ("https://[2001:db8::7]", ""),
        ("localhost", ""),
        ("", ""),
    ],
)
def test_passkeys_need_a_name_and_https(address: str, host: str) -> None:
    assert rules.passkey_host(address) == host


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://Info.Pine.example:443", "https://info.pine.example"),
        ("http://localhost:80", "http://localhost"),
        ("http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_an_address_is_compared_as_browsers_write_it(address: str, origin: str) -> None:
    assert rules.origin(address) == origin


@pytest.mark.req("K-24")
def test_passkeys_of_a_former_host_are_counted_and_marked_and_work_no_more(
    hana: Person, inside: Client, settings
) -> None:
    old = Phone()
    add(inside, old, "made before the move")
    assert (queries.passkeys_of_other_hosts("localhost"), queries.passkeys_of_other_hosts("new.example")) == (0, 1)
    settings.ALONGSIDE_ADDRESS = "https://new.example"
    settings.ALLOWED_HOSTS = ["new.example", "testserver"]
    new = Phone(origin="https://new.example", host="new.example")
    add(inside, new, "made after the move")
    assert [one.host for one in queries.passkeys_of(hana.id)] == ["localhost", "new.example"]
    assert queries.passkeys_of_other_hosts(sso.passkey_host()) == 1
    page = inside.get(reverse(INDEX), headers={"host": "new.example"}, secure=True).content.decode()
    assert page.count("works at its own address only") == 1
    assert enter(Client(), old).json() == {"code": "other-address"}
    assert enter(Client(), new).status_code == 200


@pytest.mark.req("K-24")
def test_pages_say_where_passkeys_work_when_it_is_not_here(hana: Person, inside: Client, settings) -> None:
    login, mine = reverse("account_login"), reverse(INDEX)
    stranger = Client()
    here = look(stranger, login)
    assert "Sign in with a passkey" in here
    assert "made at another address does not work here" in here
    elsewhere = stranger.get(login, headers={"host": "127.0.0.1"}).content.decode()
    assert "Passkeys work at http://localhost:8000 only" in elsewhere
    assert 'data-passkey="' not in elsewhere
    settings.ALONGSIDE_ADDRESS = "https://192.0.2.7"
    for page in (look(stranger, login), look(inside, mine), look(inside, reverse("in_passkey_add"))):
        assert "never at a bare number" in page
        assert 'data-passkey="' not in page
    assert "Go on to the one-time code" in look(stranger, login), "password and code remain"
