"""Accept, pass, get backup, make contact, give back, reply, close: each by one post, and each refused kindly."""

import base64
import json
import os

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from alongside.anonymous.models import Cell
from alongside.content import load
from alongside.escalation.models import Ladder
from alongside.help_requests import actions, queries
from alongside.help_requests.models import BoxReply, Request
from alongside.kernel import clock
from alongside.notify.models import Notice
from alongside.policy.models import Change
from tests import age_reader
from tests.help_requests.sealed import Keyring, Member, ask, ladder_of, later
from tests.world import WEEK_BEGINS, World, shift, sign_in, timedelta

pytestmark = pytest.mark.django_db
TICKED = {
    "pair": "first",
    "kind": "talk",
    "channel": "phone",
    "topic": "incident",
    "outcome": "nothing_further",
}


def post(client: Client, step: str, member: Member, data: dict[str, str] | None = None) -> HttpResponse:
    return client.post(reverse(step, args=[member.id]), data or {})


def text_of(client: Client, member: Member) -> str:
    return client.get(reverse("in_request", args=[member.id])).content.decode()


@pytest.mark.req("A-10", "B-25")
def test_accepting_leads_to_the_request_and_says_by_when_to_make_contact(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    answer = client.post(reverse("in_accept", args=[member.id]), follow=True)
    assert answer.redirect_chain == [(reverse("in_request", args=[member.id]), 302)]
    # 8:05 in Pine County and 15 minutes of policy.
    assert "Make contact by 08:20." in answer.content.decode()
    assert "15 minutes left (CST)" in answer.content.decode()
    assert "One person expects to hear from you." in client.get(reverse("in_inbox")).content.decode()


@pytest.mark.req("A-10")
def test_whoever_is_second_to_accept_is_told_that_somebody_else_has_it(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    later(minutes=5)
    post(sign_in(Client(), world.renee), "in_accept", member)
    answer = post(sign_in(Client(), world.marcus), "in_accept", member)
    assert answer.status_code == 410
    assert ladder_of(member).taker_id == world.renee.id


@pytest.mark.req("B-16", "B-31")
def test_passing_asks_for_no_reason_and_calls_the_next_at_once(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    answer = client.post(reverse("in_pass", args=[member.id]), follow=True)
    assert "No reason is asked for or kept." in answer.content.decode()
    assert "Nobody is waiting." in answer.content.decode()
    assert "One person is waiting." in sign_in(Client(), world.marcus).get(reverse("in_inbox")).content.decode()


@pytest.mark.req("D-10")
def test_backup_calls_one_more_peer_who_may_read_it_but_not_take_it(cast: tuple[World, Keyring]) -> None:
    world, ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    post(client, "in_accept", member)
    answer = client.post(reverse("in_backup", args=[member.id]), follow=True)
    assert "One more peer is being called to help you." in answer.content.decode()
    marcus = sign_in(Client(), world.marcus)
    assert "Backup wanted" in marcus.get(reverse("in_inbox")).content.decode()
    sealed = marcus.get(reverse("in_envelope", args=[member.id])).content
    assert json.loads(age_reader.open_with(ring.identities[world.marcus.id], sealed))["reach"]
    page = text_of(marcus, member)
    assert reverse("in_accept", args=[member.id]) not in page
    assert reverse("in_close", args=[member.id]) not in page
    assert marcus.get(reverse("in_messages", args=[member.id])).json() == {"messages": []}


@pytest.mark.req("D-10")
def test_when_nobody_is_left_the_coordinator_is_told_instead(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world, positions=[0])
    client = sign_in(Client(), world.renee)
    post(client, "in_accept", member)
    before = Notice.objects.filter(message="board").count()
    answer = client.post(reverse("in_backup", args=[member.id]), follow=True)
    assert "The coordinator is being told." in answer.content.decode()
    assert Notice.objects.filter(message="board").count() == before + 1


@pytest.mark.req("A-03")
def test_contact_made_stops_the_clock(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    post(client, "in_accept", member)
    answer = client.post(reverse("in_connected", args=[member.id]), follow=True)
    assert "You are in touch." in answer.content.decode()
    later(minutes=60)
    assert ladder_of(member).taker_id == world.renee.id


@pytest.mark.req("B-16", "A-03")
def test_giving_back_calls_the_others_and_keeps_no_reason(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    post(client, "in_accept", member)
    answer = client.post(reverse("in_release", args=[member.id]), follow=True)
    assert "The others are being called now." in answer.content.decode()
    assert text_of(client, member).count("taken care of") == 1
    for name in (world.marcus, world.ana):
        assert "One person is waiting." in sign_in(Client(), name).get(reverse("in_inbox")).content.decode()


@pytest.mark.req("A-03")
def test_a_step_by_somebody_who_no_longer_has_it_changes_nothing_and_says_so(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    answer = client.post(reverse("in_connected", args=[member.id]), follow=True)
    assert "Something changed in the meantime." in answer.content.decode()
    assert ladder_of(member).state == Ladder.State.ALERTED


# --- reply and messages ------------------------------------------------------------------------------------------


def send(client: Client, member: Member, body: bytes, content_type: str = "application/octet-stream") -> int:
    return client.post(reverse("in_reply", args=[member.id]), data=body, content_type=content_type).status_code


@pytest.mark.req("K-22", "A-10")
def test_a_reply_waits_in_the_box_and_opens_with_the_members_words_only(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    post(client, "in_accept", member)
    sealed = age_reader.seal_to_box(member.receipt.recipient, '{"v":1,"text":"hello"}')
    assert send(client, member, member.receipt.address + sealed) == 201
    [waiting] = queries.box(member.receipt.address)
    assert age_reader.open_with(member.receipt.identity, waiting) == '{"v":1,"text":"hello"}'


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda box, sealed: box + sealed[:-1], 422),
        (lambda box, sealed: box + sealed + b"x", 422),
        (lambda box, _sealed: box, 422),
        (lambda box, sealed: box + bytes(len(sealed)), 422),
        (lambda box, sealed: box + b"age-encryption.org/v1\n" + sealed[23:] + b"x", 422),
    ],
)
def test_what_is_no_reply_is_refused_and_nothing_is_kept(
    cast: tuple[World, Keyring], change: object, status: int
) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    post(client, "in_accept", member)
    sealed = age_reader.seal_to_box(member.receipt.recipient, "{}")
    assert send(client, member, change(member.receipt.address, sealed)) == status  # type: ignore[operator]
    assert send(client, member, member.receipt.address + sealed, "text/plain") == 415
    assert not BoxReply.objects.exists()


def test_only_the_taker_may_reply(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    sealed = age_reader.seal_to_box(member.receipt.recipient, "{}")
    assert send(sign_in(Client(), world.renee), member, member.receipt.address + sealed) == 409
    assert send(sign_in(Client(), world.lena), member, member.receipt.address + sealed) == 404
    assert not BoxReply.objects.exists()


def test_a_full_box_is_said_to_be_full(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    post(client, "in_accept", member)
    bodies = [member.receipt.address + age_reader.seal_to_box(member.receipt.recipient, "{}") for _ in range(21)]
    assert [send(client, member, body) for body in bodies] == [201] * 20 + [429]


@pytest.mark.req("A-10")
def test_what_the_member_writes_back_comes_to_the_taker_sealed(cast: tuple[World, Keyring]) -> None:
    world, ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    post(client, "in_accept", member)
    sealed = age_reader.seal_for([ring.recipients[world.renee.id]], '{"v":1,"text":"thank you"}', 12)
    actions.write_back(world.pine, member.receipt.token, os.urandom(16), sealed)
    [message] = client.get(reverse("in_messages", args=[member.id])).json()["messages"]
    assert (
        age_reader.open_with(ring.identities[world.renee.id], base64.b64decode(message)) == '{"v":1,"text":"thank you"}'
    )


# --- closing -----------------------------------------------------------------------------------------------------


@pytest.mark.req("K-22", "K-35", "B-36")
def test_closing_erases_the_request_and_leads_back_to_the_inbox(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    post(client, "in_accept", member)
    answer = client.post(reverse("in_close", args=[member.id]), TICKED, follow=True)
    assert answer.redirect_chain == [(reverse("in_inbox"), 302)]
    assert "Closed. Nothing of it is kept." in answer.content.decode()
    assert not Request.objects.exists()
    assert not Ladder.objects.exists()
    assert not Notice.objects.exists()
    assert Cell.objects.filter(key="pair.first").count() == 1


@pytest.mark.req("B-21", "B-37")
def test_after_closing_a_moment_of_reflection_is_offered_once_and_has_nothing_to_send(
    cast: tuple[World, Keyring],
) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    post(client, "in_accept", member)
    page = client.post(reverse("in_close", args=[member.id]), TICKED, follow=True).content.decode()
    start = page.index('aria-labelledby="closed"')
    panel = page[start : page.index("</section>", start)]
    assert "Did I stay within my role?" in panel
    assert not any(tag in panel for tag in ("<form", "<input", "<textarea", "<button"))
    assert "A moment for me" not in client.get(reverse("in_inbox")).content.decode()


@pytest.mark.req("B-30")
def test_the_close_form_asks_the_supporter_about_repeated_contacts_and_counts_nobody(
    cast: tuple[World, Keyring],
) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    post(client, "in_accept", member)
    assert "The same person several times within a short while?" in text_of(client, member)


@pytest.mark.req("B-36", "J-20")
@pytest.mark.parametrize("question", ["pair", "kind", "channel", "topic", "outcome"])
@pytest.mark.parametrize("value", ["", "made-up", "Dana of the jail"])
def test_a_key_that_is_not_in_the_tally_is_refused_and_nothing_is_closed(
    cast: tuple[World, Keyring], question: str, value: str
) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    post(client, "in_accept", member)
    answer = post(client, "in_close", member, {**TICKED, question: value})
    assert answer.status_code == 422
    assert "Nothing was closed." in answer.content.decode()
    assert Request.objects.exists()


@pytest.mark.req("B-36")
def test_every_key_of_the_tally_can_be_ticked_and_text_beside_it_goes_nowhere(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    # So many at the same moment would have to work first.
    Change.objects.create(organisation=world.pine, key="work_after", value=500, version=1, changed_at=clock.now())
    page = ""
    for question, categories in load.tally().items():
        for category in categories:
            member = ask(world)
            client = sign_in(Client(), world.renee)
            post(client, "in_accept", member)
            page = page or text_of(client, member)
            assert f'value="{category.key}"' in page
            answer = post(client, "in_close", member, {**TICKED, question: category.key, "note": "marker 5157"})
            assert answer.status_code == 302
    assert not Request.objects.exists()


def test_somebody_who_was_only_called_cannot_close(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    answer = post(sign_in(Client(), world.renee), "in_close", member, TICKED)
    assert answer.status_code == 302
    assert Request.objects.exists()


@pytest.mark.req("K-22")
def test_after_closing_every_address_of_the_request_says_that_it_is_over(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    client = sign_in(Client(), world.renee)
    post(client, "in_accept", member)
    post(client, "in_close", member, TICKED)
    for page in ("in_request", "in_envelope", "in_messages"):
        assert client.get(reverse(page, args=[member.id])).status_code == 410
    for step in ("in_accept", "in_pass", "in_backup", "in_connected", "in_release", "in_close"):
        assert post(client, step, member, TICKED).status_code == 410


# --- the frame ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step", ["in_accept", "in_pass", "in_backup", "in_connected", "in_release", "in_close", "in_reply"]
)
def test_a_step_is_refused_from_another_site_and_by_a_mere_link(cast: tuple[World, Keyring], step: str) -> None:
    world, _ring = cast
    member = ask(world)
    strict = sign_in(Client(enforce_csrf_checks=True), world.renee)
    assert post(strict, step, member).status_code == 403
    assert strict.get(reverse(step, args=[member.id])).status_code == 405
    assert ladder_of(member).state == Ladder.State.ALERTED


def test_a_form_of_our_own_page_is_taken(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    member = ask(world)
    strict = sign_in(Client(enforce_csrf_checks=True), world.renee)
    page = strict.get(reverse("in_inbox"))
    token = str(page.context["csrf_token"])
    assert post(strict, "in_accept", member, {"csrfmiddlewaretoken": token}).status_code == 302
    # A form is posted with the address it comes from, which the check for cross-site posts needs.
    assert page["Referrer-Policy"] == "same-origin"


@pytest.mark.req("C-18")
def test_on_leave_the_inbox_says_that_nobody_is_sent(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    world.renee.status = "on_leave"
    world.renee.save()
    page = sign_in(Client(), world.renee).get(reverse("in_inbox")).content.decode()
    assert "You are on leave." in page
    assert "Not on call" in page


@pytest.mark.req("C-15", "B-10")
def test_without_the_agreement_the_inbox_leads_to_it(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    world.renee.agreement_version = 0
    world.renee.save()
    page = sign_in(Client(), world.renee).get(reverse("in_inbox")).content.decode()
    assert reverse("in_agreement") in page


@pytest.mark.req("A-24", "B-01", "D-09")
@pytest.mark.parametrize("where", ["in_inbox", "in_request"])
def test_guides_limits_and_crisis_card_are_on_the_page_itself(cast: tuple[World, Keyring], where: str) -> None:
    world, _ring = cast
    member = ask(world)
    address = reverse(where, args=[member.id] if where == "in_request" else [])
    page = sign_in(Client(), world.renee).get(address).content.decode()
    assert "What to say first" in page
    assert "A child or a vulnerable adult is being hurt or neglected." in page
    assert "Tell them what you are going to do" in page
    assert 'href="tel:911"' in page


@pytest.mark.req("D-15", "D-16", "D-17")
def test_the_crisis_card_tells_the_person_first_then_calls_and_says_only_what_is_needed(
    cast: tuple[World, Keyring],
) -> None:
    page = sign_in(Client(), cast[0].renee).get(reverse("in_inbox")).content.decode()
    steps = ["Get backup", "Tell them what you are going to do", "Call 911", "Say only what is needed"]
    assert [page.index(step, page.index("Crisis card")) for step in steps] == sorted(
        page.index(step, page.index("Crisis card")) for step in steps
    )


def test_next_shift_is_said_in_the_organisations_time(cast: tuple[World, Keyring]) -> None:
    world, _ring = cast
    begins = WEEK_BEGINS + timedelta(days=12, hours=19)
    shift(world.ana, 1, begins, begins + timedelta(hours=12))
    page = sign_in(Client(), world.ana).get(reverse("in_inbox")).content.decode()
    assert "Your next shift begins Saturday 5 December, 19:00 CST." in page
