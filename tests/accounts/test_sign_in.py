"""Signing in and out: a password and a one-time code, for people of the team only."""

import re
import time
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from cryptography.fernet import InvalidToken
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import NoReverseMatch, reverse

from alongside.accounts import sso
from alongside.accounts.models import Person
from alongside.notify.models import Notice
from tests.world import PASSWORD, SECRET, World, code_now, sign_in


@pytest.fixture
def hana(world: World) -> Person:
    return world.hana


def log_in(client: Client, email: str, password: str = PASSWORD):
    return client.post(reverse("account_login"), {"login": email, "password": password})


@pytest.fixture
def steady() -> Iterator[None]:
    """Let a code not run out between the moment it is read and the moment it is typed."""
    if time.time() % 30 > 27:
        time.sleep(3.1)
    yield


@pytest.mark.req("K-24")
def test_a_password_alone_signs_nobody_in(hana: Person, client: Client) -> None:
    answer = log_in(client, hana.email)
    assert answer.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.get(reverse("in_me")).url.startswith(reverse("account_login"))


@pytest.mark.req("K-24")
def test_password_and_code_sign_in_and_leave_no_time_behind(hana: Person, client: Client, steady: None) -> None:
    log_in(client, hana.email)
    answer = client.post(reverse("mfa_authenticate"), {"code": code_now()})
    assert answer.url == reverse("in_home")
    assert client.session["_auth_user_id"] == str(hana.id)
    assert Authenticator.objects.get(user=hana, type="totp").last_used_at is None
    assert not hasattr(hana, "last_login") or hana.last_login is None


@pytest.mark.req("K-24")
def test_a_wrong_code_is_refused_and_many_are_stopped(hana: Person, client: Client, steady: None) -> None:
    log_in(client, hana.email)
    right = code_now()
    wrong = "111111" if right != "111111" else "222222"
    for _ in range(5):
        answer = client.post(reverse("mfa_authenticate"), {"code": wrong})
        assert b"Incorrect code" in answer.content
    answer = client.post(reverse("mfa_authenticate"), {"code": right})
    assert "_auth_user_id" not in client.session
    assert b"Too many" in answer.content


@pytest.mark.req("K-24")
def test_a_code_works_once(hana: Person, client: Client, steady: None) -> None:
    code = code_now()
    for one, signed_in in ((client, True), (Client(), False)):
        log_in(one, hana.email)
        one.post(reverse("mfa_authenticate"), {"code": code})
        assert ("_auth_user_id" in one.session) is signed_in


@pytest.mark.req("K-24")
def test_a_recovery_code_signs_in_once_when_the_phone_is_lost(hana: Person, client: Client) -> None:
    code = RecoveryCodes.activate(hana).get_unused_codes()[0]
    for one, signed_in in ((client, True), (Client(), False)):
        log_in(one, hana.email)
        one.post(reverse("mfa_authenticate"), {"code": code})
        assert ("_auth_user_id" in one.session) is signed_in


def test_a_wrong_password_and_an_unknown_address_read_the_same(hana: Person, client: Client) -> None:
    bodies = {
        re.sub(r'value="[^"]*"|content="[^"]*"', "", log_in(client, email, "not the password").content.decode())
        for email in (hana.email, "nobody@pine.example")
    }
    assert len(bodies) == 1


def test_many_wrong_passwords_are_stopped_even_for_the_right_one(hana: Person, client: Client) -> None:
    for _ in range(5):
        log_in(client, hana.email, "not the password")
    assert b"Too many" in log_in(client, hana.email).content


@pytest.mark.req("K-24")
def test_signing_in_changes_the_session_and_signing_out_deletes_it(hana: Person, client: Client, steady: None) -> None:
    client.get(reverse("account_login"))
    log_in(client, hana.email)
    before = client.session.session_key
    client.post(reverse("mfa_authenticate"), {"code": code_now()})
    during = client.session.session_key
    assert before != during
    assert not Session.objects.filter(session_key=before).exists()
    assert client.post(reverse("account_logout")).url == reverse("in_signed_out")
    assert not Session.objects.filter(session_key=during).exists()
    assert b"You are signed out" in client.get(reverse("in_signed_out")).content


def test_signing_out_takes_a_tap_and_not_a_link(hana: Person, client: Client) -> None:
    sign_in(client, hana)
    assert client.get(reverse("account_logout")).status_code == 200
    assert "_auth_user_id" in client.session


def test_a_closed_account_signs_in_nowhere(hana: Person, client: Client) -> None:
    Person.objects.filter(id=hana.id).update(is_active=False)
    assert "_auth_user_id" not in client.session
    answer = log_in(client, hana.email)
    assert answer.status_code in (200, 302)
    client.post(reverse("mfa_authenticate"), {"code": code_now()})
    assert "_auth_user_id" not in client.session


def test_a_new_password_signs_out_every_other_device(hana: Person, client: Client) -> None:
    other = sign_in(Client(), hana)
    sign_in(client, hana)
    form = {"oldpassword": PASSWORD, "password1": "six warm stones shine", "password2": "six warm stones shine"}
    assert client.post(reverse("account_change_password"), form).url == reverse("mfa_index")
    assert client.get(reverse("in_me")).status_code == 200
    assert other.get(reverse("in_me")).url.startswith(reverse("account_login"))


@pytest.mark.req("K-24")
@pytest.mark.parametrize(
    "path", ["signup/", "email/", "password/set/", "social/connections/", "confirm-email/x/", "login/code/"]
)
def test_pages_of_the_library_that_have_no_use_here_do_not_exist(world: World, client: Client, path: str) -> None:
    assert client.get(f"/in/enter/{path}").status_code == 404
    for name in ("account_signup", "account_email"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


@pytest.mark.req("K-24")
def test_secrets_of_one_time_codes_are_encrypted_in_the_database(hana: Person) -> None:
    kept = Authenticator.objects.get(user=hana, type="totp").data["secret"]
    assert SECRET not in kept
    assert sso.MfaAdapter().decrypt(kept) == SECRET
    assert sso.MfaAdapter().encrypt(SECRET) != kept, "every encryption differs"


@pytest.mark.req("K-24")
def test_another_installations_secret_does_not_open_them_and_a_former_one_does(hana: Person, settings) -> None:
    kept = Authenticator.objects.get(user=hana, type="totp").data["secret"]
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another installation" * 4
    with pytest.raises(InvalidToken):
        sso.MfaAdapter().decrypt(kept)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert sso.MfaAdapter().decrypt(kept) == SECRET


@pytest.mark.req("K-36")
def test_what_the_app_on_the_phone_shows_does_not_tell_what_it_is_for(hana: Person, settings) -> None:
    settings.ALONGSIDE_ADDRESS = "https://info.pine.example"
    address = sso.MfaAdapter().build_totp_url(hana, SECRET)
    assert "issuer=info.pine.example" in address
    assert not re.search("peer|support|alongside", address, re.IGNORECASE)


# --- a forgotten password ----------------------------------------------------------------------------------------


def ask(client: Client, email: str):
    return client.post(reverse("account_reset_password"), {"email": email})


@pytest.mark.req("K-24", "K-36")
def test_asking_for_a_new_password_reads_the_same_for_a_stranger(hana: Person, client: Client) -> None:
    answers = [ask(client, email) for email in (hana.email, "nobody@pine.example")]
    assert {answer.url for answer in answers} == {reverse("account_reset_password_done")}
    assert [notice.address for notice in Notice.objects.all()] == [hana.email]


def test_the_link_sets_a_new_password_once_and_still_asks_for_the_code(
    hana: Person, client: Client, settings, steady: None
) -> None:
    other = sign_in(Client(), hana)
    ask(client, hana.email)
    notice = Notice.objects.get()
    assert notice.message == "reset"
    path = notice.values["link"].removeprefix(settings.ALONGSIDE_ADDRESS)
    form = client.get(path, follow=True)
    new = "seven brown hens sing"
    done = client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert done.url == reverse("account_reset_password_from_key_done")
    hana.refresh_from_db()
    assert hana.check_password(new)
    assert other.get(reverse("in_me")).url.startswith(reverse("account_login"))
    assert log_in(client, hana.email, new).url == reverse("mfa_authenticate")
    assert b"cannot be used" in Client().get(path, follow=True).content


def test_a_link_that_was_tampered_with_is_refused(hana: Person, client: Client) -> None:
    ask(client, hana.email)
    path = "/in/" + Notice.objects.get().values["link"].split("/in/", 1)[1]
    answer = client.get(path[:-2] + ("a" if path[-2] != "a" else "b") + "/", follow=True)
    assert b"cannot be used" in answer.content


def test_the_link_stands_on_the_public_address_whatever_host_the_request_claims(
    hana: Person, client: Client, settings
) -> None:
    client.post(reverse("account_reset_password"), {"email": hana.email}, headers={"host": "127.0.0.1"})
    assert Notice.objects.get().values["link"].startswith(settings.ALONGSIDE_ADDRESS + "/in/enter/password/reset/key/")


# --- asking again before something that matters ------------------------------------------------------------------


@pytest.mark.req("K-24")
def test_moving_the_code_to_another_phone_asks_again_and_then_goes_on(
    hana: Person, client: Client, steady: None
) -> None:
    sign_in(client, hana)
    answer = client.post(reverse("mfa_deactivate_totp"))
    assert answer.url.startswith((reverse("account_reauthenticate"), reverse("mfa_reauthenticate")))
    assert sso.has_second_step(hana)
    wrong = client.post(answer.url, {"password": "not the password", "next": reverse("mfa_deactivate_totp")})
    assert wrong.status_code == 200
    done = client.post(answer.url, {"password": PASSWORD, "next": reverse("mfa_deactivate_totp")})
    assert done.status_code == 302
    assert not sso.has_second_step(hana)
    assert client.get(reverse("in_me")).url == reverse("mfa_activate_totp")


def test_the_pages_around_sign_in_show_no_trace_of_the_library_and_carry_the_crisis_numbers(
    hana: Person, client: Client
) -> None:
    for name in ("account_login", "account_reset_password", "account_reset_password_done", "in_signed_out"):
        page = client.get(reverse(name)).content.decode()
        assert "988" in page
        assert "Menu:" not in page
    sign_in(client, hana, fresh=True)
    for name in (
        "mfa_index",
        "account_change_password",
        "mfa_deactivate_totp",
        "mfa_generate_recovery_codes",
        "account_logout",
    ):
        page = client.get(reverse(name)).content.decode()
        assert "988" in page
        assert "Menu:" not in page


def test_hotp_of_the_cast_is_the_apps_own_arithmetic() -> None:
    assert totp.hotp_value("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1) == 287082, "RFC 4226, appendix D"
