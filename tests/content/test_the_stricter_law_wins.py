"""Layers and an organisation's choices can make a pack stricter, never looser (K-31), in whatever order they come."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.content import law
from alongside.content.law import merging, reading
from alongside.content.law.pack import CALLS, DUTIES, KINDS, Duty, Layer, Limit, Pack, Protection, ReportLine

KEYS = sorted(KINDS)
PLACES = law.packs()


def limits(optional: bool) -> st.SearchStrategy[tuple[Limit, ...]]:
    one = st.builds(
        Limit,
        key=st.sampled_from(KEYS),
        short=st.sampled_from(["short"]),
        scope=st.sampled_from(["One scope.", "Another scope.", "A third."]),
        mandated=st.booleans(),
        requirement=st.just("K-13"),
        call=st.sampled_from(CALLS),
        optional=st.booleans() if optional else st.just(False),
        on_by_default=st.just(True),
        lines=st.lists(
            st.builds(
                ReportLine, st.sampled_from(["child", "adult"]), st.just("a"), st.just("b"), st.just(""), st.just(())
            )
        ).map(tuple),
    )
    return st.lists(one, unique_by=lambda limit: limit.key).map(tuple)


LAYERS = st.builds(
    Layer,
    key=st.sampled_from("abcdef"),
    name=st.just("n"),
    about=st.just("a"),
    note=st.just("n"),
    exceptions=limits(optional=False),
    court_protection=st.booleans(),
    protections=st.lists(st.builds(Protection, *[st.sampled_from("pq")] * 4, st.just(("1",)))).map(tuple),
    duties=st.lists(
        st.builds(Duty, st.sampled_from(DUTIES), st.booleans(), st.just("says")), unique_by=lambda duty: duty.key
    ).map(tuple),
    citations=st.just(()),
    unknown=st.just(()),
    review_by=st.dates(date(2026, 1, 1), date(2028, 1, 1)),
)
PLACE = st.builds(
    lambda key, found: replace(law.pack(key, "en"), exceptions=found), st.sampled_from(PLACES), limits(True)
)


def meaning(pack: Pack) -> object:
    """Return what a pack says, whatever the order of its parts."""
    return (
        {
            (
                one.key,
                one.mandated,
                one.call,
                one.optional,
                frozenset(re.findall(r"[^.]+\.", one.scope.replace(". ", "."))),
                frozenset(one.lines),
            )
            for one in pack.exceptions
        },
        {(duty.key, duty.on) for duty in pack.duties},
        set(pack.protections),
        pack.court_protection,
        pack.review_by,
    )


@pytest.mark.req("K-04", "K-31")
@given(PLACE, st.lists(LAYERS, max_size=4, unique_by=lambda layer: layer.key), st.randoms())
def test_the_order_of_layers_does_not_matter(place: Pack, layers: list[Layer], dice) -> None:  # type: ignore[no-untyped-def]
    other = list(layers)
    dice.shuffle(other)
    # Said as yes or no: to explain the difference of two packs would take minutes.
    same = merging.with_layers(place, layers) == merging.with_layers(place, other)
    assert same
    one_by_one = place
    for layer in other:
        one_by_one = merging.with_layers(one_by_one, [layer])
    same = meaning(one_by_one) == meaning(merging.with_layers(place, layers))
    assert same


@pytest.mark.req("K-04", "K-31", "I-24")
@given(PLACE, st.lists(LAYERS, max_size=4, unique_by=lambda layer: layer.key))
def test_a_join_never_promises_more_than_each_part_and_loses_no_exception(place: Pack, layers: list[Layer]) -> None:
    joined = merging.with_layers(place, layers)
    found = {one.key: one for one in joined.exceptions}
    for part in (place, *layers):
        assert joined.court_protection <= part.court_protection
        assert joined.review_by <= part.review_by
        for one in part.exceptions:
            assert found[one.key].mandated >= one.mandated
            assert found[one.key].optional <= one.optional
            assert CALLS.index(found[one.key].call) >= CALLS.index(one.call)
            assert one.scope in found[one.key].scope
            assert set(one.lines) <= set(found[one.key].lines)
        for duty in part.duties:
            assert joined.duty(duty.key).on >= duty.on
        assert set(part.protections) <= set(joined.protections)


# --- what an organisation chooses --------------------------------------------------------------------------------

NAMES = [f"exception:{key}" for key in KEYS] + [f"duty:{key}" for key in DUTIES] + ["number:child", "number:adult"]
VALUES = st.one_of(
    st.booleans(), st.none(), st.integers(), st.text(max_size=200), st.just("+1 218 555 0199"), st.lists(st.text())
)
CHOICES = st.dictionaries(st.one_of(st.sampled_from([*NAMES, "federal"]), st.text(max_size=30)), VALUES, max_size=12)


def strictness(pack: Pack) -> tuple[set[str], set[str]]:
    return {one.key for one in pack.exceptions if not one.optional}, {duty.key for duty in pack.held}


@pytest.mark.req("K-31", "I-24", "L-24")
@given(st.sampled_from([*PLACES, "withdrawn"]), CHOICES, st.sampled_from(["en", "fr"]))
def test_no_choice_whatever_makes_a_pack_looser_or_promise_more(
    key: str, choices: dict[str, object], language: str
) -> None:
    before = law.in_force(key, {}, language)
    after = law.in_force(key, choices, language)
    must, duties = strictness(before)
    assert must <= {one.key for one in after.exceptions}
    assert duties <= {duty.key for duty in after.held}
    assert after.court_protection <= before.court_protection
    assert (after.court, after.higher_law) == (before.court, before.higher_law)
    assert after.review_by <= before.review_by
    told = {one.key: one for one in after.exceptions}
    for one in before.exceptions:
        if one.key in told:
            assert told[one.key].short == one.short
            assert told[one.key].scope.startswith(one.scope)
            assert told[one.key].mandated >= one.mandated
    # What may be passed on grows only by what the pack offers, with a name, or by the federal layer.
    offered = {one.key for one in law.pack(law.choosable(key, {}, "en").key, "en").left_out}
    for new in told.keys() - {one.key for one in before.exceptions}:
        named = new in offered and isinstance(choices.get(f"exception:{new}"), str)
        assert named or choices.get("federal") is True


@pytest.mark.req("K-31")
@given(st.sampled_from(PLACES), CHOICES, st.sampled_from([*NAMES, "federal"]), VALUES)
def test_what_is_accepted_holds_and_what_is_refused_would_have_changed_nothing(
    key: str, choices: dict[str, object], choice: str, value: object
) -> None:
    try:
        law.refuse(key, choices, choice, value)
    except (law.Unknown, ValueError):
        if choice != "federal":
            rest = {name: chosen for name, chosen in choices.items() if name != choice}
            assert law.in_force(key, {**rest, choice: value}, "en") == law.in_force(key, rest, "en")
        return
    after = law.in_force(key, {**choices, choice: value}, "en")
    what, _colon, name = choice.partition(":")
    if what == "exception":
        assert (after.exception(name) is not None) == bool(value)
    if what == "duty":
        assert after.duty(name).on >= bool(value)


@pytest.mark.req("K-31")
def test_what_can_be_chosen_in_ontario() -> None:
    off = law.in_force("on", {"exception:serious-self-harm": False}, "en")
    assert off.exception("serious-self-harm") is None
    with_counsel = law.in_force("on", {"exception:serious-mental-illness": "Rivera and Lund, 3 May 2026"}, "en")
    assert with_counsel.exception("serious-mental-illness") is not None
    for choice, value in [
        ("exception:danger", False),
        ("exception:maltreatment", False),
        ("exception:serious-mental-illness", True),
        ("exception:serious-mental-illness", " "),
        ("duty:witness", False),
    ]:
        with pytest.raises(law.TooLoose):
            law.refuse("on", {}, choice, value)
    for choice in ("exception:crime", "duty:secrecy", "number:mayor", "court", ""):
        with pytest.raises(law.Unknown):
            law.refuse("on", {}, choice, True)


@pytest.mark.req("K-04")
def test_the_federal_act_counts_for_federal_agencies_only_and_its_note_for_all() -> None:
    state, federal = law.in_force("mn", {}, "en"), law.in_force("mn", {"federal": True}, "en")
    assert "override the law of a state" in state.higher_law
    assert state.exception("crime") is None
    assert not state.duty("written-notice").on
    assert "34usc50901" not in {one.key for one in state.citations}
    assert federal.exception("crime") is not None
    assert federal.duty("written-notice").on
    danger = federal.exception("danger")
    assert danger is not None
    assert "Having such thoughts is not enough" in danger.scope
    with pytest.raises(law.TooLoose):
        law.refuse("mn", {"federal": True}, "duty:written-notice", False)


def test_a_number_that_a_coordinator_entered_stands_in_the_line_to_which_is_reported() -> None:
    pack = law.in_force("on", {"number:child": "+1 416 555 0100", "number:adult": "call me <b>"}, "en")
    reported = pack.exception("maltreatment")
    assert reported is not None
    assert {line.key: line.number for line in reported.lines} == {"child": "+1 416 555 0100", "adult": ""}


def test_a_layer_is_known_by_its_kind() -> None:
    assert reading.keys("layer") == ("ca-federal", "us-federal")
    assert set(reading.keys()) == {"generic-ca", "generic-us", "mn", "on"}
