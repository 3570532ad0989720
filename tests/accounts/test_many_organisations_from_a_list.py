"""Operators make hundreds of organisations from a list: all or none, every error by its line, twice changes nothing."""

import time
from itertools import pairwise
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from alongside.accounts import queries
from alongside.accounts.models import AuditEntry, Invitation, Organisation
from alongside.accounts.rules import COLUMNS, MOST_LINES, BadList, decode_list, read_list
from alongside.notify.models import Notice
from alongside.site import importing
from tests.conftest import Clock
from tests.world import NOW, World, person, sign_in

HEAD = ",".join(COLUMNS)


def line(number: int = 1, **cells: str) -> str:
    """Return one good line, with some cells changed."""
    good = {
        "short_name": f"hall-{number}",
        "name": f"Hall {number}",
        "neutral_title": "Shift info",
        "language": "en",
        "time_zone": "America/Chicago",
        "pack": "generic-us",
        "on_call_number": f"+1 218 555 {number:04}",
        "headcount": "40",
        "coordinator_name": "Wren Castillo",
        "coordinator_email": f"wren{number}@hall.example",
    }
    return ",".join('"{}"'.format({**good, **cells}[name].replace('"', '""')) for name in COLUMNS)


def table(*lines: str) -> str:
    """Return a list."""
    return "\n".join([HEAD, *lines]) + "\n"


def errors(text: str) -> list[tuple[int, str, str]]:
    """Return (line, column, what is wrong)."""
    found = importing.plan(text, NOW)
    return [(one.number, label, says) for one in found.lines for label, says in one.errors]


def make(text: str) -> None:
    """Carry a list out as a command of the terminal."""
    found = importing.plan(text, NOW)
    assert found.sound, found
    assert importing.carry_out(None, found, NOW)


@pytest.mark.req("K-31", "M-24")
def test_a_list_is_shown_first_and_then_made_with_invitations_at_a_pace(world: World, client: Client) -> None:
    sign_in(client, world.priya, fresh=True)
    text = table(*(line(number) for number in range(1, 31)))
    looked = client.post(reverse("in_organisations_import"), {"text": text, "step": "look"})
    assert looked.status_code == 200
    assert "30 to be made" in looked.content.decode()
    assert Organisation.objects.count() == 2
    done = client.post(reverse("in_organisations_import"), {"text": text, "step": "make"}, follow=True)
    assert "29 invitations are still to be sent." in done.content.decode()
    made = Organisation.objects.get(slug="hall-7")
    assert (made.name, made.pack, made.time_zone, made.headcount) == ("Hall 7", "generic-us", "America/Chicago", 40)
    assert Invitation.objects.get(organisation=made).roles == ["coordinator"]
    moments = list(Notice.objects.filter(message="invitation").order_by("due_at").values_list("due_at", flat=True))
    assert len(moments) == 30
    assert {(later - sooner).total_seconds() for sooner, later in pairwise(moments)} == {10.0}
    assert AuditEntry.objects.get(what="organisations.imported").detail == {"count": 30, "invited": 30}
    assert AuditEntry.objects.filter(what="organisation.made", person=world.priya).count() == 30
    changes = client.get(reverse("in_operate_changes")).content.decode()
    assert "made 30 organisations from a list and invited who leads 30" in changes


def test_a_list_taken_again_changes_nothing_and_invites_only_where_nobody_leads(world: World, clock: Clock) -> None:
    text = table(line(1), line(2))
    make(text)
    before = (list(Organisation.objects.values()), Invitation.objects.count())
    again = importing.plan(text, NOW)
    assert (again.count("there"), again.listed) == (2, [])
    # Nobody took the first one up, and somebody came to lead the second.
    Invitation.objects.filter(organisation__slug="hall-1").delete()
    person("Jo Marsh", Organisation.objects.get(slug="hall-2"), "coordinator")
    Invitation.objects.filter(organisation__slug="hall-2").delete()
    third = importing.plan(text, clock.now())
    assert [one.state for one in third.lines] == ["invite", "there"]
    make(text)
    assert list(Organisation.objects.values()) == before[0]
    assert [one.organisation.slug for one in Invitation.objects.all() if one.organisation] == ["hall-1"]


def test_one_bad_line_keeps_every_line_from_being_made(world: World, client: Client) -> None:
    sign_in(client, world.priya, fresh=True)
    text = table(line(1), line(2, pack="atlantis"), line(3))
    answer = client.post(reverse("in_organisations_import"), {"text": text, "step": "make"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "One line is to be put right. Nothing was made." in page
    assert "Line 3" in page
    assert "Law pack: Write one of these" in page
    assert Organisation.objects.count() == 2
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("cells", "label", "says"),
    [
        ({"short_name": "Hall 1"}, "Short name", "small letters"),
        ({"short_name": ""}, "Short name", "required"),
        ({"short_name": "pine"}, "Short name", "Another organisation has this short name"),
        ({"name": "PINE  county sheriff"}, "Name", "There is an organisation of this name: pine"),
        ({"name": ""}, "Name", "required"),
        ({"name": "=HYPERLINK(1)"}, "Name", "formula"),
        ({"coordinator_name": "@SUM(A1)"}, "Coordinator", "formula"),
        ({"headcount": "-5"}, "People", "formula"),
        ({"name": "x" * 5_000}, "Name", "too long"),
        ({"name": "Hall\x00\x07"}, "Name", "cannot be read"),
        ({"language": "de"}, "Language", "en, fr"),
        ({"time_zone": "Central"}, "Time zone", "no such time zone"),
        ({"time_zone": "../../etc/passwd"}, "Time zone", "no such time zone"),
        ({"pack": "minnesota-2"}, "Law pack", "generic-us"),
        ({"on_call_number": "=1+2"}, "On-call number", "formula"),
        ({"on_call_number": "call us"}, "On-call number", "telephone number"),
        ({"headcount": "many"}, "People", "whole number"),
        ({"headcount": "0"}, "People", "greater than or equal to 1"),
        ({"coordinator_email": "nobody"}, "Coordinator’s e-mail", "valid email"),
    ],
)
def test_what_is_wrong_is_said_by_line_and_column(world: World, cells: dict[str, str], label: str, says: str) -> None:
    found = errors(table(line(1), line(2, **cells)))
    assert [one for one in found if one[:2] == (3, label) and says in one[2]], found
    assert {one[0] for one in found} == {3}


def test_what_stands_twice_is_said_at_both_places(world: World) -> None:
    assert {(one[0], one[1]) for one in errors(table(line(1), line(1, name="Other")))} == {
        (2, "Short name"),
        (3, "Short name"),
    }
    assert {(one[0], one[1]) for one in errors(table(line(1), line(2, name="hall  1")))} == {(2, "Name"), (3, "Name")}


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("", "empty", ""),
        ("\n \n", "empty", ""),
        (HEAD, "empty", ""),
        (table(*(line(number) for number in range(MOST_LINES + 1))), "too-many", ""),
        ("x" * 500_000, "too-long", ""),
        ("name,short_name\na,b\n", "no-columns", ", ".join(COLUMNS[2:])),
        (HEAD + ",boss\n" + line() + ",x\n", "unknown-columns", "boss"),
        (HEAD + ",name\n" + line() + ",x\n", "unknown-columns", "name, name"),
        (table(line() + ",one,too,many"), "broken", "2"),
        (table('"open'), "broken", "2"),
    ],
)
def test_what_is_no_such_table_is_refused_as_a_whole(text: str, code: str, at: str) -> None:
    with pytest.raises(BadList) as refused:
        read_list(text)
    assert refused.value.code == code
    assert refused.value.at == at or (code == "unknown-columns" and at in refused.value.at)


def test_ten_thousand_lines_are_refused_at_once_by_page_and_command(world: World, client: Client) -> None:
    text = table(*(line(number) for number in range(10_000)))
    began = time.monotonic()
    with pytest.raises(BadList, match="too-long"):
        decode_list(text.encode())
    sign_in(client, world.priya, fresh=True)
    answer = client.post(reverse("in_organisations_import"), {"text": text, "step": "make"})
    assert answer.status_code in (400, 413, 422)
    assert time.monotonic() - began < 5
    assert Organisation.objects.count() == 2


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "latin-1"])
def test_another_encoding_is_refused_with_its_line(encoding: str) -> None:
    with pytest.raises(BadList) as refused:
        decode_list(table(line(1), line(2, name="Caserne de Trois-Rivières")).encode(encoding))
    assert refused.value.code == "not-utf8"
    assert refused.value.at in ("1", "3")


@pytest.mark.parametrize("sign", [";", "\t"])
def test_other_separators_a_mark_and_columns_in_another_order_are_taken(world: World, sign: str) -> None:
    names = list(reversed(COLUMNS))
    cells = {"short_name": "hall-1", "name": "Caserne, nord", "neutral_title": "Info", "language": "fr",
             "time_zone": "America/Toronto", "pack": "generic-ca", "on_call_number": "", "headcount": "12",
             "coordinator_name": "Léa Roy", "coordinator_email": "lea@nord.example"}  # fmt: skip
    text = "\ufeff" + sign.join(name.replace("_", " ").title() for name in names) + "\r\n\r\n"
    text += sign.join(cells[name] for name in names) + "\r\n"
    make(decode_list(text.encode()))
    made = Organisation.objects.get(slug="hall-1")
    assert (made.name, made.language, made.on_call_number) == ("Caserne, nord", "fr", "")


def test_what_came_between_look_and_deed_undoes_all_of_it(world: World) -> None:
    found = importing.plan(table(line(1), line(2)), NOW)
    Organisation.objects.create(slug="hall-2", name="Faster", neutral_title="x", time_zone="UTC")
    assert importing.carry_out(None, found, NOW) is None
    assert not Organisation.objects.filter(slug="hall-1").exists()
    assert not Invitation.objects.exists()
    assert not Notice.objects.filter(message="invitation").exists()


@pytest.mark.req("M-21")
def test_only_operators_who_just_signed_in_get_there(world: World, client: Client) -> None:
    for who in (world.hana, world.renee, world.anne):
        sign_in(client, who, fresh=True)
        assert client.get(reverse("in_organisations_import")).status_code == 404
        assert client.post(reverse("in_organisations_import"), {"text": table(line())}).status_code == 404
    sign_in(client, world.priya)
    assert client.get(reverse("in_organisations_import")).url.startswith(reverse("account_reauthenticate"))


def test_four_hundred_lines_take_seconds_and_not_minutes(world: World, client: Client) -> None:
    sign_in(client, world.priya, fresh=True)
    text = table(*(line(number) for number in range(400)))
    began = time.monotonic()
    assert client.post(reverse("in_organisations_import"), {"text": text, "step": "look"}).status_code == 200
    looked = time.monotonic()
    assert client.post(reverse("in_organisations_import"), {"text": text, "step": "make"}).status_code == 302
    made = time.monotonic()
    print(f"400 lines: looked at in {looked - began:.2f} s, made in {made - looked:.2f} s")
    assert made - began < 40
    assert len(queries.organisations()) == 402


def test_a_broken_page_shows_what_was_typed_as_text(world: World, client: Client) -> None:
    sign_in(client, world.priya, fresh=True)
    text = table(line(1, name="<script>alert(1)</script>", pack="<b>"))
    page = client.post(reverse("in_organisations_import"), {"text": text, "step": "look"}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_the_example_of_the_page_is_a_good_list(world: World) -> None:
    found = importing.plan(importing.EXAMPLE, NOW)
    assert found.sound, found
    assert found.count("new") == 1


def test_a_file_of_the_terminal_is_read_as_bytes(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(table(line(1)).encode("utf-8-sig"))
    assert read_list(decode_list(file.read_bytes()))[0].cells["short_name"] == "hall-1"
