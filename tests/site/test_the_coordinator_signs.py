"""The list of supporters is signed by its coordinator, one epoch after the other; nothing else is taken for it."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts import actions as accounts
from alongside.accounts.models import AuditEntry, Role
from alongside.accounts.queries import Seat
from alongside.policy.models import Change
from alongside.sealing import actions as sealing
from alongside.sealing import rules as seals
from alongside.sealing.models import Certificate, KeyRing, ReceivingKey, SignedRoster, SigningRoot
from alongside.site import signatures
from tests import age_reader
from tests.conftest import Clock
from tests.help_requests.frames import WRAP, give_keys, public_key
from tests.sealing.devices import words_publication
from tests.sealing.signers import Signer, sign, state
from tests.world import NOW, World, person, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(clock: Clock, world: World) -> World:
    """Return the cast; Renée, Marcus and Lena have keys, Ana has not come in yet."""
    give_keys([world.renee, world.marcus, world.lena])
    return world


@pytest.fixture
def hana(cast: World) -> Client:
    return sign_in(Client(), cast.hana, fresh=True)


def ana_comes_in(cast: World) -> None:
    """Let one more supporter make keys."""
    week = seals.monday_of(NOW)
    sent = words_publication(cast.ana.person_id, public_key(9000), {week: (public_key(9001), WRAP)})
    sealing.publish(cast.ana.person_id, sent, weeks=[week])


def listed(slug: str = "pine") -> dict[str, Any]:
    found: dict[str, Any] = Client().get(f"/ask/{slug}/candidates.json").json()
    # Proofs stand apart, in the order of the candidates.
    for one, proof in zip(found["candidates"], found["proofs"], strict=True):
        one["proof"] = proof
    return found


def roots(slug: str = "pine") -> dict[str, Any]:
    found: dict[str, Any] = Client().get(f"/ask/{slug}/root.json").json()
    return found


def board(client: Client) -> str:
    return " ".join(client.get(reverse("in_board")).content.decode().split())


# --- what is signed reaches members ------------------------------------------------------------------------------


@pytest.mark.req("K-34")
def test_the_first_signing_sets_the_root_and_every_proof_fits(cast: World, hana: Client) -> None:
    assert listed()["roster"] is None
    assert roots()["root"] is None
    signer = Signer()
    assert sign(hana, signer).status_code == 302
    body = listed()
    assert body["roster"] == {"epoch": 1, "until": (NOW.date() + timedelta(days=35)).isoformat()}
    assert body["week"] == "2026-11-23"
    assert roots()["root"] == signer.text
    assert len(body["candidates"]) == 2
    for one in body["candidates"]:
        proof = age_reader.from_base64url(one["proof"])
        vouch, certificate, signature = proof[:32], proof[32:96], proof[96:]
        assert len(proof) == 160
        office = body["offices"][one["office"]]
        until = date.fromisoformat(body["roster"]["until"])
        assert signatures.fits(
            signer.public, signatures.peer_statement(cast.pine.id, 1, until, vouch, office), certificate
        )
        assert signatures.fits(vouch, signatures.key_statement(date(2026, 11, 23), one["key"]), signature)
        assert not signatures.fits(vouch, signatures.key_statement(date(2026, 11, 30), one["key"]), signature)
    # The other organisation has signed nothing.
    assert listed("lake")["roster"] is None


@pytest.mark.req("K-34", "K-24")
def test_each_signing_is_one_more_and_is_written_down(cast: World, hana: Client) -> None:
    signer = Signer()
    for epoch in (1, 2, 3):
        assert sign(hana, signer).status_code == 302
        assert SignedRoster.objects.get().epoch == epoch
    assert Certificate.objects.count() == 2
    assert SigningRoot.objects.count() == 1
    assert [entry.detail["epoch"] for entry in AuditEntry.objects.filter(what="roster.signed").order_by("at", "id")]
    page = hana.get(reverse("in_audit")).content.decode()
    assert "signed the list of supporters: 2 people, signing number 3, good until 2026-12-28" in page


def test_signing_asks_who_one_is_again(cast: World) -> None:
    client = sign_in(Client(), cast.hana)
    for name in ("in_sign", "in_root", "in_witness_offer", "in_witness_confirm", "in_poster_renew"):
        assert client.post(reverse(name)).url.startswith(reverse("account_reauthenticate")), name
    assert not SignedRoster.objects.exists()


@pytest.mark.req("M-24", "M-06")
def test_nobody_else_sees_what_is_signed_or_signs(cast: World) -> None:
    for who in (cast.lars, cast.anne, cast.okafor, cast.priya, cast.nico, cast.renee.person):
        client = sign_in(Client(), who, fresh=True)
        for name in ("in_signing", "in_signing_state", "in_poster"):
            page = client.get(reverse(name))
            assert page.status_code == 404 or (who == cast.lars and b"Marcus" not in page.content), (who, name)
        if who != cast.lars:
            assert client.post(reverse("in_sign"), {"signed": "{}"}).status_code == 404
    assert {one["office"] for one in state(sign_in(Client(), cast.lars, fresh=True))["people"]} == {"District 1"}


# --- what is refused ---------------------------------------------------------------------------------------------


def refused(client: Client, signer: Signer, status: int = 422, **change: Any) -> None:
    before = list(SignedRoster.objects.values_list("epoch", "until"))
    answer = sign(client, signer, **change)
    assert answer.status_code == status, change
    assert list(SignedRoster.objects.values_list("epoch", "until")) == before


@pytest.mark.req("K-34")
def test_forged_shapes_wrong_epochs_and_dates_beyond_policy_are_refused(cast: World, hana: Client) -> None:
    signer, other = Signer(), Signer()
    sign(hana, signer)
    for epoch in (0, 1, 3, 99):
        refused(hana, signer, 409, epoch=epoch)
    for epoch in (True, 2.0, "2", -1, None):
        refused(hana, signer, posted={"epoch": epoch})
    for until in (NOW.date(), NOW.date() - timedelta(days=1), NOW.date() + timedelta(days=36), date(9999, 1, 1)):
        refused(hana, signer, until=until.isoformat())
    for posted in (
        {"until": "soon"},
        {"until": None},
        {"root": other.text},
        {"root": "AAAA"},
        {"root": "é" * 43},
        {"certificates": {}},
        {"certificates": []},
        {"certificates": {cast.ana.id.hex: "A" * 86}},
        {"certificates": {cast.renee.id.hex: "A" * 86, cast.marcus.id.hex: "A" * 86}},
        {"named": "A" * 86},
        {"named": 7},
        {"more": 1},
    ):
        refused(hana, signer, posted=posted)
    refused(hana, signer, 409, posted={"seen": "0" * 64})
    refused(hana, other, 409)
    for text in ("", "{", "[]", "null", "[" * 5000, json.dumps({"epoch": 2})):
        assert hana.post(reverse("in_sign"), {"signed": text}).status_code == 422
    assert hana.post(reverse("in_sign")).status_code == 422
    assert sign(hana, signer).status_code == 302


@pytest.mark.req("K-34")
def test_what_changed_while_the_coordinator_looked_is_not_signed(cast: World, hana: Client) -> None:
    signer = Signer()
    seen = state(hana)
    ana_comes_in(cast)
    answer = hana.post(reverse("in_sign"), {"signed": json.dumps(signer.signed(seen))})
    assert answer.status_code == 409
    assert "something changed while you looked" in answer.content.decode()
    assert not SignedRoster.objects.exists()


@pytest.mark.req("K-34")
def test_of_two_coordinators_one_wins_and_the_other_is_told(cast: World, hana: Client) -> None:
    second = person("Ida Berg", cast.pine, "coordinator")
    other, signer = sign_in(Client(), second, fresh=True), Signer()
    sign(hana, signer)
    looked = state(other)
    assert sign(hana, signer).status_code == 302
    answer = other.post(reverse("in_sign"), {"signed": json.dumps(signer.signed(looked))})
    assert answer.status_code == 409
    assert "somebody else signed" in answer.content.decode()
    assert SignedRoster.objects.get().epoch == 2


@pytest.mark.req("K-34")
def test_a_shorter_time_of_policy_holds_for_the_next_signing(cast: World, hana: Client) -> None:
    Change.objects.create(organisation=cast.pine, key="roster_valid", value=20, version=1, changed_at=NOW)
    refused(hana, Signer(), until=(NOW.date() + timedelta(days=21)).isoformat())
    assert sign(hana, Signer()).status_code == 302
    assert SignedRoster.objects.get().until == NOW.date() + timedelta(days=20)


# --- people change -----------------------------------------------------------------------------------------------


@pytest.mark.req("K-34", "C-17")
def test_who_ends_loses_their_certificate_at_once_and_the_coordinator_is_told(cast: World, hana: Client) -> None:
    sign(hana, Signer())
    assert "left since the last signing" not in board(hana)
    hana.post(reverse("in_end", args=[cast.marcus.id]))
    assert [one.person for one in Certificate.objects.all()] == [cast.renee.person]
    assert [one["proof"] is None for one in listed()["candidates"]] == [False]
    assert "Somebody left since the last signing." in board(hana)


@pytest.mark.req("K-34")
def test_another_office_new_people_and_new_keys_are_unproved_until_signed_again(cast: World, hana: Client) -> None:
    signer = Signer()
    sign(hana, signer)
    cast.renee.office = cast.jail
    cast.renee.save()
    ana_comes_in(cast)
    proofs = {one["office"]: one["proof"] for one in listed()["candidates"]}
    offices = listed()["offices"]
    assert proofs[offices.index("Dispatch")] is None
    assert sum(proof is None for one in listed()["candidates"] for proof in [one["proof"]]) == 2
    assert "Ana Ruiz, Renée Dubois: not signed for as they stand now." in board(hana)
    page = hana.get(reverse("in_signing")).content.decode()
    assert "The team has changed since the last signing." in page
    assert "other office" in page
    sign(hana, signer)
    assert all(one["proof"] for one in listed()["candidates"])
    KeyRing.objects.filter(person=cast.ana.person).update(vouch_key=bytes(31) + b"\1")
    assert "new keys" in hana.get(reverse("in_signing")).content.decode()
    assert sum(one["proof"] is None for one in listed()["candidates"]) == 1


@pytest.mark.req("K-34")
def test_a_key_without_a_signature_is_unproved(cast: World, hana: Client) -> None:
    sign(hana, Signer())
    ReceivingKey.objects.filter(person=cast.renee.person).update(signature=None)
    assert sum(one["proof"] is None for one in listed()["candidates"]) == 1


@pytest.mark.req("K-34")
def test_the_board_says_what_is_to_be_done_and_when(cast: World, hana: Client, clock: Clock) -> None:
    assert "The list of supporters was never signed." in board(hana)
    assert "2 peers must unlock" not in hana.get(reverse("in_signing")).content.decode()
    sign(hana, Signer())
    assert "never signed" not in board(hana)
    clock.forward(days=25)
    assert "signed list is good for" not in board(hana)
    clock.forward(days=1)
    client = sign_in(Client(), cast.hana, fresh=True)
    assert "The signed list is good for 10 more days." in board(client)
    clock.forward(days=10)
    client = sign_in(Client(), cast.hana, fresh=True)
    assert "The signed list has run out" in board(client)
    assert "The signed list has run out." in client.get(reverse("in_signing")).content.decode()


@pytest.mark.req("K-34")
def test_who_cannot_be_signed_for_yet_is_named(cast: World, hana: Client) -> None:
    KeyRing.objects.filter(person=cast.marcus.person).update(vouch_key=None)
    page = hana.get(reverse("in_signing")).content.decode()
    assert "2 peers must unlock once before you can sign for them." in page
    assert "Ana Ruiz, Marcus Bell." in page


# --- new words, the witness, the poster --------------------------------------------------------------------------


def change(cast: World, old: Signer, new: Signer) -> bytes:
    return signatures.root_statement(cast.pine.id, old.public, new.public)


@pytest.mark.req("K-34")
def test_two_people_change_the_root_and_everybody_can_see_that_they_did(cast: World, hana: Client) -> None:
    old, new, second = Signer(), Signer(), Signer()
    imani = sign_in(Client(), cast.imani, fresh=True)
    sign(hana, old)
    assert imani.post(reverse("in_witness_offer"), {"witness": second.text}).status_code == 302
    assert roots()["named"] is None
    sign(hana, old)
    assert roots()["witness"] == second.text
    statement = change(cast, old, new)
    # Not before it is proposed, not by somebody else, not with another key, not over another change.
    confirm = reverse("in_witness_confirm")
    assert imani.post(confirm, {"by_witness": second.over(statement)}).status_code == 422
    assert hana.post(reverse("in_root"), {"root": new.text, "by_old": new.over(statement)}).status_code == 422
    assert hana.post(reverse("in_root"), {"root": new.text, "by_old": old.over(statement)}).status_code == 302
    assert hana.post(confirm, {"by_witness": second.over(statement)}).status_code == 422
    assert imani.post(confirm, {"by_witness": old.over(statement)}).status_code == 422
    assert imani.post(confirm, {"by_witness": second.over(change(cast, new, old))}).status_code == 422
    assert "Confirm the new signing words." in imani.get(reverse("in_witness")).content.decode()
    assert imani.post(confirm, {"by_witness": second.over(statement)}).status_code == 302
    # Until it is signed with, members see nothing of it.
    assert (roots()["root"], roots()["changes"]) == (old.text, [])
    assert sign(hana, new, witness=None).status_code == 302
    told = roots()
    assert told["root"] == new.text
    assert told["changes"] == [
        {
            "from": old.text,
            "to": new.text,
            "witness": second.text,
            "named": told["changes"][0]["named"],
            "by_old": old.over(statement),
            "by_witness": second.over(statement),
        }
    ]
    # The old words sign nothing any more.
    refused(hana, old, 409, witness=None)
    page = hana.get(reverse("in_audit")).content.decode()
    for sentence in ("confirmed the new signing words as the witness: Imani Reyes", "with the old ones at hand"):
        assert sentence in page


@pytest.mark.req("K-34")
def test_lost_words_give_a_root_for_which_nobody_signed(cast: World, hana: Client) -> None:
    old, new = Signer(), Signer()
    assert hana.post(reverse("in_root"), {"root": new.text}).status_code == 422
    sign(hana, old)
    for root in ("", "AAAA", old.text):
        assert hana.post(reverse("in_root"), {"root": root}).status_code == 422
    assert hana.post(reverse("in_root"), {"root": new.text, "by_old": ""}).status_code == 302
    sign(hana, new)
    assert roots()["changes"][0]["by_old"] is None
    assert SignedRoster.objects.get().epoch == 2


@pytest.mark.req("K-34")
def test_nobody_names_themselves_as_the_second_person(cast: World, hana: Client) -> None:
    signer, own = Signer(), Signer()
    sign(hana, signer)
    hana.post(reverse("in_witness_offer"), {"witness": own.text})
    named = signer.over(signatures.witness_statement(cast.pine.id, signer.public, own.public))
    refused(hana, signer, posted={"named": named})
    assert sign(hana, signer).status_code == 302
    assert roots()["named"] is None


@pytest.mark.req("K-34", "K-24")
def test_a_witness_whose_role_was_taken_is_named_no_more_and_confirms_nothing(cast: World, hana: Client) -> None:
    old, new, second, third = Signer(), Signer(), Signer(), Signer()
    imani = sign_in(Client(), cast.imani, fresh=True)
    sign(hana, old)
    imani.post(reverse("in_witness_offer"), {"witness": second.text})
    sign(hana, old)
    statement = change(cast, old, new)
    assert hana.post(reverse("in_root"), {"root": new.text, "by_old": old.over(statement)}).status_code == 302
    assert "Witness: Imani Reyes." in hana.get(reverse("in_signing")).content.decode()
    # She stays in the team, in a role that is no witness's.
    Role.objects.create(person=cast.imani, organisation=cast.pine, name="manager")
    accounts.revoke(Seat(cast.hana, cast.pine, frozenset(["coordinator"])), cast.imani.id, cast.pine, "clinician")
    page = hana.get(reverse("in_signing")).content.decode()
    assert "Imani" not in page
    assert "Whoever was the witness has left or lost the role." in page
    assert "There is no witness, so phones cannot follow by themselves." in page
    assert (roots()["witness"], roots()["named"]) == (None, None)
    assert (state(hana)["witness"], state(hana)["named"]) == (None, False)
    imani = sign_in(Client(), cast.imani, fresh=True)
    confirm = {"by_witness": second.over(statement)}
    assert imani.post(reverse("in_witness_confirm"), confirm).status_code == 404
    # An old page of the coordinator names nobody who may not be named.
    named = old.over(signatures.witness_statement(cast.pine.id, old.public, second.public))
    refused(hana, old, posted={"named": named})
    # Somebody else can be the witness at once; the next signing names them.
    Role.objects.create(person=cast.anne, organisation=cast.pine, name="coordinator")
    anne = sign_in(Client(), cast.anne, fresh=True)
    assert "Be the second person." in anne.get(reverse("in_witness")).content.decode()
    assert anne.post(reverse("in_witness_offer"), {"witness": third.text}).status_code == 302
    sign(hana, old)
    assert roots()["witness"] == third.text
    assert "Witness: Anne Lavoie." in hana.get(reverse("in_signing")).content.decode()


def test_only_a_coordinator_or_the_clinician_is_a_witness(cast: World, hana: Client) -> None:
    sign(hana, Signer())
    for who in (cast.anne, cast.okafor, cast.priya, cast.nico, cast.renee.person):
        client = sign_in(Client(), who, fresh=True)
        assert client.get(reverse("in_witness")).status_code == 404
        assert client.post(reverse("in_witness_offer"), {"witness": Signer().text}).status_code == 404
    for text in ("", "AAAA", "A" * 44):
        assert hana.post(reverse("in_witness_offer"), {"witness": text}).status_code == 422


@pytest.mark.req("A-29")
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_poster_is_offered_in_the_organisations_first_language(cast: World, hana: Client, language: str) -> None:
    sign(hana, Signer())
    type(cast.pine).objects.filter(id=cast.pine.id).update(language=language)
    page = hana.get(reverse("in_poster")).content.decode()
    assert re.findall(r'name="language" value="(..)" checked', page) == [language]


def test_another_poster_is_one_number_more(cast: World, hana: Client) -> None:
    renew = reverse("in_poster_renew")
    hana.post(renew, {"poster": "1"})
    assert not SigningRoot.objects.exists()
    sign(hana, Signer())
    for number in ("", "0", "2", "x", "²", "99999999999"):
        hana.post(renew, {"poster": number})
        assert state(hana)["poster"] == 1
    hana.post(renew, {"poster": "1"})
    hana.post(renew, {"poster": "1"})
    assert state(hana)["poster"] == 2


def test_the_pages_of_an_organisation_that_nobody_knows_say_so(cast: World) -> None:
    assert Client().get("/ask/nowhere/root.json").status_code == 404
