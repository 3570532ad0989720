"""Grades a site's answers by the published rules of MDN's HTTP Observatory, in a table of our own.

Source: developer.mozilla.org/en-US/observatory/docs/tests_and_scoring (version 5). A site begins with 100; each fault
takes away, and what is better than it must be adds once the rest is worth 90 or more. A+ is 100 and more.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from http.cookies import SimpleCookie

HALF_A_YEAR = 15_768_000
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
GRADES = ((100, "A+"), (90, "A"), (85, "A-"), (80, "B+"), (70, "B"), (65, "B-"), (60, "C+"), (50, "C"), (45, "C-"),
          (40, "D+"), (30, "D"), (25, "D-"), (0, "F"))  # fmt: skip


def grade(headers: Mapping[str, str], cookies: Sequence[str], html: str, to_https: bool) -> tuple[str, dict[str, int]]:
    """Return the grade and what each test gave or took."""
    given = dict(_judged(headers, cookies, html, to_https))
    without_more = 100 + sum(points for points in given.values() if points < 0)
    score = without_more + (sum(points for points in given.values() if points > 0) if without_more >= 90 else 0)
    return next(name for least, name in GRADES if max(score, 0) >= least), given


def _judged(headers: Mapping[str, str], cookies: Sequence[str], html: str, to_https: bool) -> Iterator[tuple[str, int]]:
    yield "content-security-policy", _policy(headers.get("content-security-policy", ""))
    yield "cookies", _cookies(cookies)
    yield "cross-origin-sharing", -50 if headers.get("access-control-allow-origin") == "*" else 0
    yield "redirection", 0 if to_https else -20
    yield "referrer-policy", _referrer(headers.get("referrer-policy"))
    yield "strict-transport-security", _transport(headers.get("strict-transport-security", ""))
    yield "subresource-integrity", _scripts(html)
    yield "x-content-type-options", 0 if headers.get("x-content-type-options") == "nosniff" else -5
    yield "x-frame-options", _frames(headers)
    yield "cross-origin-resource-policy", 10 if headers.get("cross-origin-resource-policy") == "same-origin" else 0


def _policy(text: str) -> int:
    if not text:
        return -25
    rules = {part.split()[0]: part.split()[1:] for part in text.split(";") if part.split()}
    default = rules.get("default-src", ["*"])
    scripts, styles = rules.get("script-src", default), rules.get("style-src", default)
    unsafe = {"'unsafe-inline'", "data:", "*", "https:", "http:"}
    if unsafe & set(scripts) or unsafe & set(rules.get("object-src", default)):
        return -20
    if any(one.startswith("http://") for values in rules.values() for one in values):
        return -20
    if "'unsafe-eval'" in scripts:
        return -10
    if "'unsafe-inline'" in styles:
        return 0
    return 10 if default == ["'none'"] else 5


def _cookies(lines: Sequence[str]) -> int:
    taken = 0
    for line in lines:
        for one in SimpleCookie(line).values():
            session = re.search("sess|csrf", one.key, re.IGNORECASE)
            if not one["secure"]:
                taken = min(taken, -40 if session else -20)
            if session and not one["httponly"]:
                taken = min(taken, -30)
            if session and one["samesite"].lower() not in {"strict", "lax"}:
                taken = min(taken, -20)
    strict = lines and all("samesite" in line.lower() for line in lines)
    return taken or (5 if strict else 0)


def _referrer(text: str | None) -> int:
    if text is None:
        return 0
    return 5 if text.split(",")[-1].strip() in PRIVATE else -5


def _transport(text: str) -> int:
    found = re.search(r"max-age=(\d+)", text)
    if not found:
        return -20
    return 0 if int(found[1]) >= HALF_A_YEAR else -10


def _scripts(html: str) -> int:
    foreign = re.findall(r"<script[^>]*src=[\"']?(?:https?:)?//[^>]*>", html)
    return 0 if all("integrity=" in script for script in foreign) else -5


def _frames(headers: Mapping[str, str]) -> int:
    if "frame-ancestors" in headers.get("content-security-policy", ""):
        return 5
    return 0 if headers.get("x-frame-options", "").upper() in {"DENY", "SAMEORIGIN"} else -20
