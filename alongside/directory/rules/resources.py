"""Which outside help may be shown, and what may stand in an entry: numbers and addresses that lead where they say."""

import re
import unicodedata
from datetime import date, timedelta
from urllib.parse import urlsplit

# A call that was made longer ago says little about who answers today.
OLDEST_CALL = timedelta(days=30)
# 911 and 988 stand on every page and are nobody's own entry.
CRISIS = frozenset({"911", "988"})
LEAST_DIGITS, MOST_DIGITS = 8, 15
LONGEST_SITE = 200
_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)


class BadNumber(ValueError):
    """A number that a phone could not dial, or should not."""


class BadSite(ValueError):
    """An address that does not lead to a public site."""


class BadWords(ValueError):
    """A text with characters that are not seen, or turn the text around."""


class NotYet(ValueError):
    """A call on a day that has not come."""


class CallTooOld(ValueError):
    """A call of too long ago."""


def number(typed: str) -> str:
    """Return a telephone number as it is dialled: +1 and ten digits, + and up to 15 abroad, or a service of three such
    as 211; raises BadNumber.

    Letters, pauses and codes (*, #, a comma) are refused: a tap must call this number and do nothing else. So are 911
    and 988, which have their place, and numbers that cost money.
    """
    if not re.fullmatch(r"\+?[0-9 ().\-]{3,30}", typed.strip(), re.ASCII):
        raise BadNumber
    digits = re.sub(r"[^0-9]", "", typed)
    if "+" in typed and not digits.startswith("1"):
        if digits.startswith("0") or not LEAST_DIGITS <= len(digits) <= MOST_DIGITS:
            raise BadNumber
        return f"+{digits}"
    if re.fullmatch(r"[2-9]11|988", digits) and "+" not in typed:
        if digits in CRISIS:
            raise BadNumber
        return digits
    national = digits.removeprefix("1")
    # The plan of North America: area and exchange begin with 2 to 9; 900 is billed to the caller.
    if not re.fullmatch(r"[2-9][0-9]{2}[2-9][0-9]{6}", national) or national.startswith("900"):
        raise BadNumber
    return f"+1{national}"


def text_number(typed: str) -> str:
    """Return a number that takes texts: a short code of five or six digits, or any number(); raises BadNumber."""
    if re.fullmatch(r"[2-9][0-9]{4,5}", typed.strip(), re.ASCII):
        return typed.strip()
    return number(typed)


def dialled(dial: str) -> str:
    """Return a number as people read it."""
    if dial.startswith("+1") and len(dial) == len("+12223334444"):
        return f"1 {dial[2:5]} {dial[5:8]}-{dial[8:]}"
    return dial


def site(typed: str) -> str:
    """Return the address of a public site over https; raises BadSite for any other scheme, a name without a dot, an
    address in numbers, a port, or a name before an @.
    """
    found = typed.strip()
    if len(found) > LONGEST_SITE or not found.isascii() or re.search(r"[\s\\<>\"'`{}|^]|[\x00-\x20\x7f]", found):
        raise BadSite
    if "://" not in found and ":" not in found:
        found = f"https://{found}"
    try:
        parts = urlsplit(found)
        port = parts.port
    except ValueError:
        raise BadSite from None
    if parts.scheme != "https" or port or "@" in parts.netloc or not _HOST.fullmatch(parts.netloc.lower()):
        raise BadSite
    return f"https://{parts.netloc.lower()}{found[len('https://') + len(parts.netloc) :] or '/'}"


def only_readable(typed: str) -> str:
    """Return a text in one line, without characters that are not seen or turn it around (BadWords)."""
    # Spaces that do not break are good French and stay.
    found = re.sub(r"[ \t\r\n]+", " ", typed).strip()
    if any(unicodedata.category(one) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"} for one in found):
        raise BadWords
    return found


def check_call(called_on: date, today: date) -> None:
    """Refuse a call that is still to come (NotYet), and one made too long ago (CallTooOld)."""
    if called_on > today:
        raise NotYet
    if today - called_on > OLDEST_CALL:
        raise CallTooOld


def fresh_until(verified_on: date, expires_on: date, days: int) -> date:
    """Return the last day on which an entry may be shown.

    A shorter time set later counts at once, a longer one from the next call on.
    """
    return min(expires_on, verified_on + timedelta(days=days))


def standing(until: date | None, today: date, *, off: bool, warning: int) -> str:
    """Return how an entry stands: "off", "unverified", "expired", "soon" (shown, and to be called again within
    `warning` days) or "shown". Only the last two are seen by members and supporters.
    """
    if off:
        return "off"
    if until is None:
        return "unverified"
    if until < today:
        return "expired"
    return "soon" if until - today <= timedelta(days=warning) else "shown"
