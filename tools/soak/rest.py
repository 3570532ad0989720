"""The server was down for hours while nothing could be called; then it starts with thousands of open requests."""

import json
import time
import urllib.error
import urllib.request
from collections import Counter

from tools.soak.account import CALLED_TWICE
from tools.soak.devices import Ledger, Lost, Member
from tools.soak.machine import Machine, machine
from tools.soak.post import Post, post_office
from tools.soak.results import Budget, Result, say

OPEN = "SELECT count(*) FROM escalation_ladder WHERE state = 'open'"
LATE_PAGE = 5.0


def long(budget: Budget) -> Result:
    """Start with 2,000 requests that nobody was called for; measure how they are caught up with."""
    number = budget.times(2000)
    found = Result("after hours", f"{number} requests open and five hours old when the server starts")
    with machine() as made, post_office(made.mail_port) as post:
        made.fill(old=number)
        say(f"after hours: {number} requests wait")
        begun = time.monotonic()
        made.web()
        found.notes.append(f"answers after {made.wait():.1f} s")
        _catch_up(made, post, found, budget, begun)
        found.counts = {"open": number, **found.counts}
    return found


def _catch_up(made: Machine, post: Post, found: Result, budget: Budget, begun: float) -> None:
    rows = made.rows()
    member = Member([made.port], Ledger(), budget.chance("rest"))
    turns, pages, climbed, first = [], [], None, None
    asked = member.ledger.ask(member.chance)
    asked.plan = "rest"
    sent = member.ask(asked)
    while budget.left > 0.25 * budget.seconds and (climbed is None or rows.count(WAITING) > 0):
        turns.append(_turn_age(made))
        pages.append(_page(member))
        if first is None and post.letters:
            first = post.letters[0].at - begun
        if climbed is None and rows.count(OPEN) == 0:
            climbed = time.monotonic() - begun
        time.sleep(0.5)
    left = rows.count(OPEN)
    if climbed is None:
        found.faults.append(f"{left} requests had called nobody after {time.monotonic() - begun:.0f} s")
    if not sent:
        found.faults.append("a new request was not taken meanwhile")
    found.doubled += rows.count(CALLED_TWICE)
    boxes = Counter(letter.to for letter in post.letters)
    found.counts |= {"letters": len(post.letters), "most in one mail box": max(boxes.values(), default=0)}
    found.counts["notices still waiting"] = rows.count(WAITING)
    seconds = time.monotonic() - begun
    found.notes.append(
        f"everybody called after {climbed or -1:.0f} s, first letter after {first or -1:.1f} s, "
        f"{len(post.letters) / seconds:.0f} letters a second, slowest page {max(pages):.1f} s, "
        f"longest turn of the loop {max(turns):.0f} s"
    )
    if max(pages) > LATE_PAGE:
        found.faults.append(f"a page took {max(pages):.1f} s meanwhile")


WAITING = "SELECT count(*) FROM notify_notice WHERE NOT failed"


def _turn_age(made: Machine) -> float:
    try:
        with urllib.request.urlopen(f"http://localhost:{made.port}/health", timeout=5) as response:
            return float(json.loads(response.read())["tick_seconds"] or 0)
    except urllib.error.HTTPError as error:
        return float(json.loads(error.read())["tick_seconds"] or 0)
    except OSError:
        return 5.0


def _page(member: Member) -> float:
    begun = time.monotonic()
    try:
        member.line.send("GET", "/ask/pine-county/candidates.json")
    except Lost:
        return member.line.patience
    return time.monotonic() - begun
