"""What ships of outside help: every fact has its place, only 911 and 988 need nobody's word."""

from typing import Any

import pytest

from alongside.content import guides, law, library, load, resources
from alongside.directory import rules


@pytest.mark.req("A-25", "A-33")
def test_only_911_and_988_are_shown_without_anybodys_word() -> None:
    always = {one.entry.dial for one in resources.shipped() if one.always}
    assert always == {"911", "988"}
    for country in ("us", "ca"):
        crisis = {line.dial for line in law.crisis_lines(country, "en")}
        assert {one.entry.dial for one in resources.of_country(country) if one.always} == crisis


@pytest.mark.req("A-27", "A-28")
@pytest.mark.parametrize("country", ["us", "ca"])
def test_each_country_has_help_outside_the_employer_and_for_families(country: str) -> None:
    groups = [group for one in resources.of_country(country) if not one.always for group in one.entry.groups]
    assert "outside" in groups
    assert "family" in groups


def test_what_ships_would_pass_the_checks_of_what_is_typed() -> None:
    for one in resources.shipped():
        if one.always:
            continue
        entry = one.entry
        assert entry.dial in ("", rules.number(entry.dial) if entry.dial else ""), one.key
        assert entry.sms in ("", rules.text_number(entry.sms) if entry.sms else ""), one.key
        assert entry.site in ("", rules.site(entry.site) if entry.site else ""), one.key
        for words in entry.said.values():
            assert all(rules.only_readable(text) == text for text in words.values()), one.key


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"groups": ["nowhere"]}, "unknown groups"),
        ({"needs": ["riches"]}, "unknown needs"),
        ({"dial": "", "sms": "", "site": ""}, "leads nowhere"),
        ({"source": ""}, "leads nowhere, or has no source"),
        ({"fr": {"name": "", "who": ""}}, "has no name"),
    ],
)
def test_an_incomplete_entry_stops_the_start(change: dict[str, Any], why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = load.toml("referrals.toml")
    broken = {**source, "resources": [{**source["resources"][4], **change}]}
    monkeypatch.setattr(load, "toml", lambda _name: broken)
    resources.shipped.cache_clear()
    try:
        with pytest.raises(ValueError, match=why):
            resources.shipped()
    finally:
        resources.shipped.cache_clear()


def test_stored_facts_of_another_version_are_read_without_what_is_unknown() -> None:
    entry = resources.Entry.of({"dial": "+12185550100", "groups": ["outside", "gone"], "said": {"en": {"name": "A"}}})
    assert entry.groups == ("outside",)
    assert entry.said["fr"]["name"] == ""
    assert resources.Entry.of(entry.as_data()) == entry


@pytest.mark.req("L-27")
def test_the_library_has_the_named_works_with_link_and_licence_in_both_languages() -> None:
    wanted = {"mhcc-guidelines", "milliard-2020", "echo-session", "ombudsman-2012", "cipsrt"}
    wanted |= {"badge-of-life-canada", "wounded-warriors-canada"}
    for language in load.LANGUAGES:
        works = {one.key: one for one in library.works(language)}
        assert works.keys() >= wanted
        for one in works.values():
            assert rules.site(one.link)
            assert one.title and one.by and one.licence and one.says
    # What the study does not show stands beside what it does.
    assert "does not show" in {one.key: one for one in library.works("en")}["milliard-2020"].says


@pytest.mark.req("L-14", "L-15", "L-16", "L-17", "E-22")
@pytest.mark.parametrize("language", load.LANGUAGES)
def test_the_managers_card_has_five_rights_six_dos_four_donts_and_a_named_source_of_signs(language: str) -> None:
    card = guides.guide("manager-card", language).html
    parts = card.split("<h2>")[1:]
    assert [part.count("<li>") for part in parts[:4]] == [5, 6, 4, 4]
    assert "CDC/NIOSH" in parts[2]
    member = guides.guide("after-a-hard-call", language).html
    assert member.count("<h2>") == 6


@pytest.mark.req("L-14")
def test_in_english_the_rights_spell_trust() -> None:
    card = guides.guide("manager-card", "en").html.split("<h2>")[1]
    assert "".join(part[0] for part in card.split("<strong>")[1:]) == "TRUST"
    member = guides.guide("after-a-hard-call", "en").html
    assert "".join(part[0] for part in member.split("<h2>")[1:6]) == "TRUST"


@pytest.mark.req("I-18", "I-19")
def test_rules_and_discretion_for_managers_are_there_in_both_languages_under_one_version() -> None:
    assert {guides.guide("manager-rules", language).version for language in load.LANGUAGES} == {
        guides.managers_rules_version()
    }
    for language in load.LANGUAGES:
        assert guides.guide("manager-rules", language).html.count("<li>") == 8
        assert guides.guide("manager-discretion", language).html.count("<h2>") == 5
