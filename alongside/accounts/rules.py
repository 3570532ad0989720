"""Who may do what."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from ipaddress import ip_address
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ROLES = ("supporter", "coordinator", "crisis_team", "clinician", "leader", "manager", "operator")
# A clinician advises and never serves as a supporter (M-03); an operator stands outside every organisation (M-21).
APART = ({"clinician", "supporter"},)


class RolesApart(ValueError):
    """Two of the roles may not be held by one person."""


def may(capability: str, roles: Iterable[str], register: Mapping[str, Iterable[str]]) -> bool:
    """Say whether one of the roles holds the capability; raises KeyError for a capability not in the register."""
    return not set(register[capability]).isdisjoint(roles)


def check_roles(roles: Iterable[str]) -> None:
    """Refuse roles that must stay with different people (RolesApart) and unknown ones (ValueError)."""
    held = set(roles)
    if unknown := held - set(ROLES):
        raise ValueError(f"unknown roles: {sorted(unknown)}")
    if any(pair <= held for pair in APART):
        raise RolesApart


def check_invitation(wanted: Collection[str], *, held: Iterable[str], outside: bool) -> None:
    """Refuse an invitation to no role, to roles that cannot be together with those held (RolesApart), or in the wrong
    place.

    An operator stands outside every organisation, everybody else in one (ValueError).
    """
    check_roles([*wanted, *held])
    if not wanted or ("operator" in wanted) != outside or (outside and len(wanted) > 1):
        raise ValueError("these roles cannot be given here")


def check_zone(name: str) -> None:
    """Refuse the name of a time zone that does not exist (ValueError)."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone: {name!r}") from None


# --- hours of every week -------------------------------------------------------------------------------------------

DAY, WEEK = 24 * 60, 7 * 24 * 60
# Which days a line is about, Monday being 0.
DAYS: Mapping[str, tuple[int, ...]] = {
    "every": tuple(range(7)),
    "week": tuple(range(5)),
    "weekend": (5, 6),
    **{str(day): (day,) for day in range(7)},
}
MOST_HOURS = 14


class BadHours(ValueError):
    """No hours of a week: other days than DAYS, no times, or more lines than MOST_HOURS."""


@dataclass(frozen=True)
class Reach:
    """Whether somebody can be reached now, and at which instant that changes; None where it never does."""

    now: bool
    until: datetime | None


def check_hours(lines: Sequence[Sequence[str]]) -> None:
    """Refuse lines that are not (days, from, to), with days of DAYS and times such as 08:00. Raises BadHours."""
    if len(lines) > MOST_HOURS:
        raise BadHours
    spans(lines)


def spans(lines: Sequence[Sequence[str]]) -> tuple[tuple[int, int], ...]:
    """Return the spans of a week that lines cover as (first minute, minute after the last), Monday 00:00 being 0.

    An end that is not later than its begin is on the next day, so that two equal times are a whole day. Spans that
    meet are one; the turn of the week parts them. Raises BadHours.
    """
    found: list[tuple[int, int]] = []
    for line in lines:
        for begin, minutes in _begins(line):
            end = begin + minutes
            found += [(begin, min(end, WEEK)), *([(0, end - WEEK)] if end > WEEK else [])]
    whole: list[tuple[int, int]] = []
    for begin, end in sorted(found):
        if whole and begin <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(end, whole[-1][1])
        else:
            whole.append((begin, end))
    return tuple(whole)


def _begins(line: Sequence[str]) -> list[tuple[int, int]]:
    try:
        days, begin, end = line
        first, last = (_minute(one) for one in (begin, end))
        return [(day * DAY + first, (last - first) % DAY or DAY) for day in DAYS[days]]
    except (KeyError, TypeError, ValueError):
        raise BadHours from None


def _minute(clock: str) -> int:
    at = time.fromisoformat(clock)
    return at.hour * 60 + at.minute


def unreached(lines: Sequence[Sequence[str]]) -> tuple[tuple[int, int], ...]:
    """Return the spans of a week that no line covers, as (first minute, minute after the last).

    What goes on over the turn of the week is one span, whose end lies beyond WEEK.
    """
    edges = [0, *(edge for span in spans(lines) for edge in span), WEEK]
    gaps = [(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True) if begin < end]
    if len(gaps) > 1 and gaps[0][0] == 0 and gaps[-1][1] == WEEK:
        gaps = [*gaps[1:-1], (gaps[-1][0], WEEK + gaps[0][1])]
    return tuple(gaps)


def reached(lines: Sequence[Sequence[str]], at: datetime) -> bool:
    """Say whether a line covers a local moment, by what the clock on the wall shows."""
    minute = at.weekday() * DAY + at.hour * 60 + at.minute
    return any(begin <= minute < end for begin, end in spans(lines))


def reach(lines: Sequence[Sequence[str]], now: datetime, zone: tzinfo) -> Reach:
    """Return whether somebody can be reached at an instant, and until when that is so.

    Where the clocks are changed, an hour that the wall shows twice counts twice and one it leaves out not at all.
    """
    here = reached(lines, now.astimezone(zone))
    return Reach(
        here, next((one for one in _edges(lines, now, zone) if reached(lines, one.astimezone(zone)) != here), None)
    )


def _edges(lines: Sequence[Sequence[str]], now: datetime, zone: tzinfo) -> list[datetime]:
    """Return every instant after now, within nine days, at which something may change: an edge of a line or a change of
    the clocks.
    """
    minutes = {edge % DAY for span in spans(lines) for edge in span} | {0}
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    found: set[datetime] = set()
    for day in range(10):
        first = midnight + timedelta(days=day)
        found |= {
            (first + timedelta(minutes=one)).replace(fold=fold).astimezone(UTC) for one in minutes for fold in (0, 1)
        }
        found |= _changes(first.astimezone(UTC), (first + timedelta(days=1)).astimezone(UTC), zone)
    return sorted(one for one in found if one > now)


def _changes(first: datetime, last: datetime, zone: tzinfo) -> set[datetime]:
    """Return the instant between two at which the clocks of a zone are changed, if they are, to the minute."""
    if first.astimezone(zone).utcoffset() == last.astimezone(zone).utcoffset():
        return set()
    before, after = 0, int((last - first) / timedelta(minutes=1))
    while after - before > 1:
        middle = (before + after) // 2
        same = (first + timedelta(minutes=middle)).astimezone(zone).utcoffset() == first.astimezone(zone).utcoffset()
        before, after = (middle, after) if same else (before, middle)
    return {first + timedelta(minutes=after)}


# --- passkeys ----------------------------------------------------------------------------------------------------

# What a browser hands out of an authenticator's own secret (WebAuthn PRF and its older names): never taken, never kept.
SECRETS = ("prf", "hmacgetsecret", "hmaccreatesecret", "hmac-secret", "largeblob", "credblob", "getcredblob")
MOST_OF_A_PASSKEY = 4_096
ADDING = frozenset({"clientDataJSON", "attestationObject"})
SIGNING_IN = frozenset({"clientDataJSON", "authenticatorData", "signature", "userHandle"})
CREDENTIAL = frozenset({"id", "rawId", "type", "response", "clientExtensionResults"})
USUAL_PORTS = {"http": 80, "https": 443}
WEBSAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


class BadCredential(ValueError):
    """What was posted is no passkey that may be taken; the text is a code and quotes nothing.

    `carries-secret`: something of the authenticator's own secret came along. `malformed`: not the agreed form.
    `not-verified`: nobody proved to the device who they are. `not-kept`: not a passkey that the device keeps itself.
    `other-address`: made on a page of another address. `expired`: the question was asked too long ago, or answered
    already. `unknown`: this server knows no such passkey. `known`: it has this one already.
    """


def check_credential(sent: object, response: frozenset[str]) -> None:
    """Refuse (BadCredential) whatever is not exactly what our own page posts of a passkey: `response` is ADDING or
    SIGNING_IN.

    Results of the PRF extension are looked for first and anywhere, so that their sender hears of exactly that.
    """
    if _carries_secret(sent):
        raise BadCredential("carries-secret")
    if not isinstance(sent, dict) or set(sent) != CREDENTIAL or sent["type"] != "public-key":
        raise BadCredential("malformed")
    inner, extensions = sent["response"], sent["clientExtensionResults"]
    if not isinstance(inner, dict) or set(inner) != response:
        kept = not isinstance(inner, dict) or set(inner) != response - {"userHandle"}
        raise BadCredential("malformed" if kept else "not-kept")
    if sent["id"] != sent["rawId"] or not all(_is_websafe(one) for one in (sent["id"], *inner.values())):
        raise BadCredential("malformed")
    if extensions not in ({}, {"credProps": {"rk": True}}, {"credProps": {"rk": False}}, {"credProps": {}}):
        raise BadCredential("malformed")
    # Who does not report it was still obliged by the question; the first sign-in shows that the device keeps it.
    if extensions.get("credProps", {}).get("rk") is False:
        raise BadCredential("not-kept")


def _carries_secret(value: object) -> bool:
    """Look through everything: a name of SECRETS at any depth is enough, whatever its value."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if any(str(name).lower() in SECRETS for name in one):
                return True
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return False


def _is_websafe(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MOST_OF_A_PASSKEY and WEBSAFE.issuperset(value)


def origin(address: str) -> str:
    """Return an address as browsers write where a page comes from: small letters, no usual port, no path."""
    parts = urlsplit(address.lower())
    port = f":{parts.port}" if parts.port and parts.port != USUAL_PORTS.get(parts.scheme) else ""
    return f"{parts.scheme}://{(parts.hostname or '').rstrip('.')}{port}"


def passkey_host(address: str) -> str:
    """Return the host name that passkeys are bound to at this address; empty where browsers allow none: at an IP
    address, and without HTTPS anywhere but on localhost.
    """
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    try:
        ip_address(host)
    except ValueError:
        here = host == "localhost" or host.endswith(".localhost")
        return host if parts.scheme == "https" or (parts.scheme == "http" and here) else ""
    return ""


# --- a list of organisations --------------------------------------------------------------------------------------

COLUMNS = (
    "short_name",
    "name",
    "neutral_title",
    "language",
    "time_zone",
    "pack",
    "on_call_number",
    "headcount",
    "coordinator_name",
    "coordinator_email",
)
MOST_LINES = 1_000
MOST_OF_A_LIST = 400_000
MOST_OF_A_CELL = 300
# A spreadsheet that opens the list would run a cell that begins so; a telephone number may begin with a plus sign.
FORMULA = ("=", "@", "+", "-", "\t", "\r")


class BadList(ValueError):
    """The list cannot be read at all. The text is a code, `at` says where or what.

    `too-long`: more bytes than taken. `too-many`: more lines than taken. `not-utf8`: another encoding; `at` says which
    line. `empty`: nothing in it. `no-columns`: columns are missing; `at` names them. `unknown-columns`: `at` names
    them. `broken`: a line that is no line of a table.
    """

    def __init__(self, code: str, at: str = "") -> None:
        super().__init__(code)
        self.code, self.at = code, at


@dataclass(frozen=True)
class ListLine:
    """One line of a list: its number in the file, and its cells by column."""

    number: int
    cells: Mapping[str, str]


def decode_list(data: bytes) -> str:
    """Return a list's bytes as text. Raises BadList unless it is UTF-8, with or without its mark."""
    if len(data) > MOST_OF_A_LIST:
        raise BadList("too-long")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadList("not-utf8", str(data.count(b"\n", 0, error.start) + 1)) from None


def read_list(text: str) -> tuple[ListLine, ...]:
    """Read a table with commas, semicolons or tabs, its first line naming the columns; empty lines are left out.

    Raises BadList for what is no such table; what stands in the cells is judged elsewhere.
    """
    text = text.removeprefix("\ufeff")
    if len(text.encode(errors="replace")) > MOST_OF_A_LIST:
        raise BadList("too-long")
    if not text.strip():
        raise BadList("empty")
    first = text.lstrip().splitlines()[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count), strict=True)
    lines: list[ListLine] = []
    columns: list[str] = []
    try:
        for row in reader:
            cells = [cell.strip(" ") for cell in row]
            if not any(cells):
                continue
            if not columns:
                columns = _columns(cells)
                continue
            if len(cells) > len(columns):
                raise BadList("broken", str(reader.line_num))
            padded = cells + [""] * (len(columns) - len(cells))
            lines.append(ListLine(reader.line_num, dict(zip(columns, padded, strict=True))))
            if len(lines) > MOST_LINES:
                raise BadList("too-many")
    except csv.Error:
        raise BadList("broken", str(reader.line_num)) from None
    if not lines:
        raise BadList("empty")
    return tuple(lines)


def _columns(cells: Sequence[str]) -> list[str]:
    named = [re.sub(r"[\s_-]+", "_", cell.lower()) for cell in cells]
    if missing := [name for name in COLUMNS if name not in named]:
        raise BadList("no-columns", ", ".join(missing))
    if unknown := [name for name in named if name not in COLUMNS or named.count(name) > 1]:
        raise BadList("unknown-columns", ", ".join(unknown)[:200])
    return named


def cell_problem(column: str, cell: str) -> str:
    """Return what no cell may be as a code, or nothing: `long`, `formula` or `unreadable`."""
    if len(cell) > MOST_OF_A_CELL:
        return "long"
    if cell.startswith(FORMULA) and not (column == "on_call_number" and cell.startswith("+")):
        return "formula"
    return "unreadable" if any(not one.isprintable() for one in cell) else ""
