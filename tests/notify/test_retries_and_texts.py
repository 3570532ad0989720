"""Retries grow and end; texts are neutral and carry nothing they have no place for."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.content import load
from alongside.notify import rules

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ORIGIN = "https://shift.example"


@pytest.mark.req("A-03")
@given(st.integers(1, 60))
def test_pauses_grow_and_a_try_has_an_end(attempts: int) -> None:
    far = NOW + timedelta(days=400)
    moment = rules.next_try(attempts, NOW, far)
    following = rules.next_try(attempts + 1, NOW, far)
    if moment is None:
        assert attempts >= rules.MOST_TRIES
        assert following is None
    else:
        assert moment > NOW
        assert following is None or following >= moment


@pytest.mark.req("A-03")
def test_the_first_hour_of_an_outage_sees_many_tries_and_the_last_try_comes_after_days() -> None:
    moments = [sum(rules.PAUSES[: n + 1], timedelta()) for n in range(len(rules.PAUSES))]
    assert sum(moment <= timedelta(hours=1) for moment in moments) >= 7
    assert timedelta(days=2) < moments[-1] < timedelta(days=4)


@given(st.integers(1, rules.MOST_TRIES), st.integers(1, 500_000))
def test_nothing_is_tried_after_it_is_of_no_use(attempts: int, seconds: int) -> None:
    expires = NOW + timedelta(seconds=seconds)
    moment = rules.next_try(attempts, NOW, expires)
    assert moment is None or moment < expires


@pytest.mark.req("A-03")
def test_a_worker_holds_a_notice_longer_than_a_try_may_take() -> None:
    assert rules.LEASE.total_seconds() > 2 * rules.TRY_SECONDS


# What the product is for, in the words people would use; none may stand on a lock screen.
TELLING = re.compile(
    "peer|support|help|crisis|incident|request|mental|health|well-?being|stress|trauma|counsel|member|someone|suicide"
    "|pair|aidant|soutien|aide|crise|santé|détresse|confiden|bien-être|membre"
)


@pytest.mark.req("K-36")
@pytest.mark.parametrize("language", load.LANGUAGES)
def test_no_notice_says_what_the_product_is_for(language: str) -> None:
    for key, text in load.messages(language).items():
        words = f"{text.subject} {text.body}".lower()
        assert TELLING.findall(words) == [], key


@pytest.mark.req("A-29")
def test_every_notice_exists_in_both_languages_with_the_same_places() -> None:
    english, french = load.messages("en"), load.messages("fr")
    assert list(english) == list(french)
    for key in english:
        here, there = english[key], french[key]
        assert rules.fields_of(here.subject, here.body) == rules.fields_of(there.subject, there.body), key
        assert here.subject != there.subject


def test_the_notices_that_other_parts_send_exist() -> None:
    named = {"waiting", "waiting_now", "backup", "board", "keys_soon", "invitation", "reset", "test"}
    assert named <= set(load.messages("en"))


@pytest.mark.req("K-36")
@pytest.mark.parametrize(
    "values",
    [
        {"words": "my marriage"},
        {"link": "https://elsewhere.example/in/"},
        {"link": ORIGIN + "/ask/pine/en/"},
        {"link": ORIGIN + "/in/../ask"},
        {"link": ORIGIN + "/in/?next=x"},
        {"link": ORIGIN + ".elsewhere.example/in/"},
    ],
)
def test_a_notice_carries_nothing_it_has_no_place_for(values: dict[str, str]) -> None:
    with pytest.raises(rules.NotNeutral):
        rules.check_values(frozenset({"link"}), values, ORIGIN)


def test_a_value_stays_on_one_line_and_short() -> None:
    for value in ("a\r\nBcc: all@example", "x" * 301):
        with pytest.raises(rules.NotNeutral):
            rules.check_values(frozenset({"title"}), {"title": value}, ORIGIN)


def test_a_place_left_empty_is_noticed_when_queueing_not_when_sending() -> None:
    with pytest.raises(rules.NotNeutral):
        rules.check_values(frozenset({"days", "link"}), {}, ORIGIN)


def test_links_lead_to_the_sign_in_page_or_where_they_are_told() -> None:
    assert rules.render("{link}", {}, ORIGIN) == ORIGIN + "/in/"
    assert rules.render("{link}", {"link": ORIGIN + "/in/enter/invitation/x_-9"}, ORIGIN).endswith("/x_-9")


def test_an_invitation_from_no_organisation_names_the_host() -> None:
    assert rules.render("{title}", {"title": ""}, ORIGIN) == "shift.example"


@pytest.mark.parametrize(
    ("kind", "address", "good"),
    [
        ("email", "hana@pine.example", True),
        ("email", "hana@pine.example, all@pine.example", False),
        ("email", "hana@pine.example\nBcc: x@y.example", False),
        ("email", "hana", False),
        ("apprise", "twilio://sid:token@15550100/15550111", True),
        ("apprise", "ntfys://ntfy.example/topic", False),
        ("apprise", "json://10.0.0.1/", False),
        ("apprise", "tgram://123456789:abcdefg/1,json://127.0.0.1/", False),
        ("apprise", "tgram://123456789:abcdefg/1 json://127.0.0.1/", False),
        ("apprise", "mailto://user:pass@mail.inside.example", False),
        ("apprise", "syslog://", False),
        ("apprise", "windows://", False),
        ("apprise", "dbus://x", False),
        ("apprise", "file:///etc/passwd", False),
        ("apprise", "hana@pine.example", False),
        ("fax", "555", False),
    ],
)
def test_addresses_on_this_machine_or_inside_its_network_are_refused(kind: str, address: str, good: bool) -> None:
    assert rules.is_address(kind, address) is good


def test_the_operator_may_allow_a_service_with_a_host_of_its_own() -> None:
    assert rules.is_address("apprise", "ntfys://ntfy.example/topic", ["ntfys"])
    assert not rules.is_address("apprise", "json://10.0.0.1/", ["ntfys"])
