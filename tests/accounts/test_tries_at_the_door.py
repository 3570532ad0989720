"""How often somebody may try, that a stranger locks nobody out, and that no trace of who tried is left."""

import logging
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.urls import reverse

from alongside.accounts.models import Invitation
from alongside.notify.models import Notice
from alongside.policy.models import Change
from tests.help_requests.device import console
from tests.world import NOW, PASSWORD, World, sign_in

ATTACKER, OWNER = "203.0.113.66", "198.51.100.7"


def log_in(email: str, password: str, address: str = OWNER, **extra: Any) -> Any:
    data = {"login": email, "password": password}
    return Client(REMOTE_ADDR=address).post(reverse("account_login"), data, **extra)


def is_let_in(answer: Any) -> bool:
    return answer.status_code == 302 and reverse("mfa_authenticate") in answer.url


@pytest.mark.req("K-24")
def test_who_hammers_at_an_address_locks_themselves_out_and_not_its_owner(world: World) -> None:
    for _ in range(12):
        log_in(world.hana.email, "wrong", ATTACKER)
    assert b"Too many" in log_in(world.hana.email, PASSWORD, ATTACKER).content
    assert is_let_in(log_in(world.hana.email, PASSWORD, OWNER))


@pytest.mark.req("K-24")
def test_one_network_address_cannot_try_everybody(world: World) -> None:
    answers = [log_in(f"nobody{number}@pine.example", "wrong", ATTACKER) for number in range(40)]
    assert [one.status_code for one in answers[:20]] == [200] * 20
    assert 429 in {one.status_code for one in answers[20:]}
    assert not is_let_in(log_in(world.hana.email, PASSWORD, ATTACKER))
    assert is_let_in(log_in(world.hana.email, PASSWORD, OWNER))


@pytest.mark.req("K-24")
def test_a_list_of_claimed_addresses_buys_no_tries(world: World, settings: Any) -> None:
    for count, proxies in ((6, 0), (6, 1)):
        caches["default"].clear()
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
        for number in range(count):
            claimed = f"10.0.0.{number}" + (f", {ATTACKER}" if proxies else "")
            answer = log_in(world.hana.email, "wrong", ATTACKER, HTTP_X_FORWARDED_FOR=claimed)
        assert b"Too many" in answer.content, proxies


@pytest.mark.req("K-24", "K-26")
def test_of_all_these_tries_no_address_is_written_anywhere(world: World) -> None:
    with console() as said:
        logging.getLogger().setLevel(logging.INFO)
        for _ in range(8):
            log_in(world.hana.email, "wrong", ATTACKER)
            log_in("nobody@pine.example", "wrong", ATTACKER)
    assert ATTACKER not in said.getvalue() and world.hana.email not in said.getvalue()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            assert ATTACKER not in repr(cursor.fetchall()), table


@pytest.mark.req("K-24")
def test_nobody_is_flooded_with_links_to_a_new_password(world: World) -> None:
    reset = reverse("account_reset_password")
    known = [
        Client(REMOTE_ADDR=f"203.0.113.{number}").post(reset, {"email": world.hana.email}).status_code
        for number in range(6)
    ]
    unknown = [
        Client(REMOTE_ADDR=f"203.0.113.{number}").post(reset, {"email": "nobody@pine.example"}).status_code
        for number in range(6)
    ]
    # The same for both: the answer tells nothing of who has an account.
    assert known == unknown == [302] * 3 + [429] * 3
    assert Notice.objects.filter(address=world.hana.email).count() == 3


def test_tries_fill_a_bounded_memory_and_push_out_no_page(world: World, settings: Any) -> None:
    Client().get("/ask/pine/en/")
    kept = set(caches["pages"]._cache)  # type: ignore[attr-defined]
    assert kept
    for number in range(60):
        log_in(f"nobody{number}@pine.example", "wrong", f"203.0.{number}.1")
    assert set(caches["pages"]._cache) == kept  # type: ignore[attr-defined]
    assert settings.CACHES["default"]["LOCATION"] != settings.CACHES["pages"]["LOCATION"]
    assert caches["default"]._max_entries == 20_000  # type: ignore[attr-defined]


@pytest.mark.req("K-24")
def test_a_day_has_a_bounded_number_of_invitations_and_nothing_is_sent_beyond(world: World) -> None:
    Change.objects.create(organisation=world.pine, key="invitations_per_day", value=5, version=1, changed_at=NOW)
    client = sign_in(Client(), world.hana, fresh=True)

    def invite(number: int) -> int:
        data = {"name": "New", "email": f"new{number}@pine.example", "roles": ["supporter"]}
        return client.post(reverse("in_invite"), data).status_code

    assert [invite(number) for number in range(5)] == [302] * 5
    # Taking invitations back makes no room: each has sent a message.
    Invitation.objects.all().delete()
    notices = Notice.objects.count()
    assert invite(6) == 422
    assert (Invitation.objects.count(), Notice.objects.count()) == (0, notices)
    operator = sign_in(Client(), world.priya, fresh=True)
    data = {"name": "New", "email": "lead@pine.example"}
    answer = operator.post(reverse("in_operate_invite", args=["pine"]), data)
    assert answer.status_code == 422
    assert b"As many people were invited today" in answer.content
    assert operator.post(reverse("in_operate_invite", args=["lake"]), data).status_code == 302


@pytest.mark.req("K-24")
def test_a_wrong_token_costs_as_much_as_a_right_one(world: World, django_assert_max_num_queries: Any) -> None:
    for token in ("a", "b" * 43, "c" * 900, "é%00"):
        with django_assert_max_num_queries(2):
            assert Client().get(f"/in/enter/invitation/{token}").status_code in {404, 410}
