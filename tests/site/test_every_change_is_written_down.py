"""What coordinators and operators change is written down, in words for people (K-24). Found by walking every route."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import translation

from alongside.accounts import actions as accounts
from alongside.accounts import queries
from alongside.accounts.models import AuditEntry, Invitation, Role
from alongside.accounts.queries import Seat
from alongside.content import resources
from alongside.directory import actions as directory
from alongside.directory.models import Partnership
from alongside.policy.values import REGISTER
from alongside.programme.models import Briefing
from alongside.rota import actions as rota
from alongside.rota import queries as rota_queries
from alongside.rota.models import Exchange, Holiday, Proposal, ProposedShift
from alongside.rota.rules import moving, proposing, templates
from alongside.site import audit, signatures
from alongside.site.importing import EXAMPLE
from tests import world as cast
from tests.accounts.test_organisations import NEW
from tests.directory.outside import call, own
from tests.help_requests.frames import give_keys
from tests.rota import leading, planned
from tests.rota.test_pages import form as shift_form
from tests.sealing.signers import Signer, sign, state
from tests.world import World, sign_in, unknown_id

# No shift that the others enter lies there.
AHEAD = planned.FIRST + timedelta(days=35)
Act = Callable[[World, Client], Any]


def invited(world: World, organisation: Any = None, *roles: str) -> Any:
    """Return an open invitation."""
    seat = Seat(world.priya, None, frozenset(["operator"]))
    accounts.invite(seat, organisation, email="jo@pine.example", name="Jo Marsh", roles=roles or ["operator"])
    return Invitation.objects.get().id


def added(world: World) -> str:
    """Return an entry that the organisation added to the numbers outside."""
    return directory.add_resource(queries.permit(world.hana, "resources.change"), resources.shipped()[4].entry)


def briefed(world: World) -> Any:
    """Return a briefing that a manager wrote down."""
    return Briefing.objects.create(office=world.patrol, held_on="2026-11-19", recorded_by=world.okafor).id


def second(world: World) -> Any:
    """Return a second operator."""
    Role.objects.create(person=world.nico, organisation=None, name="operator")
    return world.nico.id


def offered(world: World, by: cast.Organisation) -> Any:
    """Return a proposal of mutual aid to Pine County."""
    return Partnership.objects.create(proposer=by, partner=world.pine).id


def removed(world: World) -> tuple[list[Any], dict[str, str]]:
    """Return a shift far from all others, and what removes it."""
    begin = cast.WEEK_BEGINS + timedelta(days=92)
    one = cast.shift(world.ana, 3, begin, begin + timedelta(hours=12))
    return [one.id], {"seen": rota_queries.removal_of(world.pine, one.id, cast.NOW).seal}


def moved(world: World) -> tuple[list[Any], dict[str, Any]]:
    """Return a shift far from all others, and what gives it to somebody else."""
    begin = cast.WEEK_BEGINS + timedelta(days=90)
    one = cast.shift(world.ana, 3, begin, begin + timedelta(hours=12))
    to = moving.ToPerson(world.marcus.id)
    return [one.id], {"to": moving.key(to), "seen": rota_queries.move_of(world.pine, one.id, to, cast.NOW).seal}


def birch(world: World) -> cast.Organisation:
    """Return a third organisation."""
    return cast.organisation("birch", "Birch Hall Fire", "America/Chicago")


def sought(world: World) -> Any:
    """Return a search for cover of a shift of somebody who serves."""
    shift = cast.Shift.objects.get(supporter=world.renee)
    return Exchange.objects.create(kind="cover", shift=shift, asks=world.renee, asked_at=cast.NOW).id


def changes(world: World) -> dict[str, tuple[Any, str, list[Any], dict[str, Any]]]:
    """Return, by route, who posts what to change something, and where."""
    programme = {**NEW, "name": "Pine County", "language": "en"}
    return {
        **planning_changes(world),
        **pattern_changes(world),
        **session_changes(world),
        "in_readiness": (
            world.hana,
            "in_readiness",
            [],
            {"supporter": str(world.ana.id), f"{world.ana.id}-phone_issued": "on"},
        ),
        "in_rota_enter": (world.hana, "in_rota_enter", [], shift_form(world, supporter=str(world.marcus.id))),
        "in_rota_move": (world.hana, "in_rota_move", *moved(world)),
        "in_rota_find_cover": (
            world.hana,
            "in_rota_find_cover",
            [],
            {"shift": str(cast.Shift.objects.get(supporter=world.marcus).id)},
        ),
        "in_rota_stop_cover": (world.hana, "in_rota_stop_cover", [sought(world)], {}),
        "in_rota_remove": (world.hana, "in_rota_remove", *removed(world)),
        "in_invite": (world.hana, "in_invite", [], {"name": "Jo", "email": "jo@x.example", "roles": ["leader"]}),
        "in_end": (world.hana, "in_end", [world.ana.id], {}),
        "in_withdraw": (world.hana, "in_withdraw", [invited(world, world.pine, "leader")], {}),
        "in_revoke": (world.hana, "in_revoke", [world.anne.id], {"role": "leader"}),
        "in_resource": (world.hana, "in_resource", ["copline"], call()),
        "in_resource_add": (world.hana, "in_resource_add", [], own()),
        "in_resource_switch": (world.hana, "in_resource_switch", ["samhsa"], {"off": "yes"}),
        "in_resource_remove": (world.hana, "in_resource_remove", [added(world)], {}),
        "in_briefing_record": (
            world.hana,
            "in_briefing_record",
            [],
            {"office": str(world.jail.id), "held_on": "2026-11-20", "whole": "on"},
        ),
        "in_briefing_take_back": (world.hana, "in_briefing_take_back", [briefed(world)], {}),
        "in_setting": (world.hana, "in_setting", ["urgent_contact"], {"value": "10"}),
        "in_law_choice": (world.hana, "in_law_choice", ["duty:no-recording"], {"value": "on"}),
        "in_operate_law": (world.priya, "in_operate_law", ["pine"], {"pack": "generic-ca"}),
        "in_programme": (world.hana, "in_programme", [], programme),
        "in_partners": (world.hana, "in_partners", [], {"slug": "lake"}),
        "in_organisations": (world.priya, "in_organisations", [], NEW),
        "in_organisations_import": (world.priya, "in_organisations_import", [], {"text": EXAMPLE, "step": "make"}),
        "in_operate_invite": (world.priya, "in_operate_invite", ["pine"], {"name": "Jo", "email": "jo@x.example"}),
        "in_operate_open": (world.priya, "in_operate_open", ["pine"], {"open": "no"}),
        "in_operators": (world.priya, "in_operators", [], {"name": "Jo", "email": "jo@x.example"}),
    }


def planning_changes(world: World) -> dict[str, tuple[Any, str, list[Any], dict[str, Any]]]:
    """Return those of the planner: one plan that waits, one that is thrown away, one that is changed and published."""
    planned.pattern(world)
    planned.team(world, 9)
    kept, thrown = (planned.made(world, days, first=AHEAD) for days in (7, 14))
    ProposedShift.objects.filter(proposal_id=thrown).delete()
    slot = ProposedShift.objects.filter(proposal_id=kept)[0].id
    asked = {"first_day": AHEAD.isoformat(), "days": "7", "seconds": "5", "published": "keep"}
    waits = Proposal.objects.create(organisation=world.pine, first_day=AHEAD, days=7, seconds=5, asked_at=cast.NOW)
    return {
        "in_plan_stop": (world.hana, "in_plan_stop", [waits.id], {}),
        "in_plan_discard": (world.hana, "in_plan_discard", [thrown], {}),
        "in_plans": (world.hana, "in_plans", [], asked),
        "in_plan_edit": (world.hana, "in_plan_edit", [kept, slot], {"supporter": "", "seen": seal_of(slot)}),
        "in_plan_publish": (world.hana, "in_plan_publish", [kept], {"seen": seal_without(kept, slot)}),
    }


def pattern_changes(world: World) -> dict[str, tuple[Any, str, list[Any], dict[str, Any]]]:
    """Return those of patterns and holidays, after the days that the planner's are about."""
    first = AHEAD + timedelta(days=60)
    facts = templates.pattern(templates.Kind.DAYS, 480, first, (1, 2))
    for_change, for_removal = (
        rota.make_pattern(planned.seat(world), name, facts, first + timedelta(days=later))
        for name, later in (("Whole days", 0), ("Whole days again", 7))
    )
    day = Holiday.objects.create(organisation=world.pine, day=date(2026, 12, 24), name="Christmas Eve")

    def posted(seen: str) -> dict[str, Any]:
        return {"kind": "facts", "name": "Other", "first_day": first.isoformat(), "days": "1", "seen": seen}

    rows = rota_queries.pattern_rows(world.pine.id)
    return {
        "in_pattern_change": (
            world.hana,
            "in_pattern_change",
            [for_change],
            posted(rota_queries.patterns_seal(rows)),
        ),
        "in_pattern_remove": (world.hana, "in_pattern_remove", [for_removal], {}),
        "in_holidays": (world.hana, "in_holidays", [], {"day": "2026-12-31", "name": "New Year’s Eve"}),
        "in_holidays_statutory": (world.hana, "in_holidays_statutory", [], {"year": "2027"}),
        "in_holiday_remove": (world.hana, "in_holiday_remove", [day.id], {}),
    }


def session_changes(world: World) -> dict[str, tuple[Any, str, list[Any], dict[str, Any]]]:
    """Return those of sessions: one that is entered, one that is changed, one that is cancelled."""
    changed, gone = (leading.enter(world, leading.slot(world.ana), when=leading.span(25, hour)) for hour in (9, 11))
    (one, _other) = rota_queries.sessions_of(world.pine.id, cast.NOW)
    return {
        "in_session_new": (world.hana, "in_session_new", [], leading.form(world)),
        "in_session": (
            world.hana,
            "in_session",
            [changed.id],
            leading.form(world, from_day="2026-11-25", to_day="2026-11-25", from_time="08:00", to_time="09:00")
            | {"seen": one.seal, "d0-when": "later"},
        ),
        "in_session_remove": (world.hana, "in_session_remove", [gone.id], {}),
    }


def seal_of(slot: Any) -> str:
    """Return the digest of one slot as it is."""
    return proposing.seal([ProposedShift.objects.get(id=slot).facts()])


def seal_without(proposal: Any, slot: Any) -> str:
    """Return the digest of a plan in which one slot has been emptied."""
    rows = [one.facts() for one in ProposedShift.objects.filter(proposal_id=proposal)]
    empty = ProposedShift.objects.get(id=slot).facts()
    return proposing.seal([replace(one, supporter=None) if one == empty else one for one in rows])


def more(world: World) -> dict[str, tuple[Any, str, list[Any], dict[str, Any]]]:
    """Return those that need rows of their own, which would stand in the way of the others."""
    Role.objects.create(person=world.anne, organisation=world.pine, name="coordinator")
    Invitation.objects.all().delete()
    return {
        "in_pattern_new": (
            world.hana,
            "in_pattern_new",
            [],
            {
                "kind": "halves",
                "first_day": "2026-12-14",
                "hand_over": "07:00",
                "seen": rota_queries.patterns_seal(rota_queries.pattern_rows(world.pine.id)),
            },
        ),
        "in_partner_agree": (world.hana, "in_partner_agree", [offered(world, world.lake)], {}),
        "in_partner_end": (world.hana, "in_partner_end", [offered(world, birch(world))], {}),
        **signing_changes(world),
        "in_again": (world.hana, "in_again", [world.marcus.person.id], {}),
        "in_operate_again": (world.priya, "in_operate_again", ["pine", world.anne.id], {}),
        "in_operate_revoke": (world.priya, "in_operate_revoke", ["pine", world.anne.id], {}),
        "in_operator_revoke": (world.priya, "in_operator_revoke", [second(world)], {}),
        "in_operator_withdraw": (world.priya, "in_operator_withdraw", [invited(world)], {}),
    }


def signing_changes(world: World) -> dict[str, tuple[Any, str, list[Any], dict[str, Any]]]:
    """Return those of the signed list, each on top of the one before."""
    give_keys([world.renee])
    one, second, new = Signer(), Signer(), Signer()
    hana = sign_in(Client(), world.hana, fresh=True)
    sign(hana, one)
    with_words = sign_in(Client(), world.imani, fresh=True)
    with_words.post(reverse("in_witness_offer"), {"witness": second.text})
    sign(hana, one)
    statement = signatures.root_statement(world.pine.id, one.public, new.public)
    return {
        "in_sign": (world.hana, "in_sign", [], {"signed": json.dumps(one.signed(state(hana)))}),
        "in_root": (world.hana, "in_root", [], {"root": new.text, "by_old": one.over(statement)}),
        "in_witness_confirm": (world.imani, "in_witness_confirm", [], {"by_witness": second.over(statement)}),
        "in_witness_offer": (world.imani, "in_witness_offer", [], {"witness": Signer().text}),
        "in_poster_renew": (world.hana, "in_poster_renew", [], {"poster": "1"}),
    }


# Not written down on purpose: the entry would tell that somebody's request was not answered, and when; or that a
# supporter said they were asked to tell, for as long as entries are kept.
QUIET = {"in_acknowledge", "in_asked_acknowledge"}


def routes() -> Iterator[tuple[str, list[str]]]:
    """Return (name, kinds of arguments) of every route of coordinators and operators."""
    for pattern in get_resolver().url_patterns:
        if str(pattern.pattern) in {"in/coordinate/", "in/operate/"}:
            for one in pattern.url_patterns:
                yield one.name, re.findall(r"<(\w+):", str(one.pattern))


def takes_posts(world: World, name: str, kinds: list[str]) -> bool:
    """Say whether a route takes anything else than being looked at."""
    client = Client()
    sign_in(client, world.priya if name.startswith(("in_operat", "in_organis")) else world.hana, fresh=True)
    arguments = [unknown_id() if kind == "uuid" else "pine" for kind in kinds]
    return client.post(reverse(name, args=arguments)).status_code != 405


@pytest.mark.req("K-24", "M-21")
def test_every_route_that_changes_something_is_walked(world: World) -> None:
    changing = {name for name, kinds in routes() if takes_posts(world, name, kinds)}
    walked = set(changes(world)) | set(more(world)) | QUIET
    assert changing == walked


@pytest.mark.req("K-24", "M-21")
@pytest.mark.parametrize("set_of", [changes, more])
def test_every_change_leaves_an_entry_that_people_can_read(world: World, set_of: Any) -> None:
    for name, (who, route, arguments, data) in set_of(world).items():
        before = set(AuditEntry.objects.values_list("id", flat=True))
        client = sign_in(Client(), who, fresh=True)
        answer = client.post(reverse(route, args=arguments), data)
        assert answer.status_code == 302, (name, answer.content.decode()[:2000])
        assert "/again/" not in answer.url, name
        entries = AuditEntry.objects.exclude(id__in=before)
        assert entries, f"{name} wrote nothing down"
        for entry in entries:
            # What an organisation did to another one too is written down there without who it was.
            assert entry.person == who or entry.what.endswith("_by_other"), name
            for language in ("en", "fr"):
                with translation.override(language):
                    assert_for_people(audit.said(entry))


def assert_for_people(sentence: str) -> None:
    """Fail on a word that is a name in the code."""
    keys = {entry.key for entry in REGISTER} | {
        "neutral_title",
        "on_call_number",
        "clinical_number",
        "time_zone",
        "generic-ca",
    }
    found = [key for key in keys if re.search(rf"\b{key}\b", sentence)]
    assert not found, sentence
    assert "{" not in sentence
    assert "_" not in sentence
    assert not re.search(r"[(:,] ?(coordinator|leader|operator|supporter)\b", sentence), sentence
    assert "no sentence for" not in sentence


def test_an_entry_of_another_version_is_shown_without_its_key(world: World) -> None:
    entry = AuditEntry.objects.create(what="gone.long_ago", detail={"some_key": 1}, at=cast.NOW)
    assert audit.said(entry) == "made a change that this version has no sentence for"
    entry.what, entry.detail = "policy.changed", {"key": "no_such_key", "from": 1, "to": 2}
    assert "no_such_key" not in audit.said(entry)


@pytest.mark.parametrize(
    ("tier", "said"), [(2, "Backup"), ("2", "Backup"), (9, "9"), ("spare", "spare"), (None, "None")]
)
def test_a_place_that_this_version_does_not_have_is_said_as_it_was_written(tier: object, said: str) -> None:
    detail = {"name": "Ana", "tier": tier, "from": "x", "to": "y"}
    assert audit.said(AuditEntry(what="shift.entered", detail=detail)) == f"put Ana on call ({said}), x to y"


@pytest.mark.req("K-24", "M-21")
def test_operators_read_what_operators_changed_and_coordinators_do_not(world: World, client: Client) -> None:
    sign_in(client, world.priya, fresh=True)
    client.post(reverse("in_operators"), {"name": "Jo Marsh", "email": "jo@x.example"})
    client.post(reverse("in_operate_open", args=["lake"]), {"open": "no"})
    page = client.get(reverse("in_operate_changes")).content.decode()
    assert "invited Jo Marsh (Operator)" in page
    assert "(Lakeshore Police Service)" in page
    sign_in(client, world.hana)
    assert client.get(reverse("in_operate_changes")).status_code == 404


# --- a second operator -------------------------------------------------------------------------------------------


@pytest.mark.req("M-21")
def test_a_second_operator_comes_in_and_either_can_put_the_other_out(world: World, client: Client) -> None:
    sign_in(client, world.priya, fresh=True)
    alone = client.get(reverse("in_operators")).content.decode()
    assert "Have a second one" in alone
    assert "Take role away" not in alone
    seat = Seat(world.priya, None, frozenset(["operator"]))
    token = accounts.invite(seat, None, email=world.nico.email, name="Nico", roles=["operator"])
    accounts.join(world.nico, token)
    assert "2 people operate" in client.get(reverse("in_operators")).content.decode()
    other = sign_in(Client(), world.nico, fresh=True)
    assert other.post(reverse("in_operator_revoke", args=[world.priya.id])).status_code == 302
    assert [one.id for one in queries.operators()] == [world.nico.id]
    assert client.get(reverse("in_operators")).url.startswith(reverse("account_login"))


@pytest.mark.req("M-21")
def test_the_last_operator_stays_and_is_told(world: World, client: Client) -> None:
    sign_in(client, world.priya, fresh=True)
    answer = client.post(reverse("in_operator_revoke", args=[world.priya.id]), follow=True)
    assert "One operator has to stay" in answer.content.decode()
    assert queries.operators() == [world.priya]
    assert client.post(reverse("in_operator_revoke", args=[world.hana.id])).status_code == 404
    assert client.post(reverse("in_operator_withdraw", args=[unknown_id()])).status_code == 404


@pytest.mark.req("M-21")
def test_inviting_and_ending_an_operator_asks_who_one_is_again(world: World, client: Client) -> None:
    sign_in(client, world.priya)
    for path, data in (
        (reverse("in_operators"), {"name": "Jo", "email": "jo@x.example"}),
        (reverse("in_operator_revoke", args=[second(world)]), {}),
    ):
        assert client.post(path, data).url.startswith(reverse("account_reauthenticate"))
    assert not Invitation.objects.exists()
    assert len(queries.operators()) == 2


def test_somebody_elses_invitation_is_not_taken_back_by_operators(world: World, client: Client) -> None:
    sign_in(client, world.priya, fresh=True)
    theirs = invited(world, world.pine, "leader")
    assert client.post(reverse("in_operator_withdraw", args=[theirs])).status_code == 404
    assert Invitation.objects.filter(id=theirs).exists()
