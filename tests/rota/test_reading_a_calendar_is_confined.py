"""The process that takes a foreign calendar apart is held by the kernel: whatever a library were talked into there."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alongside.rota import ics
from alongside.rota.ics import parsing, reading
from tests.rota.calendars import calendar, event
from tests.rota.test_calendars_read import NOW, timedelta

pytestmark = pytest.mark.whatever_database
ROOT = Path(__file__).parents[2]


def attack(code: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a process that is confined as the one that reads calendars."""
    begin = "from alongside.rota.ics import parsing\nimport os, socket, subprocess, ctypes, shutil\nparsing.confine()\n"
    return subprocess.run(
        [sys.executable, "-B", "-c", begin + code],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
    )


ATTACKS = [
    "open('x', 'w').write('secret')",
    "open('there', 'a').write('secret')",
    "open('there', 'r+').write('secret')",
    "os.open('x', os.O_CREAT | os.O_WRONLY)",
    "os.remove('there')",
    "os.unlink('there')",
    "os.rename('there', 'x')",
    "os.replace('there', 'x')",
    "os.mkdir('x')",
    "os.symlink('there', 'x')",
    "os.truncate('there', 0)",
    "os.chmod('there', 0)",
    "shutil.rmtree('.')",
    "__import__('tempfile').mkstemp()",
    "__import__('pathlib').Path('x').touch()",
    "__import__('sqlite3').connect('x').execute('create table a (b)')",
    "socket.create_connection(('127.0.0.1', 1))",
    "socket.getaddrinfo('example.org', 443)",
    "__import__('urllib.request').request.urlopen('http://127.0.0.1:1/')",
    "subprocess.run(['/bin/true'])",
    "os.system('true')",
    "os.fork()",
    "os.execv('/bin/true', ['true'])",
    "os.posix_spawn('/bin/true', ['true'], {})",
    "os.kill(os.getppid(), 0)",
    "ctypes.CDLL(None).system(b'true')",
]


def test_it_writes_removes_starts_and_calls_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("kept")
    code = f"""
for number, one in enumerate({ATTACKS!r}):
    try:
        exec(one)
    except BaseException as error:
        print(number, type(error).__name__, flush=True)
"""
    done = attack(code, tmp_path)
    said = [line.split() for line in done.stdout.splitlines()]
    assert [int(number) for number, _ in said] == list(range(len(ATTACKS))), done.stdout + done.stderr
    assert {error for _, error in said} <= {"PermissionError", "OSError", "URLError", "FileNotFoundError"}
    assert [one.name for one in tmp_path.iterdir()] == ["there"]
    assert (tmp_path / "there").read_text() == "kept"


def test_without_the_confinement_the_same_goes_through(tmp_path: Path) -> None:
    code = "open('x', 'w').write('secret')"
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "x").read_text() == "secret"


def test_the_kernel_keeps_it_from_writing_where_python_does_not_look(tmp_path: Path) -> None:
    # A file that was open before: no name is asked for, and the write itself fails.
    code = "resource = __import__('resource')\nprint(resource.getrlimit(resource.RLIMIT_FSIZE))"
    assert "(0, 0)" in attack(code, tmp_path).stdout
    before = (
        "f = open('x', 'wb', buffering=0)\n"
        "from alongside.rota.ics import parsing\nparsing.confine()\nf.write(b'secret')\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", before],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
    )
    assert "File too large" in done.stderr
    assert (tmp_path / "x").read_bytes() == b""


def test_memory_ends_at_its_bound(tmp_path: Path) -> None:
    done = attack("x = bytearray(600 * 1024 * 1024)\nprint('went through')", tmp_path)
    assert "MemoryError" in done.stderr


def test_time_ends_at_its_bound(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert attack("while True: pass", tmp_path).returncode == -9
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # By the processor's clock; the machine may be busy with others.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < parsing.CPU_SECONDS + 2


def test_it_has_no_right_to_lift_its_bounds(tmp_path: Path) -> None:
    code = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))\nopen('/dev/null', 'w')"
    assert attack(code, tmp_path).returncode != 0


def read(body: bytes) -> Any:
    try:
        return ics.read(body, ZoneInfo("America/Chicago"), NOW, NOW + timedelta(days=400))
    except ics.Unread as unread:
        return unread.code


SECONDS = (
    "BEGIN:VTIMEZONE\r\nTZID:x\r\n" + "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nRRULE:FREQ=SECONDLY\r\n"
    "TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n" * 50 + "END:VTIMEZONE\r\n"
)
CODES = ("too-many", "too-much", "not-a-calendar")
START = "DTSTART:20261201T090000Z"


@pytest.mark.parametrize(
    "lines",
    [
        ("RRULE:FREQ=SECONDLY;COUNT=1000000000",),
        ("RRULE:FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=31",),
        ("RRULE:FREQ=YEARLY;BYSETPOS=366;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=0,1,2,3,4,5,6,7,8,9,10;BYMINUTE=59",),
        ("RRULE:FREQ=YEARLY;BYEASTER=0;INTERVAL=999999999",),
        ("RRULE:FREQ=DAILY;INTERVAL=0",),
        ("RRULE:FREQ=DAILY;INTERVAL=-1",),
        ("RRULE:FREQ=DAILY;COUNT=-1",),
        ("RRULE:FREQ=WEEKLY;BYDAY=999MO",),
        ("RRULE:FREQ=DAILY;UNTIL=99991231T235959Z",),
        *[("RRULE:FREQ=SECONDLY;BYSECOND=0,0;BYWEEKNO=54",)],
        (
            "RDATE:"
            + ",".join(f"202612{d:02}T{h:02}{m:02}00Z" for d in range(1, 29) for h in range(24) for m in range(60)),
        ),
        ("EXDATE:" + ",".join(["20261201T090000Z"] * 40_000), "RRULE:FREQ=DAILY"),
        ("RDATE;VALUE=PERIOD:" + ",".join(["20261201T090000Z/PT1H"] * 20_000),),
        ("DURATION:P99999999999999W",),
        ("DTEND:00010101T000000Z",),
        *[tuple(["RRULE:FREQ=HOURLY"] * 500)],
        ("X-A;" + ";".join(f"P{n}=1" for n in range(20_000)) + ":1",),
        ("DESCRIPTION:" + "\\n" * 300_000,),
        ("DTSTART;TZID=" + "A/" * 20_000 + ":20261201T090000",),
        ("DTSTART;TZID=../../../../etc/passwd:20261201T090000",),
    ],
    ids=lambda lines: lines[0][:40],
)
def test_a_bomb_costs_no_more_than_its_seconds_and_memory(lines: tuple[str, ...]) -> None:
    begun = time.monotonic()
    found = read(calendar(event(1, START, "DURATION:PT1H", *lines)))
    assert time.monotonic() - begun < reading.WALL_SECONDS + 2
    # A code, or what is left of sense in it: never an error, never more spans than anybody has.
    assert (found in CODES) if isinstance(found, str) else len(found) <= parsing.MOST_EVENTS


@pytest.mark.parametrize(
    "body",
    [
        calendar(event(1, START)).decode().encode("utf-16"),
        calendar(event(1, START)).decode().encode("utf-32"),
        calendar(*["BEGIN:VTODO\r\n" * 30_000]),
        calendar(*["BEGIN:VEVENT\r\n" * 1500, "END:VEVENT\r\n" * 1500]),
        b"BEGIN:VCALENDAR\r\n " + b" x\r\n" * 200_000,
        b"BEGIN:VCALENDAR\r\nA:" + b"x" * 990_000,
        b"BEGIN:VCALENDAR\r\n" + b"\r\n" * 400_000,
        b"\x1f\x8b\x08" + bytes(1000),
        b"<html><body>Sign in</body></html>",
        calendar(SECONDS, event(1, "DTSTART;TZID=x:20261201T090000", "DURATION:PT1H")),
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_file_of_another_kind_or_nested_without_end_ends_in_a_code(body: bytes) -> None:
    begun = time.monotonic()
    found = read(body)
    assert (found in CODES) if isinstance(found, str) else len(found) <= 1
    assert time.monotonic() - begun < reading.WALL_SECONDS + 2


def test_letters_of_an_old_kind_hide_no_busy_time() -> None:
    body = calendar(event(1, START, "DURATION:PT1H", "SUMMARY:Café")).decode().encode("latin-1")
    assert len(read(body)) == 1
    assert len(read(b"\xef\xbb\xbf" + calendar(event(1, START, "DURATION:PT1H")))) == 1
