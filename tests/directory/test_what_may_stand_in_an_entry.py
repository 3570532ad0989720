"""A number calls what it says and nothing else; a link leads to a public site; a text hides nothing."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.directory import rules

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [
        ("1 800 267-5463", "+18002675463"),
        ("(218) 555-0142", "+12185550142"),
        ("218.555.0142", "+12185550142"),
        ("+1 218 555 0142", "+12185550142"),
        ("+44 116 123 0000", "+441161230000"),
        ("211", "211"),
        ("811", "811"),
    ],
)
def test_a_number_is_kept_as_it_is_dialled(typed: str, dialled: str) -> None:
    assert rules.number(typed) == dialled


@pytest.mark.parametrize(
    "typed",
    [
        "", "12", "911", "988", "+1 911", "1-900-555-0142", "900 555 0142", "*67 218 555 0142", "218 555 0142,,1",
        "218 555 0142;ext=1", "1-800-COPLINE", "javascript:alert(1)", "tel:+12185550142", "118 555 0142",
        "+0 123 456 789", "+44 1", "+1234567890123456", "218 555 01420", "２１８ 555 0142", "218 555 0142\n911", "+",
        "218\u2028555 0142", "#31#2185550142", "218 155 0142",
    ],
)  # fmt: skip
def test_what_a_tap_should_not_dial_is_refused(typed: str) -> None:
    with pytest.raises(rules.BadNumber):
        rules.number(typed)


def test_short_codes_take_texts_only() -> None:
    assert rules.text_number("741741") == "741741"
    assert rules.text_number("68686") == "68686"
    for typed in ("741741", "68686"):
        with pytest.raises(rules.BadNumber):
            rules.number(typed)
    for typed in ("1", "041741", "7417411", "911", "988"):
        with pytest.raises(rules.BadNumber):
            rules.text_number(typed)


@given(st.text(max_size=40))
def test_whatever_is_typed_becomes_digits_or_is_refused(typed: str) -> None:
    try:
        found = rules.number(typed)
    except rules.BadNumber:
        return
    assert found.isascii()
    assert found.removeprefix("+").isdigit()
    assert found not in {"911", "988"}
    assert rules.number(rules.dialled(found)) == found


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://www.copline.org/", "https://www.copline.org/"),
        ("copline.org", "https://copline.org/"),
        ("https://Example.ORG/Help?a=1#top", "https://example.org/Help?a=1#top"),
        ("example.org/help", "https://example.org/help"),
    ],
)
def test_a_site_is_kept_with_https(typed: str, kept: str) -> None:
    assert rules.site(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "http://example.org",
        "//example.org", "https://", "https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://a@b.org/",
        "https://example.org:8443/", "https://example.org\\@evil.org/", "https://exa mple.org", "ftp://example.org",
        'https://example.org/"onclick=', "https://example.org/<script>", "https://exаmple.org/", "tel:911",
        "https://example.org/" + "x" * 200, "https://-a.org/", "https://a..org/", "https://example.org\n.evil.org",
        "mailto:a@b.org", "https://example.123/",
    ],
)  # fmt: skip
def test_what_is_no_public_site_is_refused(typed: str) -> None:
    with pytest.raises(rules.BadSite):
        rules.site(typed)


@given(st.text(max_size=60))
def test_whatever_is_typed_as_a_site_leads_to_https_or_is_refused(typed: str) -> None:
    try:
        found = rules.site(typed)
    except rules.BadSite:
        return
    assert found.startswith("https://")
    assert rules.site(found) == found
    assert not any(bad in found for bad in "\"'<>\\ \n\t")


def test_texts_hide_and_turn_nothing() -> None:
    assert rules.only_readable("  Any\thour,\nevery day ") == "Any hour, every day"
    assert rules.only_readable("À toute heure ; gratuit") == "À toute heure ; gratuit"
    assert rules.only_readable("gratuit\u202f; texto") == "gratuit\u202f; texto"
    for hidden in ("free\u202eeerf", "fr\u200bee", "a\x00b", "a\u2066b", "\ue000", "a\u2028b", "a\u2029b"):
        with pytest.raises(rules.BadWords):
            rules.only_readable(hidden)


@pytest.mark.req("A-33")
def test_a_call_is_of_today_or_of_the_last_30_days() -> None:
    rules.check_call(DAY, DAY)
    rules.check_call(DAY - timedelta(days=30), DAY)
    with pytest.raises(rules.NotYet):
        rules.check_call(DAY + timedelta(days=1), DAY)
    with pytest.raises(rules.CallTooOld):
        rules.check_call(DAY - timedelta(days=31), DAY)


@pytest.mark.req("A-33")
@pytest.mark.parametrize(
    ("days", "off", "standing"),
    [
        (None, False, "unverified"), (-1, False, "expired"), (0, False, "soon"), (30, False, "soon"),
        (31, False, "shown"), (31, True, "off"), (-1, True, "off"), (None, True, "off"),
    ],
)  # fmt: skip
def test_how_an_entry_stands(days: int | None, off: bool, standing: str) -> None:
    until = None if days is None else DAY + timedelta(days=days)
    assert rules.standing(until, DAY, off=off, warning=30) == standing


def test_a_shorter_time_counts_at_once_and_a_longer_one_from_the_next_call_on() -> None:
    kept = DAY + timedelta(days=90)
    assert rules.fresh_until(DAY, kept, 30) == DAY + timedelta(days=30)
    assert rules.fresh_until(DAY, kept, 180) == kept
