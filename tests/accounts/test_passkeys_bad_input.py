"""Whatever is posted as a passkey: refused with a code, never an error of the server, never a sign-in."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from fido2.utils import websafe_decode, websafe_encode
from hypothesis import HealthCheck, given
from hypothesis import settings as house
from hypothesis import strategies as st

from alongside.accounts import queries, rules
from alongside.accounts.models import Person
from tests.accounts.authenticator import Phone, add, enter, post
from tests.world import World, sign_in

KEYS = st.sampled_from([*rules.CREDENTIAL, *rules.ADDING, *rules.SIGNING_IN, "credProps", "rk", "x"]) | st.text(
    max_size=5
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5))
CODES = {"carries-secret", "malformed", "not-verified", "not-kept", "other-address", "expired", "unknown", "known"}


@pytest.mark.req("K-24")
@given(ANYTHING, st.sampled_from([rules.ADDING, rules.SIGNING_IN]))
def test_nothing_but_the_agreed_form_passes(sent: Any, response: frozenset[str]) -> None:
    try:
        rules.check_credential(sent, response)
    except rules.BadCredential as refusal:
        assert str(refusal) in CODES
    else:
        assert set(sent) == rules.CREDENTIAL
        assert set(sent["response"]) == response


@pytest.mark.req("K-34")
@given(ANYTHING, st.sampled_from([*rules.SECRETS, "PRF", "HmacGetSecret"]), ANYTHING, st.integers(0, 4), st.booleans())
def test_a_secrets_name_is_found_at_any_depth_beside_anything(
    beside: Any, name: str, value: Any, depth: int, in_list: bool
) -> None:
    sent: Any = {name: value}
    for _ in range(depth):
        sent = [beside, sent] if in_list else {"more": sent, "beside": beside}
    with pytest.raises(rules.BadCredential, match="carries-secret"):
        rules.check_credential(sent, rules.SIGNING_IN)


@pytest.fixture
def phone(world: World) -> Phone:
    made = Phone()
    add(sign_in(Client(), world.hana, fresh=True), made)
    return made


def no_more_than_refused(answer: Any, client: Client) -> None:
    assert answer.status_code == 422
    assert answer.json()["code"] in CODES
    assert "_auth_user_id" not in client.session


@pytest.mark.req("K-24")
@house(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), data=st.data())
def test_a_used_passkey_with_any_byte_changed_signs_nobody_in(phone: Phone, part: str, data: st.DataObject) -> None:
    cache.clear()
    client = Client()
    credential = phone.use(post(client, "in_passkey_question", {}).json())
    raw = bytearray(websafe_decode(credential["response"][part]))
    place = data.draw(st.integers(0, 999)) % len(raw)
    how = data.draw(st.sampled_from(["flip", "cut", "add"]))
    raw = {"flip": _flipped(raw, place), "cut": raw[:place], "add": raw + b"\x00"}[how]
    if not raw:
        return
    credential["response"][part] = websafe_encode(bytes(raw))
    no_more_than_refused(post(client, "in_passkey", {"credential": credential}), client)


@pytest.mark.req("K-24")
@house(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_made_passkey_with_bytes_changed_is_kept_whole_or_not_at_all(world: World, data: st.DataObject) -> None:
    """Without attestation some bytes are nobody's promise (model, counter); what is kept must be readable all the
    same.
    """
    cache.clear()
    client = sign_in(Client(), world.hana, fresh=True)
    phone = Phone()
    credential = phone.make(post(client, "in_passkey_add_question", {"name": ""}).json())
    raw = bytearray(websafe_decode(credential["response"]["attestationObject"]))
    for _ in range(data.draw(st.integers(1, 3))):
        raw = _flipped(raw, data.draw(st.integers(0, 999)) % len(raw))
    credential["response"]["attestationObject"] = websafe_encode(bytes(raw))
    answer = post(client, "in_passkey_add", {"name": "x", "credential": credential})
    assert answer.status_code in (200, 422)
    assert client.get(reverse("mfa_index")).status_code == 200
    assert post(client, "in_passkey_add_question", {"name": ""}).status_code == 200
    assert enter(Client(), phone).status_code in (200, 422)


def _flipped(raw: bytearray, place: int) -> bytearray:
    changed = bytearray(raw)
    changed[place] ^= 1 << (place % 8)
    return changed


BODIES = [
    "",
    "null",
    "[]",
    "{",
    '"text"',
    '{"credential": null}',
    "[" * 9000,
    '{"credential": ' + '{"a":' * 3000,
    "\xff\xfe",
]


@pytest.mark.req("K-24")
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_bodies_that_are_no_answer_at_all_are_refused(world: World, body: str) -> None:
    client = Client()
    for name in ("in_passkey", "in_passkey_again", "in_passkey_add"):
        if name != "in_passkey":
            sign_in(client, world.hana, fresh=True)
        answer = client.post(reverse(name), body, content_type="application/json")
        assert answer.status_code == 422
        assert answer.json()["code"] in {"malformed", "expired"}


@pytest.mark.req("K-24")
def test_a_body_that_is_too_long_or_of_another_kind_is_refused(phone: Phone) -> None:
    client = Client()
    credential = phone.use(post(client, "in_passkey_question", {}).json())
    long = {"credential": {**credential, "id": "A" * 20_001, "rawId": "A" * 20_001}}
    no_more_than_refused(post(client, "in_passkey", long), client)
    for kind in ("application/x-www-form-urlencoded", "text/plain"):
        post(client, "in_passkey_question", {})
        answer = client.post(reverse("in_passkey"), json.dumps({"credential": credential}), content_type=kind)
        no_more_than_refused(answer, client)
    answer = client.post(reverse("in_passkey"), b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1), "application/json")
    assert answer.status_code == 400


def test_what_was_refused_leaves_the_persons_list_as_it_was(world: World, phone: Phone) -> None:
    before = queries.passkeys_of(world.hana.id)
    client = sign_in(Client(), world.hana, fresh=True)
    for credential in (None, [], {}, {"id": "x"}, "prf"):
        post(client, "in_passkey_add_question", {"name": ""})
        assert post(client, "in_passkey_add", {"name": "x", "credential": credential}).status_code == 422
    assert queries.passkeys_of(world.hana.id) == before
    assert Person.objects.get(id=world.hana.id).check_password("nine tall birches lean")
