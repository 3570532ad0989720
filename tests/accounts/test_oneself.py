"""What people change about themselves: where they are alerted, their language."""

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts import queries
from alongside.accounts.models import ContactPoint
from alongside.notify.models import Notice
from tests.world import World, sign_in, unknown_id


def add(client: Client, kind: str, address: str):
    return client.post(reverse("in_contact_add"), {"kind": kind, "address": address})


def test_somebody_adds_a_second_way_and_tests_it(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    assert add(client, "apprise", "tgram://123456789:abcdefg/renee-alerts").url == reverse("in_me")
    page = client.get(reverse("in_me")).content.decode()
    assert "tgram://…erts" in page
    assert "renee-alerts" not in page, "the address may hold a password"
    point = ContactPoint.objects.get(kind="apprise")
    client.post(reverse("in_contact_test", args=[point.id]))
    notice = Notice.objects.get()
    assert (notice.message, notice.kind, notice.address) == ("test", "apprise", point.address)
    assert ("apprise", point.address) in queries.addresses_of(world.renee.person_id)


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("email", "not an address"),
        ("email", "a@b.example, c@d.example"),
        ("apprise", "just words"),
        ("apprise", "file:///etc/passwd"),
        ("apprise", "syslog://"),
        ("apprise", "tgram://"),
        ("sms", "+1 555 010 0100"),
        ("email", ""),
        ("apprise", "x" * 301),
    ],
)
def test_an_address_that_cannot_be_alerted_is_refused(world: World, client: Client, kind: str, address: str) -> None:
    sign_in(client, world.renee)
    answer = add(client, kind, address)
    assert answer.status_code == 422
    assert ContactPoint.objects.filter(person=world.renee.person).count() == 1


def test_the_last_way_to_reach_somebody_stays(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    only = ContactPoint.objects.get(person=world.renee.person)
    answer = client.post(reverse("in_contact_remove", args=[only.id]), follow=True)
    assert b"only way to reach you" in answer.content
    add(client, "email", "renee@home.example")
    client.post(reverse("in_contact_remove", args=[only.id]))
    assert [point.address for point in ContactPoint.objects.filter(person=world.renee.person)] == ["renee@home.example"]


def test_the_same_address_twice_stays_one(world: World, client: Client) -> None:
    sign_in(client, world.renee)
    add(client, "email", "renee@home.example")
    add(client, "email", "renee@home.example")
    assert ContactPoint.objects.filter(person=world.renee.person).count() == 2


@pytest.mark.req("M-24")
def test_nobody_removes_or_tests_somebody_elses_address(world: World, client: Client) -> None:
    point = ContactPoint.objects.get(person=world.renee.person)
    for stranger in (world.hana, world.lena.person, world.priya):
        sign_in(client, stranger)
        assert client.post(reverse("in_contact_remove", args=[point.id])).status_code == 404
        assert client.post(reverse("in_contact_test", args=[point.id])).status_code == 404
    assert client.post(reverse("in_contact_test", args=[unknown_id()])).status_code == 404
    assert ContactPoint.objects.filter(id=point.id).exists()
    assert not Notice.objects.exists()


def test_somebody_without_a_role_has_no_page(world: World, client: Client) -> None:
    sign_in(client, world.nico)
    assert client.get(reverse("in_me")).status_code == 404
    assert add(client, "email", "nico@home.example").status_code == 404


def test_a_person_reads_in_another_language_from_then_on(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    answer = client.post(reverse("in_language"), {"language": "fr", "next": reverse("in_me")})
    assert answer.url == reverse("in_me")
    world.hana.refresh_from_db()
    assert world.hana.language == "fr"
    assert b'lang="fr"' in client.get(reverse("in_me")).content


def test_a_stranger_chooses_a_language_in_a_cookie_that_never_leaves_the_teams_pages(
    client: Client, world: World
) -> None:
    answer = client.post(reverse("in_language"), {"language": "fr", "next": reverse("account_login")})
    cookie = answer.cookies["django_language"]
    assert (cookie.value, cookie["path"], cookie["samesite"], cookie["httponly"]) == ("fr", "/in/", "Strict", True)
    assert b'lang="fr"' in client.get(reverse("account_login")).content


@pytest.mark.parametrize(
    "back", ["https://evil.example/in/", "//evil.example", "/ask/pine/en/", "javascript:alert(1)", ""]
)
def test_a_change_of_language_leads_nowhere_else(world: World, client: Client, back: str) -> None:
    sign_in(client, world.hana)
    assert client.post(reverse("in_language"), {"language": "fr", "next": back}).url == reverse("in_home")


def test_a_language_we_do_not_have_is_refused(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    assert client.post(reverse("in_language"), {"language": "tlh"}).status_code == 404
