"""The accounting: every request that was ever answered as stored is live, or was ended by a step that can be proved."""

import hashlib
from collections import Counter

from tools.soak.devices import Asked, Ledger, Line, Member
from tools.soak.results import Result
from tools.soak.rows import Rows

CALLS = "('waiting', 'waiting_now', 'backup')"
ORPHANS = {
    "a ladder without a request": "SELECT count(*) FROM escalation_ladder l WHERE NOT EXISTS "
    "(SELECT 1 FROM help_requests_request r WHERE r.ladder_id = l.id)",
    "a request without a ladder": "SELECT count(*) FROM help_requests_request r WHERE NOT EXISTS "
    "(SELECT 1 FROM escalation_ladder l WHERE r.ladder_id = l.id)",
    "an alert without a ladder": "SELECT count(*) FROM escalation_alert a WHERE NOT EXISTS "
    "(SELECT 1 FROM escalation_ladder l WHERE a.ladder_id = l.id)",
    "a message without a request": "SELECT count(*) FROM help_requests_message m WHERE NOT EXISTS "
    "(SELECT 1 FROM help_requests_request r WHERE m.request_id = r.id)",
    "a call about something that is over": f"SELECT count(*) FROM notify_notice n WHERE message IN {CALLS} AND "
    "NOT EXISTS (SELECT 1 FROM escalation_ladder l WHERE n.about = l.id)",
}
BROKEN_LADDERS = {
    "is held by nobody": "state IN ('accepted', 'connected') AND taker_id IS NULL",
    "waits and has a taker": "state IN ('open', 'alerted') AND taker_id IS NOT NULL",
    "ended unanswered within minutes": "state = 'unanswered'",
    "was called and has nobody on it": "state = 'alerted' AND NOT EXISTS "
    "(SELECT 1 FROM escalation_alert a WHERE a.ladder_id = escalation_ladder.id AND a.round = escalation_ladder.round)",
}
CALLED_TWICE = (
    "SELECT count(*) FROM (SELECT 1 FROM escalation_alert GROUP BY ladder_id, supporter_id, round, rung "
    "HAVING count(*) > 1) twice"
)


def live(rows: Rows) -> Counter[bytes]:
    """Return the mark of every envelope that is kept, and how often."""
    found = rows.all("SELECT envelope FROM help_requests_request WHERE envelope IS NOT NULL")
    return Counter(envelope[-32:] for (envelope,) in found)


def account(rows: Rows, ledger: Ledger, noise: int, line: Line) -> Result:
    """Hold what is kept against what was answered; `noise` is the tally before anything was closed."""
    found = Result("")
    there = live(rows)
    everything = list(ledger.asked.values())
    _requests(found, everything, there)
    _messages(found, rows, everything, there)
    _replies(found, everything, line)
    for what, query in ORPHANS.items():
        if number := rows.count(query):
            found.faults.append(f"{number} times {what}")
    for what, condition in BROKEN_LADDERS.items():
        if number := rows.count(f"SELECT count(*) FROM escalation_ladder WHERE {condition}"):
            found.faults.append(f"{number} times a ladder {what}")
    found.doubled += rows.count(CALLED_TWICE)
    gone = [one for one in everything if one.stored and one.close_sent and not there[one.mark]]
    moved = rows.tally() - noise
    if moved != len(gone):
        found.faults.append(f"the tally moved {moved} times for {len(gone)} closed requests")
    found.counts["closed"] = len(gone)
    return found


def _requests(found: Result, everything: list[Asked], there: Counter[bytes]) -> None:
    stored = [one for one in everything if one.stored]
    ended = [one for one in stored if one.close_sent or one.cancel_sent]
    found.counts |= {"accepted": len(stored), "live": sum(there.values())}
    found.counts["cancelled"] = sum(one.cancelled for one in stored)
    found.lost += sum(not there[one.mark] for one in stored if one not in ended)
    found.doubled += sum(number - 1 for number in there.values())
    back = sum(bool(there[one.mark]) for one in ended if one.closed or one.cancelled)
    if back:
        found.faults.append(f"{back} requests live after they were closed or cancelled")
    unknown = len(set(there) - {one.mark for one in everything if one.sent})
    if unknown:
        found.faults.append(f"{unknown} requests that nobody sent")


def _messages(found: Result, rows: Rows, everything: list[Asked], there: Counter[bytes]) -> None:
    kept = Counter(bytes(one) for (one,) in rows.all("SELECT token_hash FROM help_requests_message"))
    answered = [
        hashlib.sha256(attempt).digest()
        for one in everything
        if there[one.mark]
        for attempt, was_answered in one.written.items()
        if was_answered
    ]
    found.counts["messages"] = len(answered)
    missing = sum(not kept[one] for one in answered)
    found.lost += missing
    if missing:
        found.faults.append(f"{missing} messages to a live request were lost")
    numbers = (
        "SELECT count(*) FROM (SELECT 1 FROM help_requests_message GROUP BY request_id, number HAVING count(*) > 1) t"
    )
    if twice := rows.count(numbers):
        found.faults.append(f"{twice} messages share a number")


def _replies(found: Result, everything: list[Asked], line: Line) -> None:
    device = Member(line.ports, Ledger(), line.chance)
    for one in everything:
        if not any(one.replies.values()):
            continue
        box = device.box(one)
        answered = [mark for mark, was_answered in one.replies.items() if was_answered]
        found.counts["replies"] = found.counts.get("replies", 0) + len(answered)
        found.lost += sum(not box[mark] for mark in answered)
        found.doubled += sum(number - 1 for number in box.values())
