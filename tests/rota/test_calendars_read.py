"""Reading a supporter's own calendar: from a real server, good or hostile. It never costs more than its bounds."""

import html
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from alongside.notify import queries as notify
from alongside.rota import actions, ics
from alongside.rota.ics import fetching, parsing
from alongside.rota.models import Busy, BusyFeed
from alongside.rota.views.feeds import PROBLEMS
from alongside.site import schedule
from tests.conftest import Clock
from tests.rota import calendars
from tests.rota.calendars import calendar, event, serving, whole
from tests.world import NOW, World, sign_in


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.ALONGSIDE_LOOPBACK_CALENDARS = True


def wait_little(monkeypatch: pytest.MonkeyPatch, address: str = "") -> None:
    """Wait a second where the product waits ten, for this address or any: only for what would use them all, since on
    a busy machine a good answer may take longer.
    """
    fetch = ics.fetch

    def little(asked: str, *, loopback: bool) -> bytes:
        return fetch(asked, loopback=loopback, seconds=fetching.SECONDS if address not in {"", asked} else 1.0)

    monkeypatch.setattr(ics, "fetch", little)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def busy(world: World, body: bytes) -> list[tuple[datetime, datetime]]:
    """Read a body from a server as Renée's calendar and return the busy times that are kept."""
    with serving(whole(body)) as server:
        actions.keep_calendar(world.pine.id, world.renee.id, server.address)
        actions.read_calendars(NOW)
    return list(Busy.objects.values_list("starts_at", "ends_at"))


def code_of(world: World, answer: Any) -> str:
    """Return what is said of a calendar that a server answers so."""
    with serving(answer) as server:
        actions.keep_calendar(world.pine.id, world.renee.id, server.address)
        actions.read_calendars(NOW)
    return BusyFeed.objects.get().problem


# --- good ones ---------------------------------------------------------------------------------------------------


def test_busy_times_are_kept_and_nothing_else(world: World) -> None:
    body = calendar(event(1, "DTSTART:20261201T090000Z", "DTEND:20261201T100030Z", "SUMMARY:Secret with Dr. Grey"))
    assert busy(world, body) == [(at(2026, 12, 1, 9), at(2026, 12, 1, 10, 1))]
    row = BusyFeed.objects.get()
    assert (row.problem, row.read_at) == ("", NOW)
    assert b"127.0.0.1" not in bytes(row.address)
    assert notify.opened_address(bytes(row.address)).startswith("http://127.0.0.1")


def test_what_is_asked_names_nobody(world: World) -> None:
    with serving(whole(calendar())) as server:
        actions.keep_calendar(world.pine.id, world.renee.id, server.address)
        actions.read_calendars(NOW)
    (asked,) = server.asked
    assert asked.startswith(b"GET /own.ics HTTP/1.1\r\n")
    assert b"alongside" not in asked.lower()
    assert b"agent" not in asked.lower()


def test_free_and_cancelled_events_count_for_nothing(world: World) -> None:
    span = ("DTSTART:20261201T090000Z", "DTEND:20261201T100000Z")
    assert busy(world, calendar(event(1, *span, "TRANSP:TRANSPARENT"), event(2, *span, "STATUS:CANCELLED"))) == []


def test_a_whole_day_is_one_of_the_organisation_also_when_clocks_change(world: World) -> None:
    body = calendar(event(1, "DTSTART;VALUE=DATE:20270314"), event(2, "DTSTART;VALUE=DATE:20270601", "DURATION:P2D"))
    assert busy(world, body) == [
        (at(2027, 3, 14, 6), at(2027, 3, 15, 5)),
        (at(2027, 6, 1, 5), at(2027, 6, 3, 5)),
    ]


def test_a_weekly_event_keeps_its_hour_over_a_change_of_clocks_without_what_is_left_out_or_moved(world: World) -> None:
    zone = "TZID=America/New_York"
    body = calendar(
        event(
            1,
            f"DTSTART;{zone}:20270301T090000",
            f"DTEND;{zone}:20270301T100000",
            "RRULE:FREQ=WEEKLY;COUNT=4",
            f"EXDATE;{zone}:20270308T090000",
        ),
        event(
            1,
            f"RECURRENCE-ID;{zone}:20270315T090000",
            f"DTSTART;{zone}:20270316T120000",
            f"DTEND;{zone}:20270316T130000",
        ),
    )
    assert busy(world, body) == [
        (at(2027, 3, 1, 14), at(2027, 3, 1, 15)),
        (at(2027, 3, 16, 16), at(2027, 3, 16, 17)),
        (at(2027, 3, 22, 13), at(2027, 3, 22, 14)),
    ]


def test_a_rule_without_end_goes_as_far_as_a_rota_does(world: World) -> None:
    found = busy(world, calendar(event(1, "DTSTART;VALUE=DATE:20100101", "RRULE:FREQ=YEARLY")))
    assert found == [(at(2027, 1, 1, 6), at(2027, 1, 2, 6))]


OWN_ZONE = """BEGIN:VTIMEZONE\r
TZID:Made up here\r
BEGIN:STANDARD\r
DTSTART:16010101T000000\r
TZOFFSETFROM:+0545\r
TZOFFSETTO:+0545\r
END:STANDARD\r
END:VTIMEZONE\r
"""


def test_a_zone_of_its_own_is_understood_and_taught_to_nobody_else(world: World) -> None:
    one = event(1, "DTSTART;TZID=Made up here:20261201T120000", "DTEND;TZID=Made up here:20261201T130000")
    assert busy(world, calendar(OWN_ZONE, one)) == [(at(2026, 12, 1, 6, 15), at(2026, 12, 1, 7, 15))]
    # The next calendar names it and does not say what it is: read as the organisation's own time.
    assert busy(world, calendar(one)) == [(at(2026, 12, 1, 18), at(2026, 12, 1, 19))]


def test_broken_letters_and_one_broken_event_hide_no_other(world: World) -> None:
    body = calendar(
        event(1, "DTSTART:20261201T090000Z", "DTEND:20261201T100000Z", "SUMMARY:XX"),
        event(2, "DTSTART:2026-13-45", "DTEND:nonsense"),
        event(3, "SUMMARY:no time at all"),
        event(4, "DTSTART:20261203T090000Z", "DTEND:20261202T100000Z"),
        event(5, "DTSTART:20261202T090000Z", "DTEND:20261202T100000Z", "RRULE:FREQ=SOMETIMES"),
        event(6, "DTSTART:20261204T090000Z", "DTEND:20261204T100000Z"),
    ).replace(b"XX", b"\xff\xfe\x80")
    found = busy(world, body)
    assert {(at(2026, 12, day, 9), at(2026, 12, day, 10)) for day in (1, 4)} <= set(found)
    assert len(found) <= 3


def test_packed_although_nobody_asked_for_it(world: World) -> None:
    import gzip

    body = gzip.compress(calendar(event(1, "DTSTART;VALUE=DATE:20261201")))
    with serving(whole(body, calendars.HEAD + b"Content-Encoding: gzip\r\n")) as server:
        actions.keep_calendar(world.pine.id, world.renee.id, server.address)
        assert actions.read_calendars(NOW) == 1
    assert Busy.objects.count() == 1


# --- hostile ones ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (calendars.drip, "slow"),
        (calendars.drip_head, "slow"),
        (calendars.silent, "slow"),
        (calendars.bomb, "too-large"),
        (calendars.endless, "too-large"),
        (calendars.endless_continue, "too-large"),
        (calendars.shut, "unreachable"),
        (whole(b"x" * 1_000_001), "too-large"),
        (whole(b"<html>Sign in first</html>"), "not-a-calendar"),
        (whole(b""), "not-a-calendar"),
        (whole(b"\x00\xff" * 1000), "not-a-calendar"),
        (whole(b"BEGIN:VCALENDAR\r\n" * 20_000), "not-a-calendar"),
        (whole(calendar(event(1, "DTSTART;VALUE=DATE:20261201"))[:-30]), "not-a-calendar"),
        (whole(b"x", calendars.HEAD + b"Content-Encoding: gzip\r\n"), "not-a-calendar"),
        (calendars.status(404), "gone"),
        (calendars.status(403), "gone"),
        (calendars.status(500), "unreachable"),
        (calendars.status(302, "Location: http://169.254.169.254/latest/meta-data/"), "address"),
        (calendars.status(302, "Location: https://169.254.169.254/latest/meta-data/"), "private"),
        (calendars.status(302, "Location: https://[::ffff:169.254.169.254]/"), "private"),
        (calendars.status(302, "Location: https://10.0.0.1/"), "private"),
        (calendars.status(302, "Location: file:///etc/passwd"), "address"),
        (calendars.status(302, "Location: /own.ics"), "unreachable"),
        (whole(calendar(event(1, "DTSTART:20261201T090000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY"))), "too-many"),
        (whole(b"BEGIN:VEVENT\n" * 76_000), "too-many"),
    ],
)
def test_what_a_hostile_server_gets_is_a_code_within_its_seconds(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: Any, code: str
) -> None:
    if code == "slow":
        wait_little(monkeypatch)
    begun = time.monotonic()
    assert code_of(world, answer) == code
    assert time.monotonic() - begun < 30
    assert not Busy.objects.exists()


def test_100000_events_are_more_than_anybody_has(world: World) -> None:
    body = calendar(*(event(number, "DTSTART:20261201") for number in range(100_000)))
    assert code_of(world, whole(body)) == "too-large"
    assert code_of(world, whole(calendar(*(event(n, "DTSTART:20261201") for n in range(10_000))))) == "too-many"


def test_a_rule_that_never_comes_true_ends_with_the_seconds_of_its_process(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"
    body = calendar(*(event(n, "DTSTART:20261201T090000Z", "DURATION:PT1M", never) for n in range(50)))
    begun = time.monotonic()
    assert code_of(world, whole(body)) == "too-much"
    assert time.monotonic() - begun < ics.reading.WALL_SECONDS + 20


def test_the_process_that_reads_knows_no_secret_of_this_installation(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    seen: dict[str, Any] = {}
    real = ics.reading.subprocess.run

    def watch(*args: Any, **more: Any) -> Any:
        seen.update(more["env"])
        return real(*args, **more)

    monkeypatch.setattr(ics.reading.subprocess, "run", watch)
    assert busy(world, calendar(event(1, "DTSTART;VALUE=DATE:20261201")))
    assert set(seen) == {"PYTHONPATH", "PYTHONUTF8"}


@pytest.mark.parametrize(
    "address",
    [
        *("http://example.org/a.ics", "ftp://example.org/a", "file:///etc/passwd", "https://", "https:///a", "x", ""),
        *("https://name:word@example.org/a", "https://example.org:22/", "https://example.org/\r\nHost: x"),
        *("https://exa mple.org/", "http://127.0.0.1.example.org/", "https://" + "x" * 2000 + ".org/"),
    ],
)
def test_an_address_that_is_never_asked_is_not_kept(world: World, settings: Any, address: str) -> None:
    with pytest.raises(actions.BadAddress):
        actions.keep_calendar(world.pine.id, world.renee.id, address)
    assert not BusyFeed.objects.exists()


PRIVATE = [
    *("https://localhost/a.ics", "https://LOCALHOST/", "https://localhost./", "https://a.localhost/", "https://[::1]/"),
    *("https://127.0.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/"),
    *("https://10.0.0.5/x.ics", "https://10.0.0.5:443/x.ics", "https://192.168.1.1./", "webcal://172.16.0.1/cal"),
    *("https://169.254.169.254/latest/meta-data/", "https://0/", "https://[fd00::1]/", "https://[fe80::1%25eth0]/"),
    *("https://[::ffff:10.0.0.5]/", "https://[64:ff9b::a00:5]/", "https://[2002:a00:5::]/"),
    *(
        "https://intranet/a.ics",
        "https://nas.local/",
        "https://files.corp/",
        "https://db.internal/",
        "https://x.home.arpa/",
    ),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_private_by_itself_is_refused_in_the_form(
    world: World, settings: Any, client: Client, address: str
) -> None:
    settings.ALONGSIDE_LOOPBACK_CALENDARS = False
    sign_in(client, world.renee.person)
    answer = client.post(reverse("in_calendar_keep"), {"address": address})
    assert answer.status_code == 422
    page = html.unescape(answer.content.decode())
    assert str(PROBLEMS["private"]) in page
    # What was typed stands in the field as it was typed.
    assert f'value="{address}"' in page
    assert not BusyFeed.objects.exists()


@pytest.mark.parametrize(
    ("address", "code"),
    [
        *((one, "scheme") for one in ("http://10.0.0.5/x.ics", "ftp://example.org/a", "file:///etc/passwd")),
        *((one, "scheme") for one in ("javascript:alert(1)", "mailto:a@example.org")),
        *(
            (one, "password")
            for one in ("https://name:word@example.org/a", "https://@example.org/", "webcal://a@b.org/")
        ),
        *((one, "port") for one in ("https://example.org:22/", "https://10.0.0.5:8443/")),
        *(
            (one, "address")
            for one in ("calendar", "https://", "https://exa mple.org/", "https://[::1/", "https://a:b/")
        ),
        ("https://а.example.org/", "address"),
    ],
)
def test_each_other_address_that_is_never_read_is_told_by_what_is_wrong(
    world: World, settings: Any, client: Client, address: str, code: str
) -> None:
    settings.ALONGSIDE_LOOPBACK_CALENDARS = False
    sign_in(client, world.renee.person)
    answer = client.post(reverse("in_calendar_keep"), {"address": address})
    assert answer.status_code == 422
    assert str(PROBLEMS[code]) in html.unescape(answer.content.decode())
    assert not BusyFeed.objects.exists()


def test_a_public_number_and_a_name_are_taken(world: World, settings: Any) -> None:
    settings.ALONGSIDE_LOOPBACK_CALENDARS = False
    for address in ("https://8.8.8.8/a.ics", "https://[2606:4700:4700::1111]/", "https://localhost.example.org/a"):
        actions.keep_calendar(world.pine.id, world.renee.id, address)
    # Nobody looks up where a name leads before it is read.
    actions.keep_calendar(world.pine.id, world.renee.id, "https://calendar.internal.example.org./private.ics")
    assert BusyFeed.objects.exists()


def test_outside_of_tests_this_machine_is_never_asked(settings: Any) -> None:
    # The form refuses these too; reading judges them anew, whatever was kept.
    settings.ALONGSIDE_LOOPBACK_CALENDARS = False
    for address in ("https://localhost/a.ics", "https://127.0.0.1/", "https://[::1]/", "https://2130706433/"):
        with pytest.raises(ics.Unread, match="private"):
            ics.fetch(address)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        *((private, False) for private in ("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254")),
        *((private, False) for private in ("0.0.0.0", "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.0.170")),  # noqa: S104
        *((private, False) for private in ("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1")),
        *((private, False) for private in ("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::")),
        *((private, False) for private in ("2001:0:a00:1::", "::127.0.0.1", "fec0::1", "3fff::1")),
        # What clouds answer their machines on.
        *((private, False) for private in ("192.0.0.192", "100.100.100.200", "168.63.129.16", "fd00:ec2::254")),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert fetching.is_public(address) is public


def test_a_name_that_leads_to_a_private_machine_is_not_followed(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.ALONGSIDE_LOOPBACK_CALENDARS = False
    asked: list[object] = []
    monkeypatch.setattr(fetching.socket, "getaddrinfo", lambda *_a, **_m: [(2, 1, 6, "", ("10.0.0.7", 443))])
    monkeypatch.setattr(fetching.socket, "create_connection", lambda *a, **_m: asked.append(a))
    with pytest.raises(ics.Unread, match="private"):
        ics.fetch("https://calendar.example.org/a.ics")
    assert asked == []


def test_a_name_that_never_resolves_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching.socket, "getaddrinfo", lambda *_a, **_m: time.sleep(8))
    begun = time.monotonic()
    with pytest.raises(ics.Unread, match="slow"):
        ics.fetch("https://calendar.example.org/a.ics", seconds=0.3)
    assert time.monotonic() - begun < 6


# --- over time ---------------------------------------------------------------------------------------------------


def test_it_is_read_every_six_hours_and_a_failure_leaves_what_was_read_for_two_weeks(
    world: World, clock: Clock
) -> None:
    with serving(whole(calendar(event(1, "DTSTART;VALUE=DATE:20261224")))) as server:
        actions.keep_calendar(world.pine.id, world.renee.id, server.address)
        assert actions.read_calendars(clock.now()) == 1
        clock.forward(hours=5, minutes=58)
        assert actions.read_calendars(clock.now()) == 0
        assert len(server.asked) == 1
        server.answer = calendars.status(500)
        clock.forward(minutes=3)
        assert actions.read_calendars(clock.now()) == 0
        assert len(server.asked) == 2
    assert BusyFeed.objects.get().problem == "unreachable"
    clock.forward(days=13)
    actions.purge_feeds(clock.now())
    assert Busy.objects.count() == 1
    clock.forward(days=1)
    actions.purge_feeds(clock.now())
    assert not Busy.objects.exists()
    assert BusyFeed.objects.exists()


def test_a_clock_that_was_wrong_stops_no_calendar(world: World, clock: Clock) -> None:
    with serving(whole(calendar())) as server:
        actions.keep_calendar(world.pine.id, world.renee.id, server.address)
        actions.read_calendars(NOW + timedelta(days=365))
        clock.forward(minutes=1)
        actions.read_calendars(clock.now())
        assert len(server.asked) == 2
        assert BusyFeed.objects.get().tried_at == clock.now()


def test_two_loops_read_it_once(world: World) -> None:
    with serving(whole(calendar())) as server:
        actions.keep_calendar(world.pine.id, world.renee.id, server.address)
        row = BusyFeed.objects.get()
        assert actions.feeds._claimed(row, NOW)
        assert not actions.feeds._claimed(row, NOW)
        assert actions.read_calendars(NOW) == 0
        assert not server.asked


def test_one_hostile_calendar_keeps_no_other_from_being_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    good = whole(calendar(event(1, "DTSTART;VALUE=DATE:20261224")))
    with serving(calendars.drip) as bad, serving(good) as fine:
        wait_little(monkeypatch, bad.address)
        actions.keep_calendar(world.pine.id, world.renee.id, bad.address)
        actions.keep_calendar(world.pine.id, world.marcus.id, fine.address)
        assert actions.read_calendars(NOW) == 1
    assert Busy.objects.get().supporter_id == world.marcus.id


def test_it_has_a_lane_of_its_own_and_a_turn_shorter_than_a_loop_that_hangs() -> None:
    (job,) = (one for one in schedule.JOBS if one.run == actions.read_calendars)
    assert [one for one in schedule.JOBS if one.lane == job.lane] == [job]
    longest = actions.feeds.rules.TURN_SECONDS + 4 * fetching.SECONDS + ics.reading.WALL_SECONDS
    assert longest < schedule.HANGS


def test_forgetting_a_calendar_forgets_the_busy_times(world: World) -> None:
    assert busy(world, calendar(event(1, "DTSTART;VALUE=DATE:20261224")))
    actions.forget_calendar(world.renee.id)
    assert not Busy.objects.exists()
    assert not BusyFeed.objects.exists()


def test_a_calendar_forgotten_while_it_is_read_leaves_nothing(world: World) -> None:
    with serving(whole(calendar())) as server:
        actions.keep_calendar(world.pine.id, world.renee.id, server.address)
    row = BusyFeed.objects.get()
    actions.forget_calendar(world.renee.id)
    actions.feeds._replace(row, [(NOW, NOW + timedelta(hours=1))], NOW)
    assert not Busy.objects.exists()


def test_the_bounds_are_those_that_are_promised() -> None:
    assert (fetching.LARGEST, fetching.SECONDS, parsing.MOST_EVENTS) == (1_000_000, 10.0, 2000)
