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
from alongside.policy.values import REGISTER, Values, is_choice, sentence, setting
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
        if not is_choice(entry.key):
            assert f"Usual {entry.default}, from {entry.least} to {entry.most}" in shown
    assert shown.count("Now: on. Usual: on<") == 2
    assert shown.count("Now: off. Usual: off<") == 1
    assert shown.count("Now: Monday. Usual: Monday<") == 1


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


# --- what is on or off ------------------------------------------------------------------------------------------

TRAINED = "Nobody is put on call without training in crisis management."
UNTRAINED = "A supporter may be put on call without training in crisis management."
CHOICES = [entry for entry in REGISTER if is_choice(entry.key)]


def test_what_is_on_or_off_is_said_without_its_number() -> None:
    assert {entry.key for entry in CHOICES} == {"rota_goes_on", "rota_needs_training", "rota_needs_phone", "week_note"}
    for entry in REGISTER:
        for value in {entry.least, entry.default, entry.most}:
            said = sentence(entry.key, value)
            assert "{" not in said
            assert "with 0" not in said.lower(), entry.key
    for entry in CHOICES:
        said = [sentence(entry.key, value) for value in range(entry.least, entry.most + 1)]
        assert len(set(said)) == len(said)
        assert not any(character.isdigit() for one in said for character in one)
    # Every switch is exactly on or off: whatever was kept before stays valid.
    assert all((entry.least, entry.most) == (0, 1) for entry in CHOICES if entry.unit == "switch")
    assert sentence("week_note", 7).endswith("on Sunday.")
    # A number that turns something off says so too.
    assert sentence("shift_check", 0) == "At the beginning of a shift no test page is sent."
    assert "0" not in sentence("channel_gap", 0)


@pytest.mark.req("I-34", "K-24")
def test_a_switch_is_two_sentences_to_choose_from_and_told_in_words(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    page = client.get(reverse("in_setting", args=["rota_needs_training"])).content.decode()
    assert page.count('type="radio"') == 2
    assert 'type="number"' not in page
    assert "<dt>Now</dt><dd>on</dd><dt>Usual</dt><dd>on</dd>" in page
    on, off = (page[page.index(f"<span>{said}</span>") - 120 :][:120] for said in (TRAINED, UNTRAINED))
    assert "checked" in on
    assert "checked" not in off
    assert put(client, "rota_needs_training", 0).url == reverse("in_settings")
    assert queries.in_force(world.pine.id).rota_needs_training == 0
    assert Change.objects.get().value == 0
    settings = client.get(reverse("in_settings")).content.decode()
    assert UNTRAINED in settings
    assert TRAINED not in settings
    assert settings.count("Now: off. Usual: on<") == 1
    assert AuditEntry.objects.get().detail == {"key": "rota_needs_training", "from": 1, "to": 0}
    audit = html.unescape(client.get(reverse("in_audit")).content.decode())
    assert f"changed a rule. Until then: “{TRAINED}” Since then: “{UNTRAINED}”" in audit
    assert "changed a number" not in audit


@pytest.mark.req("D-13")
def test_the_day_of_the_weekly_note_is_a_day_or_never(world: World, client: Client) -> None:
    sign_in(client, world.hana, fresh=True)
    page = client.get(reverse("in_setting", args=["week_note"])).content.decode()
    assert page.count('type="radio"') == 8
    assert "<dt>Now</dt><dd>Monday</dd>" in page
    put(client, "week_note", 3)
    assert "who is next: on Wednesday." in client.get(reverse("in_settings")).content.decode()
    put(client, "week_note", 0)
    assert sentence("week_note", 0) in client.get(reverse("in_settings")).content.decode()
    assert queries.in_force(world.pine.id).week_note == 0


@pytest.mark.parametrize("value", ["", "2", "-1", "on", "1.0", "True", "9" * 30])
def test_a_choice_that_is_none_is_refused_beside_its_field(world: World, client: Client, value: str) -> None:
    sign_in(client, world.hana, fresh=True)
    for key in ("rota_goes_on", "week_note"):
        answer = put(client, key, {"2": "8"}.get(value, value))
        assert answer.status_code == 422
        assert b"errorlist" in answer.content
    assert setting("rota_goes_on").most == 1
    assert not Change.objects.exists()
