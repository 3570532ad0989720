"""Signing in with a passkey: one ceremony, verified, kept by the device itself, and nothing unlocks on the server."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode

from alongside.accounts import queries, sso
from alongside.accounts.models import Person
from tests.accounts.authenticator import MODEL, Phone, add, enter, look, post
from tests.conftest import Clock
from tests.world import PASSWORD, World, code_now, sign_in


@pytest.fixture
def hana(world: World) -> Person:
    return world.hana


@pytest.fixture
def phone(hana: Person) -> Phone:
    """Hana's phone, with a passkey for this server on it."""
    made = Phone()
    assert add(sign_in(Client(), hana, fresh=True), made).status_code == 200
    return made


def signed_in(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


# --- one ceremony signs in ---------------------------------------------------------------------------------------


@pytest.mark.req("K-24")
def test_a_passkey_signs_in_by_itself_and_leads_on(hana: Person, phone: Phone, client: Client) -> None:
    answer = enter(client, phone)
    assert answer.json() == {"next": reverse("in_home")}
    assert signed_in(client) == str(hana.id)
    assert client.get(reverse("in_me")).status_code == 200
    assert "in_session" in answer.cookies
    assert {cookie["path"] for cookie in answer.cookies.values()} == {"/in/"}


def test_it_leads_to_the_page_that_was_wanted_and_to_no_other_site(phone: Phone) -> None:
    for wanted, led in (("/in/team/me", "/in/team/me"), ("https://evil.example/", "/in/"), ("//evil.example", "/in/")):
        assert enter(Client(), phone, f"?next={wanted}").json() == {"next": led}


@pytest.mark.req("K-24", "K-26")
def test_no_moment_and_no_use_of_a_passkey_is_written_down(
    hana: Person, phone: Phone, client: Client, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    before = Authenticator.objects.get(user=hana, type="webauthn").data
    with caplog.at_level("INFO", logger="alongside"):
        enter(client, phone)
    row = Authenticator.objects.get(user=hana, type="webauthn")
    assert row.last_used_at is None
    assert row.data == before
    month = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    assert row.created_at == month, "the month and nothing closer"
    assert phone.id.hex() not in caplog.text
    assert websafe_encode(phone.id) not in caplog.text


@pytest.mark.req("K-26", "K-23")
def test_of_a_passkey_only_what_checks_it_is_kept(hana: Person, phone: Phone) -> None:
    kept = Authenticator.objects.get(user=hana, type="webauthn").data
    assert set(kept) == {"name", "host", "credential"}
    assert (kept["name"], kept["host"]) == ("my phone", "localhost")
    raw = json.dumps(kept).encode() + b"".join(websafe_decode(part) for part in kept["credential"]["response"].values())
    assert bytes(MODEL) not in raw, "the model of the device"
    assert b"crossOrigin" in raw
    assert kept["credential"]["clientExtensionResults"] == {"credProps": {"rk": True}}
    assert queries.passkeys_of(hana.id)[0].id == websafe_encode(phone.id)


@pytest.mark.req("K-26")
def test_a_session_that_only_asked_a_question_is_gone_in_minutes_and_one_that_signed_in_is_not(
    phone: Phone, client: Client
) -> None:
    question = post(client, "in_passkey_question", {}).json()
    assert client.session.get_expiry_age() <= sso.QUESTION_VALID
    post(client, "in_passkey", {"credential": phone.use(question)})
    assert client.session.get_expiry_age() > 3600


def test_signing_in_changes_the_session(phone: Phone, client: Client) -> None:
    question = post(client, "in_passkey_question", {}).json()
    before = client.session.session_key
    post(client, "in_passkey", {"credential": phone.use(question)})
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


# --- the server asks for the right thing -------------------------------------------------------------------------


@pytest.mark.req("K-24")
def test_both_questions_demand_verification_and_a_passkey_kept_by_the_device(hana: Person, client: Client) -> None:
    proof = post(client, "in_passkey_question", {}).json()
    assert (proof["userVerification"], proof["rpId"], proof["allowCredentials"]) == ("required", "localhost", [])
    sign_in(client, hana, fresh=True)
    made = post(client, "in_passkey_add_question", {"name": ""}).json()
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert made["authenticatorSelection"]["residentKey"] == "required"
    assert made["rp"] == {"id": "localhost", "name": "localhost"}
    assert websafe_decode(made["user"]["id"]) == str(hana.id).encode(), "no name and no address in the handle"
    assert "prf" not in json.dumps([proof, made]), "the salt is the page's own affair"


# --- what is refused ---------------------------------------------------------------------------------------------


def refused(answer: Any, client: Client) -> str:
    assert answer.status_code == 422
    assert signed_in(client) is None
    return str(answer.json()["code"])


@pytest.mark.req("K-24")
def test_a_device_that_verified_nobody_signs_nobody_in_and_is_not_added(
    hana: Person, phone: Phone, client: Client
) -> None:
    phone.verified = False
    assert refused(enter(client, phone), client) == "not-verified"
    other = Phone(verified=False)
    assert add(sign_in(Client(), hana, fresh=True), other).json() == {"code": "not-verified"}
    assert len(queries.passkeys_of(hana.id)) == 1


@pytest.mark.req("K-24")
def test_a_passkey_that_the_device_does_not_keep_itself_is_not_added_and_does_not_sign_in(
    hana: Person, phone: Phone, client: Client
) -> None:
    inside, other = sign_in(Client(), hana, fresh=True), Phone()
    question = post(inside, "in_passkey_add_question", {"name": ""}).json()
    credential = other.make(question) | {"clientExtensionResults": {"credProps": {"rk": False}}}
    assert post(inside, "in_passkey_add", {"name": "", "credential": credential}).json() == {"code": "not-kept"}
    question = post(client, "in_passkey_question", {}).json()
    credential = phone.use(question)
    del credential["response"]["userHandle"]
    assert refused(post(client, "in_passkey", {"credential": credential}), client) == "not-kept"


@pytest.mark.req("K-24")
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://sub.localhost:8000", "http://localhost:8001", "https://localhost:8000"]
)
def test_an_answer_from_a_page_of_another_address_is_refused(
    hana: Person, phone: Phone, client: Client, origin: str
) -> None:
    phone.origin = origin
    assert refused(enter(client, phone), client) == "other-address"
    assert add(sign_in(Client(), hana, fresh=True), Phone(origin=origin)).json() == {"code": "other-address"}


@pytest.mark.req("K-24")
def test_a_passkey_of_another_host_is_refused(phone: Phone, client: Client) -> None:
    phone.host = "old.example"
    assert refused(enter(client, phone), client) == "unknown"


@pytest.mark.req("K-24")
def test_an_answer_counts_once_and_only_for_its_own_question(phone: Phone, client: Client) -> None:
    first, second = Client(), Client()
    question = post(first, "in_passkey_question", {}).json()
    credential = phone.use(question)
    assert post(first, "in_passkey", {"credential": credential}).status_code == 200
    first.post(reverse("account_logout"))
    assert refused(post(first, "in_passkey", {"credential": credential}), first) == "expired"
    post(second, "in_passkey_question", {})
    assert refused(post(second, "in_passkey", {"credential": credential}), second) == "unknown"
    assert refused(post(client, "in_passkey", {"credential": credential}), client) == "expired"


@pytest.mark.req("K-24")
def test_a_wrong_answer_uses_the_question_up(phone: Phone, client: Client) -> None:
    question = post(client, "in_passkey_question", {}).json()
    stranger = Phone(id=phone.id, handle=phone.handle)
    assert refused(post(client, "in_passkey", {"credential": stranger.use(question)}), client) == "unknown"
    assert refused(post(client, "in_passkey", {"credential": phone.use(question)}), client) == "expired"


@pytest.mark.req("K-24")
def test_an_answer_that_took_too_long_is_refused(phone: Phone, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    question = post(client, "in_passkey_question", {}).json()
    session = client.session
    session["mfa.webauthn.state"] |= {"at": int(time.time()) - sso.QUESTION_VALID - 1}
    session.save()
    assert refused(post(client, "in_passkey", {"credential": phone.use(question)}), client) == "expired"


@pytest.mark.req("K-24")
def test_an_unknown_person_and_an_unknown_passkey_read_the_same(world: World, phone: Phone, client: Client) -> None:
    handles = [str(world.lars.id).encode(), b"00000000-0000-4000-8000-000000000000", b"no id at all", b"\xff\xfe"]
    for handle in handles:
        other = Phone(handle=handle)
        assert refused(enter(client, other), client) == "unknown"


@pytest.mark.req("K-24")
@pytest.mark.parametrize(
    "change", [{3: -9999}, {-2: None}, {-3: None}, {-1: None}, {-2: b"\x01" * 32}, {-2: b""}, {-2: 7}, {1: 99}]
)
def test_a_key_of_an_unknown_kind_or_one_that_is_no_key_is_not_added(
    hana: Person, monkeypatch: pytest.MonkeyPatch, change: dict[int, Any]
) -> None:
    good = dict(ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key()))
    bad = ES256({name: value for name, value in (good | change).items() if value is not None})
    monkeypatch.setattr(ES256, "from_cryptography_key", staticmethod(lambda _key: bad))
    phone = Phone()
    answer = add(sign_in(Client(), hana, fresh=True), phone)
    if 1 in change:
        assert answer.status_code in (200, 422), "the kind's name is not what the signature is checked by"
    else:
        assert answer.json() == {"code": "malformed"}
        assert queries.passkeys_of(hana.id) == []
    assert enter(Client(), phone).status_code in (200, 422)


def test_a_closed_account_does_not_get_in_with_its_passkey(hana: Person, phone: Phone, client: Client) -> None:
    Person.objects.filter(id=hana.id).update(is_active=False)
    assert enter(client, phone).json() == {"next": reverse("account_inactive")}
    assert signed_in(client) is None


@pytest.mark.req("K-24")
def test_a_removed_passkey_signs_nobody_in(hana: Person, phone: Phone, client: Client) -> None:
    Authenticator.objects.filter(user=hana, type="webauthn").delete()
    assert refused(enter(client, phone), client) == "unknown"


@pytest.mark.req("K-24")
def test_many_tries_are_stopped_at_every_door(phone: Phone, client: Client) -> None:
    for _ in range(60):
        post(client, "in_passkey", {"credential": {}})
    for name in ("in_passkey", "in_passkey_question", "in_passkey_again"):
        answer = post(client, name, {})
        assert (answer.status_code, answer.json()) == (429, {"code": "too-many"})


def test_doors_take_posts_only_and_never_without_the_token_of_a_page(phone: Phone) -> None:
    strict = Client(enforce_csrf_checks=True)
    for name in ("in_passkey", "in_passkey_question", "in_passkey_again", "in_passkey_add_question"):
        assert post(strict, name, {}).status_code == 403
        assert Client().get(reverse(name)).status_code in (405, 302)


# --- secrets of the authenticator are refused, and stay nowhere --------------------------------------------------

SECRET = bytes(range(7, 39))
FORMS = {SECRET.hex(), websafe_encode(SECRET), websafe_encode(SECRET) + "=", repr(SECRET)[2:-1]}
CARRYING = [
    {"prf": {"enabled": True, "results": {"first": websafe_encode(SECRET)}}},
    {"prf": {"results": {"first": list(SECRET), "second": SECRET.hex()}}},
    {"prf": {"enabled": True}},
    {"PRF": {}},
    {"hmacGetSecret": {"output1": websafe_encode(SECRET)}},
    {"hmacCreateSecret": True, "x": SECRET.hex()},
    {"credProps": {"rk": True, "prf": {"results": {"first": SECRET.hex()}}}},
    {"credProps": [{"deep": [{"hmac-secret": SECRET.hex()}]}]},
    {"largeBlob": {"blob": SECRET.hex()}},
]


def everything_kept() -> str:
    """Return every value of every table, and the files of the database where there are some."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found += [repr(row) for row in cursor.fetchall()]
    for session in Session.objects.all():
        found.append(repr(session.get_decoded()))
    if connection.vendor == "sqlite":
        for file in Path(connection.settings_dict["NAME"]).parent.glob("*.sqlite3*"):
            found.append(file.read_bytes().decode("latin-1"))
    return "\n".join(found)


@pytest.mark.req("K-34", "K-22")
@pytest.mark.parametrize("extensions", CARRYING)
def test_whatever_carries_a_secret_of_the_authenticator_is_refused_at_every_door_and_stays_nowhere(
    hana: Person, phone: Phone, extensions: dict[str, Any], caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    with caplog.at_level("DEBUG"):
        outside, inside = Client(), sign_in(Client(), hana, fresh=True)
        question = post(outside, "in_passkey_question", {}).json()
        carrying = phone.use(question) | {"clientExtensionResults": extensions}
        answers = [post(outside, "in_passkey", {"credential": carrying})]
        question = post(inside, "in_passkey_question", {}).json()
        carrying = phone.use(question) | {"clientExtensionResults": extensions}
        answers.append(post(inside, "in_passkey_again", {"credential": carrying}))
        question = post(inside, "in_passkey_add_question", {"name": ""}).json()
        carrying = Phone().make(question) | {"clientExtensionResults": extensions}
        answers.append(post(inside, "in_passkey_add", {"name": "x", "credential": carrying}))
    for answer in answers:
        assert (answer.status_code, answer.json()) == (422, {"code": "carries-secret"})
    assert signed_in(outside) is None
    assert len(queries.passkeys_of(hana.id)) == 1
    kept, said = everything_kept(), caplog.text + "".join(capfd.readouterr())
    assert not [form for form in FORMS if form in kept]
    assert not [form for form in FORMS if form in said]


@pytest.mark.req("K-34")
def test_a_secret_beside_the_credential_is_refused_too(hana: Person, phone: Phone) -> None:
    client = Client()
    for extra in ({"prf": SECRET.hex()}, {"secret": SECRET.hex()}, {"authenticatorAttachment": "platform"}):
        question = post(client, "in_passkey_question", {}).json()
        answer = post(client, "in_passkey", {"credential": phone.use(question) | extra})
        assert refused(answer, client) in {"carries-secret", "malformed"}
        post(client, "in_passkey_question", {})
        answer = post(client, "in_passkey", {"credential": phone.use(question), **extra})
        assert refused(answer, client) == "malformed"
    assert not [form for form in FORMS if form in everything_kept()]


@pytest.mark.req("K-34")
def test_the_librarys_own_doors_take_no_passkey_and_keep_none_in_the_session(
    hana: Person, phone: Phone, client: Client
) -> None:
    """A form that carries a secret to a page that asks again first, and to the second step of a password."""
    carrying = json.dumps({"clientExtensionResults": CARRYING[0]})
    stale = sign_in(Client(), hana)
    for name in ("in_passkey_add", "mfa_reauthenticate_webauthn"):
        stale.post(reverse(name), {"credential": carrying})
    client.post(reverse("account_login"), {"login": hana.email, "password": PASSWORD})
    answer = client.post(reverse("mfa_authenticate"), {"credential": carrying})
    assert b"cannot be sent this way" in answer.content
    assert websafe_encode(SECRET) not in answer.content.decode()
    assert signed_in(client) is None
    assert not [form for form in FORMS if form in everything_kept()]


# --- as a second step, and before something that matters ---------------------------------------------------------


@pytest.mark.req("K-24")
def test_a_passkey_is_a_second_step_and_password_with_code_goes_on_working(
    hana: Person, phone: Phone, client: Client
) -> None:
    Authenticator.objects.filter(user=hana, type="totp").delete()
    assert sso.has_second_step(hana)
    client.post(reverse("account_login"), {"login": hana.email, "password": PASSWORD})
    assert signed_in(client) is None, "the password alone is not enough where there is a passkey"
    page = look(client, reverse("mfa_authenticate"))
    assert 'data-passkey="sign-in"' in page
    assert enter(client, phone).status_code == 200
    assert signed_in(client) == str(hana.id)


@pytest.mark.req("K-24")
def test_password_and_code_sign_in_beside_a_passkey(hana: Person, phone: Phone, client: Client) -> None:
    client.post(reverse("account_login"), {"login": hana.email, "password": PASSWORD})
    while time.time() % 30 > 27:
        time.sleep(0.5)
    assert client.post(reverse("mfa_authenticate"), {"code": code_now()}).url == reverse("in_home")


@pytest.mark.req("K-24")
def test_a_fresh_passkey_sign_in_is_fresh_and_an_old_one_is_asked_again(
    hana: Person, phone: Phone, client: Client
) -> None:
    enter(client, phone)
    assert client.get(reverse("in_passkey_add")).status_code == 200
    session = client.session
    session["account_authentication_methods"] = [
        record | {"at": time.time() - 3600} for record in session["account_authentication_methods"]
    ]
    session.save()
    asked = client.get(reverse("in_passkey_add"))
    assert asked.url.startswith(reverse("mfa_reauthenticate_webauthn"))
    assert post(client, "in_passkey_add_question", {"name": ""}).status_code == 403
    assert 'data-passkey="again"' in look(client, asked.url)


@pytest.mark.req("K-24")
def test_a_dangerous_act_waits_for_the_passkey_and_then_happens(world: World, phone: Phone) -> None:
    client = sign_in(Client(), world.hana)
    wanted = reverse("in_revoke", args=[world.okafor.id])
    asked = client.post(wanted, {"role": "manager"})
    assert asked.url.startswith(reverse("mfa_reauthenticate_webauthn"))
    assert client.post(asked.url, {"next": wanted}).url == asked.url, "no proof yet: asked again"
    assert queries.roles_held(world.okafor.email, world.pine) == ["manager"]
    question = post(client, "in_passkey_question", {}).json()
    assert post(client, "in_passkey_again", {"credential": phone.use(question)}).json() == {}
    assert client.post(asked.url, {"next": wanted}).url == reverse("in_team")
    assert queries.roles_held(world.okafor.email, world.pine) == []


@pytest.mark.req("K-24")
def test_somebody_elses_passkey_proves_nothing_for_me(world: World, phone: Phone) -> None:
    theirs = Phone()
    add(sign_in(Client(), world.lars, fresh=True), theirs)
    client = sign_in(Client(), world.hana)
    question = post(client, "in_passkey_question", {}).json()
    answer = post(client, "in_passkey_again", {"credential": theirs.use(question)})
    assert (answer.status_code, answer.json()) == (422, {"code": "unknown"})
    assert client.post(reverse("in_revoke", args=[world.okafor.id]), {"role": "manager"}).status_code == 302
    assert queries.roles_held(world.okafor.email, world.pine) == ["manager"]
    assert post(Client(), "in_passkey_again", {"credential": {}}).status_code == 403, "a stranger"
