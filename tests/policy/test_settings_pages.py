"""The settings: every number of the sources, its sentence, its bounds; who may change it."""

import html
from dataclasses import asdict
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from alongside.accounts import queries as accounts
from alongside.accounts.models import AuditEntry
from alongside.policy import actions, queries, rules
from alongside.policy.models import Change
from alongside.policy.values import REGISTER, Values, sentence
from tests.world import PASSWORD, World, sign_in


def put(client: Client, key: str, value: object):
    return client.post(reverse("in_setting", args=[key]), {"value": value})


@pytest.mark.req("I-34")
def test_every_setting_stands_on_the_page_with_its_sentence_bounds_and_source(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    page = client.get(reverse("in_settings")).content.decode()
    shown = html.unescape(page)
    for entry in REGISTER:
        assert sentence(entry.key, entry.default) in shown, entry.key
        assert f"[{entry.requirement}]" in shown
        assert f"Usual {entry.default}, from {entry.least} to {entry.most}" in shown


@pytest.mark.req("I-34", "K-24")
def test_a_change_holds_at_once_and_is_written_down_with_who(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    assert put(client, "urgent_contact", 10).url == reverse("in_settings")
    assert queries.in_force(world.pine.id).urgent_contact == 10
    assert queries.in_force(world.lake.id).urgent_contact == 15
    page = client.get(reverse("in_settings")).content.decode()
    assert "makes contact within 10 minutes" in page
    assert "One rule differs" in page
    entry = AuditEntry.objects.get()
    assert (entry.person, entry.what) == (world.hana, "policy.changed")
    assert entry.detail == {"key": "urgent_contact", "from": 15, "to": 10}
    audit = client.get(reverse("in_audit")).content.decode()
    assert "Hana Vogel" in audit
    assert "changed a number from 15 to 10" in audit
    assert "makes contact within 10 minutes" in audit
    assert "urgent_contact" not in audit


@pytest.mark.req("K-24")
def test_a_change_asks_who_one_is_first_and_then_is_made(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    asked = put(client, "urgent_contact", 10)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert queries.in_force(world.pine.id).urgent_contact == 15
    path = reverse("in_setting", args=["urgent_contact"])
    done = client.post(asked.url, {"password": PASSWORD, "next": path})
    assert done.status_code == 302
    assert queries.in_force(world.pine.id).urgent_contact == 10


@pytest.mark.req("I-34")
@pytest.mark.parametrize("value", ["", "ten", "4", "61", "-1", "10.5", "9" * 30])
def test_a_value_outside_its_bounds_is_refused_beside_its_field(world: World, client: Client, value: str) -> None:
    sign_in(client, world.hana, fresh=True)
    answer = put(client, "urgent_contact", value)
    assert answer.status_code == 422
    assert b"errorlist" in answer.content
    assert not Change.objects.exists()


@pytest.mark.req("A-09")
def test_rungs_cannot_be_put_out_of_order(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    answer = put(client, "urgent_second", 10)
    assert answer.status_code == 422
    assert b"Rungs follow each other" in answer.content
    assert put(client, "urgent_third", 15).status_code == 302
    assert put(client, "urgent_second", 10).status_code == 302


def test_the_same_value_again_changes_nothing(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    put(client, "urgent_contact", 15)
    assert not Change.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_setting_that_does_not_exist_is_not_found(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    assert client.get(reverse("in_setting", args=["no_such"])).status_code == 404
    assert put(client, "version", 3).status_code == 404


@pytest.mark.req("M-06", "M-24", "M-21")
def test_the_team_may_read_the_settings_and_only_the_coordinator_changes_them(world: World) -> None:
    readers = {"hana", "lars", "imani", "anne", "okafor", "renee", "marcus", "ana", "lena"}
    for name, who in world.everybody().items():
        client = sign_in(Client(), who, fresh=True)
        assert client.get(reverse("in_settings")).status_code == (200 if name in readers else 404), name
        if name not in {"hana", "lars"}:
            assert put(client, "urgent_contact", 10).status_code == 404, name
            assert client.get(reverse("in_audit")).status_code == 404, name
    assert not Change.objects.exists()
    sign_in(client, world.lars, fresh=True)
    put(client, "urgent_contact", 10)
    assert queries.in_force(world.pine.id).urgent_contact == 15


@pytest.mark.req("I-34")
@given(st.sampled_from(REGISTER), st.integers(-10, 2000))
def test_a_value_is_taken_exactly_within_its_bounds_and_order(entry, value: int) -> None:
    in_force = asdict(Values())
    after = {**in_force, entry.key: value}
    ordered = all(
        after[one] < after[two] for chain in rules.ASCENDING if entry.key in chain for one, two in pairwise(chain)
    )
    try:
        rules.check(entry.key, value, least=entry.least, most=entry.most, in_force=in_force)
        taken = True
    except (rules.OutOfBounds, rules.OutOfOrder):
        taken = False
    assert taken == (entry.least <= value <= entry.most and ordered)


@pytest.mark.req("I-34")
def test_the_newest_change_is_in_force_and_each_has_its_version(world: World) -> None:
    seat = accounts.permit(world.hana, "policy.change")
    for value in (6, 7, 8):
        actions.change(seat, "urgent_second", value)
    values = queries.in_force(world.pine.id)
    assert (values.urgent_second, values.version) == (8, 3)
