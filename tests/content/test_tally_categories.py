"""The tally's categories: the list of the sources is there, cells stay few, keys are never renamed."""

import pytest

from alongside.content import load

# Every key ever released. Add new ones at the end; never change or remove one: closed periods are counted under them.
RELEASED = {
    "kind": ["talk", "after_call", "practical", "keeping_touch"],
    "channel": ["phone", "written", "in_person"],
    "topic": [
        "incident", "patient_safety", "operational", "treatment", "leadership", "culture", "personal", "several",
    ],
    "outcome": [
        "nothing_further", "follow_up", "referral", "emergency_exception", "exception_danger",
        "exception_maltreatment", "exception_law", "exception_consent",
    ],
}  # fmt: skip
# Offered no more; old cells keep their names.
RETIRED = {"emergency_exception"}


def test_released_keys_are_still_there_in_the_same_order() -> None:
    for question, keys in RELEASED.items():
        assert [category.key for category in load.every_category()[question]][: len(keys)] == keys
    assert list(load.tally()) == list(RELEASED)


@pytest.mark.req("J-20", "F-04")
def test_the_ten_organisational_stressors_are_shown_and_lie_in_three_cells() -> None:
    groups = {category.key: category.covers for category in load.tally()["topic"]}
    shown = [words["en"] for key in ("treatment", "leadership", "culture") for words in groups[key]]
    assert sorted(shown) == sorted(
        [
            "promotion process", "culture", "bullying", "harassment", "favouritism", "unsupportive supervisors",
            "authoritative supervisors", "toxic workplace", "internal politics", "compassion fatigue",
        ]
    )  # fmt: skip


@pytest.mark.req("F-04", "A-17", "A-18", "A-19", "A-21", "A-11")
def test_operational_personal_patient_safety_and_mixed_matters_have_a_place() -> None:
    assert {"incident", "patient_safety", "operational", "personal", "several"} <= {
        category.key for category in load.tally()["topic"]
    }


@pytest.mark.req("J-10", "D-14", "D-17")
def test_outcomes_tell_referral_follow_up_and_the_kind_of_exception() -> None:
    offered = [category.key for category in load.tally()["outcome"]]
    assert offered == [key for key in RELEASED["outcome"] if key not in RETIRED]
    assert {category.key for entries in load.every_category().values() for category in entries if category.retired} == (
        RETIRED
    )


@pytest.mark.req("A-29")
def test_every_category_has_both_languages() -> None:
    for entries in load.tally().values():
        for category in entries:
            for words in (category.label, *category.covers):
                assert set(words) == set(load.LANGUAGES)


@pytest.mark.req("J-10", "A-16")
def test_no_category_is_a_clinical_word() -> None:
    clinical = ("depress", "anxi", "ptsd", "suicid", "diagnos", "symptom", "addict", "alcohol", "disorder", "therap")
    for entries in load.tally().values():
        for category in entries:
            words = " ".join(
                [category.key, *category.label.values(), *(w for c in category.covers for w in c.values())]
            )
            assert [word for word in clinical if word in words.lower()] == []
