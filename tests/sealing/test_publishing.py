"""Keys are published, kept and let go: nobody's words, weeks or keys are taken for somebody else's."""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from alongside.accounts.models import Person
from alongside.sealing import actions, queries
from alongside.sealing import rules as seals
from alongside.sealing.actions import BadKeys, NewKey, OtherWords, Publication
from alongside.sealing.models import KeyRing, KeyWrap, ReceivingKey, WrapRecipient
from alongside.site import schedule
from alongside.site.demo.words import known_keys
from alongside.site.demo.words import supporters as known
from tests.conftest import Clock
from tests.help_requests.device import nothing, rows
from tests.help_requests.frames import ONE, WRAP, public_key
from tests.sealing import vectors
from tests.sealing.devices import MAC, words_publication
from tests.world import NOW, World, person

WEEKS = seals.weeks_from(date(2026, 11, 23), 8)
WORDS, OTHER = public_key(500), public_key(501)


@pytest.fixture
def renee(world: World) -> Person:
    return world.renee.person


@pytest.fixture
def marcus(world: World) -> Person:
    return world.marcus.person


def key(week: date, number: int, wrap: bytes = WRAP) -> NewKey:
    return new(week, public_key(number), wrap)


def new(week: date, public: str, sealed: bytes = WRAP) -> NewKey:
    return NewKey(week, public, MAC, {seals.WORDS: sealed}, bytes(64))


def wrap(number: int) -> bytes:
    """Return one of many wraps of the right form."""
    return WRAP[:-1] + bytes([number])


def publish(
    who: Person, keys: Sequence[NewKey], words: str = WORDS, weeks: Sequence[date] = WEEKS, **more: Any
) -> None:
    begun = words_publication(who.id, words, {})
    actions.publish(who.id, Publication(begun.on, begun.vouch, begun.ring, keys), weeks=weeks, **more)


def weeks_of(who: Person) -> list[tuple[date, str, bytes]]:
    """Return the weeks of a person who has words only, with the one wrap of each."""
    return [(key.week, key.public_key, key.wraps[seals.WORDS]) for key in queries.key_state(who.id).keys]


def kept() -> tuple[list[Any], ...]:
    """Return every row of this domain."""
    return (
        [(one.person_id, one.listed, one.mac and bytes(one.mac)) for one in KeyRing.objects.order_by("id")],
        [(one.id, one.name, bytes(one.ring_key)) for one in WrapRecipient.objects.order_by("id")],
        list(ReceivingKey.objects.order_by("id").values("id", "person_id", "week", "public_key")),
        [(one.id, one.key_id, bytes(one.sealed)) for one in KeyWrap.objects.order_by("id")],
    )


def refused(who: Person, keys: Sequence[NewKey], **more: Any) -> str:
    """Return the code with which keys are refused, after which every row is as before."""
    before = kept()
    with pytest.raises(BadKeys) as error:
        publish(who, keys, **more)
    assert kept() == before
    return str(error.value)


# --- what is kept ------------------------------------------------------------------------------------------------


@pytest.mark.req("K-34")
def test_what_was_published_comes_back_by_week_to_its_owner_alone(renee: Person, marcus: Person) -> None:
    publish(renee, [key(WEEKS[2], 3, wrap(3)), key(WEEKS[0], 1, wrap(1))])
    state = queries.key_state(renee.id)
    assert state.ring
    assert state.ring.listed == seals.write_ring([seals.words_member(WORDS)])
    assert weeks_of(renee) == [(WEEKS[0], public_key(1), wrap(1)), (WEEKS[2], public_key(3), wrap(3))]
    assert queries.key_state(marcus.id) == queries.KeyState(None, [])


@pytest.mark.req("K-34")
def test_a_week_that_has_a_usable_key_keeps_it_and_new_weeks_come_on_top(renee: Person) -> None:
    publish(renee, [key(WEEKS[0], 1, wrap(1))])
    publish(renee, [key(WEEKS[0], 9, wrap(9)), key(WEEKS[1], 2, wrap(2))])
    expected = [(WEEKS[0], public_key(1), wrap(1)), (WEEKS[1], public_key(2), wrap(2))]
    assert weeks_of(renee) == expected
    publish(renee, [key(WEEKS[0], 1, wrap(7))])
    assert weeks_of(renee) == expected


@pytest.mark.req("K-34")
def test_a_week_whose_private_half_is_gone_gets_a_new_key(renee: Person) -> None:
    publish(renee, [key(WEEKS[0], 1), key(WEEKS[1], 2)])
    KeyWrap.objects.filter(key__week=WEEKS[0]).delete()
    publish(renee, [key(WEEKS[0], 9, wrap(9)), key(WEEKS[1], 8)])
    assert weeks_of(renee) == [
        (WEEKS[0], public_key(9), wrap(9)),
        (WEEKS[1], public_key(2), WRAP),
    ]


@pytest.mark.req("K-34")
def test_only_a_key_with_its_wrap_can_be_sealed_to(renee: Person, marcus: Person, world: World) -> None:
    publish(renee, [key(WEEKS[0], 1), key(WEEKS[1], 2)])
    publish(marcus, [key(WEEKS[0], 3)], OTHER)
    everybody = [renee.id, marcus.id, world.ana.person_id, uuid.uuid4()]
    assert queries.keys_for_week(everybody, WEEKS[0]) == {renee.id: public_key(1), marcus.id: public_key(3)}
    assert queries.keys_for_week([marcus.id], WEEKS[0]) == {marcus.id: public_key(3)}
    assert queries.keys_for_week(everybody, WEEKS[1]) == {renee.id: public_key(2)}
    KeyWrap.objects.filter(key__person=renee, key__week=WEEKS[0]).delete()
    assert queries.keys_for_week(everybody, WEEKS[0]) == {marcus.id: public_key(3)}
    assert queries.last_weeks(everybody) == {renee.id: WEEKS[1], marcus.id: WEEKS[0]}
    KeyWrap.objects.filter(key__person=renee).delete()
    assert queries.last_weeks(everybody) == {marcus.id: WEEKS[0]}


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.req("K-34")
def test_keys_wrapped_for_other_words_are_refused_and_change_nothing(renee: Person) -> None:
    publish(renee, [key(WEEKS[0], 1)])
    before = kept()
    for keys in ([key(WEEKS[1], 2)], []):
        with pytest.raises(OtherWords):
            publish(renee, keys, OTHER)
    assert kept() == before
    publish(renee, [key(WEEKS[1], 2)])


@pytest.mark.req("K-34")
def test_a_week_outside_those_of_now_is_refused(renee: Person) -> None:
    publish(renee, [key(WEEKS[0], 1)])
    for week in (WEEKS[0] - timedelta(days=7), WEEKS[-1] + timedelta(days=7), WEEKS[0] + timedelta(days=1)):
        assert refused(renee, [key(WEEKS[1], 2), key(week, 3)]) == "week"
    assert refused(renee, [key(WEEKS[1], 2), key(WEEKS[1], 3)]) == "week"
    assert refused(renee, [key(WEEKS[1], 2)], weeks=WEEKS[2:]) == "week"


@pytest.mark.req("K-34", "A-03")
def test_one_key_serves_one_person_for_one_week(renee: Person, marcus: Person) -> None:
    """A browser refuses to seal for one key twice: a copied key would stop the sealing for its whole list."""
    publish(renee, [key(WEEKS[0], 1), key(WEEKS[1], 2)])
    assert refused(marcus, [key(WEEKS[0], 1)], words=OTHER) == "repeated"
    assert refused(marcus, [key(WEEKS[0], 3), key(WEEKS[2], 1)], words=OTHER) == "repeated"
    assert refused(renee, [key(WEEKS[2], 1)]) == "repeated"
    assert refused(renee, [key(WEEKS[2], 3), key(WEEKS[3], 3)]) == "repeated"
    assert refused(renee, [new(WEEKS[2], WORDS)]) == "repeated"
    assert not KeyRing.objects.filter(person=marcus).exists()


@pytest.mark.req("K-34")
def test_the_demonstrations_keys_and_words_are_refused(renee: Person) -> None:
    one, two = known()[:2]
    assert refused(renee, [new(WEEKS[0], one.public_key)], refused=known_keys()) == "demonstration"
    assert refused(renee, [key(WEEKS[0], 1)], words=two.wrap_recipient, refused=known_keys()) == "demonstration"
    assert refused(renee, [], words=two.wrap_recipient, refused=known_keys()) == "demonstration"
    publish(renee, [key(WEEKS[0], 1)], refused=known_keys())


@pytest.mark.req("K-24", "K-34")
@pytest.mark.parametrize(
    "case", [case for case in vectors.read("key_cases.json") if case["code"]], ids=lambda case: case["name"]
)
def test_a_key_that_browsers_could_not_seal_to_is_refused(case: dict[str, Any], renee: Person) -> None:
    good = public_key(1)
    changed = vectors.edited(good.encode(), case["edits"]).decode(errors="replace")
    assert changed != good
    assert refused(renee, [new(WEEKS[0], changed)]) == case["code"]
    # A character that is no part of a key makes the list unreadable before anything of it is looked at.
    assert refused(renee, [key(WEEKS[0], 1)], words=changed) in {case["code"], "malformed"}
    assert rows() == nothing()


@pytest.mark.req("K-34")
@pytest.mark.parametrize(
    ("sealed", "code"),
    [
        (b"", "too-short"),
        (WRAP[:-1], "too-short"),
        (WRAP + b"\0", "unpadded"),
        (ONE, "unpadded"),
        (b"AGE-SECRET-KEY-PQ-1".ljust(len(WRAP), b"Q"), "not-age"),
    ],
)
def test_what_is_no_wrap_of_an_identity_is_refused(sealed: bytes, code: str, renee: Person) -> None:
    assert refused(renee, [key(WEEKS[0], 1), key(WEEKS[1], 2, sealed)]) == code


# --- what is let go ----------------------------------------------------------------------------------------------


@pytest.mark.req("C-17", "K-34")
def test_dropped_keys_leave_nothing_of_one_person_and_all_of_the_others(renee: Person, marcus: Person) -> None:
    publish(marcus, [key(WEEKS[0], 3)], OTHER)
    before = kept()
    publish(renee, [key(WEEKS[0], 1), key(WEEKS[1], 2)])
    actions.drop_keys(renee.id)
    assert kept() == before
    assert queries.key_state(renee.id) == queries.KeyState(None, [])
    # Somebody who enrols again begins with new words; the old keys are nobody's.
    publish(renee, [key(WEEKS[0], 4)], public_key(502))
    actions.drop_keys(person("Nobody Known", None).id)
    assert weeks_of(marcus) == [(WEEKS[0], public_key(3), WRAP)]


@pytest.mark.req("K-22", "K-34")
def test_keys_of_weeks_that_are_over_go_with_their_wraps(renee: Person, marcus: Person) -> None:
    publish(renee, [key(WEEKS[0], 1), key(WEEKS[1], 2), key(WEEKS[2], 3)])
    publish(marcus, [key(WEEKS[0], 4)], OTHER)
    assert actions.purge_keys(WEEKS[0]) == 0
    assert actions.purge_keys(WEEKS[1]) == 4
    assert [key.week for key in queries.key_state(renee.id).keys] == [WEEKS[1], WEEKS[2]]
    assert not queries.key_state(marcus.id).keys
    assert KeyWrap.objects.count() == 2


@pytest.mark.req("K-22", "K-34")
def test_the_last_week_is_kept_for_as_long_as_a_request_may_live_that_was_sealed_in_it(
    renee: Person, world: World, clock: Clock
) -> None:
    publish(renee, [key(WEEKS[0], 1), key(WEEKS[1], 2)])
    (job,) = (one for one in schedule.JOBS if one.name == "forget old keys")
    # At the most that policy allows: sealed in the week's last second with a list that is valid for an hour, sent at
    # the end of that, alive for 72 hours and held for an hour more.
    last = NOW.replace(hour=0, minute=0) + timedelta(days=7, hours=1 + 72 + 1)
    clock.set(last - timedelta(seconds=1))
    job.run(clock.now())
    assert len(queries.key_state(renee.id).keys) == 2
    clock.set(last)
    job.run(clock.now())
    assert [key.week for key in queries.key_state(renee.id).keys] == [WEEKS[1]]


@pytest.mark.req("K-34")
def test_somebody_is_warned_once_for_each_last_week(renee: Person) -> None:
    assert not actions.claim_warning(renee.id, WEEKS[0])
    publish(renee, [key(WEEKS[0], 1)])
    assert [actions.claim_warning(renee.id, WEEKS[0]) for _ in range(3)] == [True, False, False]
    publish(renee, [key(WEEKS[1], 2)])
    assert [actions.claim_warning(renee.id, WEEKS[1]) for _ in range(2)] == [True, False]
