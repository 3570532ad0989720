"""The machine's clock is set wrong and right again while requests are open, running and over a restart."""

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tools.soak.account import live
from tools.soak.devices import Asked, Ledger, Member, Peer
from tools.soak.machine import Machine, Program, machine, until
from tools.soak.post import Post, post_office
from tools.soak.results import Budget, Result, say

DAY = 24 * 60
EPOCH = "1970"
LIE = 15  # seconds that one lie takes
PACE = 27  # minutes that really pass after each lie: everybody is called by then
STATES = ("waiting", "accepted", "connected")
SOON = 20


@dataclass
class Town:
    """An installation with its mail, one member's device and one supporter's."""

    made: Machine
    server: Program
    post: Post
    member: Member
    peers: dict[str, Peer]
    passed: float = 0  # minutes that really passed

    def right(self) -> None:
        """Let the clock be right."""
        self.made.clock(minutes=self.passed)

    def wrong(self, by: float | str) -> None:
        """Let the clock be wrong."""
        if isinstance(by, str):
            self.made.clock_at("1970-01-02 03:04:05")
        else:
            self.made.clock(minutes=self.passed + by)

    def open_three(self) -> dict[str, Asked]:
        """Open one request for each state and bring it there, with a reply waiting in its box."""
        asked = {}
        for state in STATES:
            one = self.member.ledger.ask(self.member.chance)
            one.plan = "clock"
            if not self.member.ask(one):
                raise RuntimeError("a request was not stored")
            asked[state] = one
        for state in STATES[1:]:
            self._take(asked[state], connected=state == "connected")
        return asked

    def _take(self, asked: Asked, *, connected: bool) -> None:
        """Let whoever is called first accept, reply and, perhaps, make contact."""
        query = (
            "SELECT r.envelope, r.id, a.supporter_id FROM help_requests_request r "
            "JOIN escalation_alert a ON a.ladder_id = r.ladder_id"
        )
        called: list[tuple[str, str]] = []

        def is_called() -> bool:
            called[:] = [(one, peer) for envelope, one, peer in self.made.rows().all(query) if asked.is_in(envelope)]
            return bool(called)

        until(is_called, SOON)
        (name, supporter), *_ = called
        peer, request = self.peers[supporter], str(uuid.UUID(name))
        steps = [peer.act(request, "accept")]
        peer.reply(request, asked)
        steps += [peer.act(request, "connected")] if connected else []
        if set(steps) != {302} or not all(asked.replies.values()):
            raise RuntimeError(f"whoever was called could not take a request: {steps}")

    def tidy(self, asked: dict[str, Asked]) -> None:
        """Cancel what is left."""
        for one in asked.values():
            self.member.cancel(one)

    def still(self, asked: dict[str, Asked]) -> list[str]:
        """Return the states whose requests are live no more."""
        there = live(self.made.rows())
        return [state for state, one in asked.items() if not there[one.mark]]


def set_wrong(budget: Budget) -> Result:
    """Set the clock back and forward while requests are open."""
    found = Result("clock", "set back and forward by minutes to a month and to 1970, running and over a restart")
    with machine(clock=True) as made, post_office(made.mail_port) as post:
        made.fill()
        server = made.web()
        made.wait()
        chance = budget.chance("clocks")
        ledger = Ledger()
        peers = {who: Peer([made.port], ledger, chance, one) for who, one in made.facts["sessions"].items()}
        town = Town(made, server, post, Member([made.port], ledger, chance), peers)
        # The worst first, in case the time does not do for all.
        lies = [(by, restart) for restart in (False, True) for by in (EPOCH, 4 * DAY, 31 * DAY, -3 * DAY)]
        lies += [(by, False) for by in (-5, 90, DAY)] + [(by, True) for by in (-6 * 60, -31 * DAY)]
        for by, restart in lies[: budget.times(len(lies))]:
            if budget.left > LIE:
                _lie(town, by, found, restart=restart)
    return found


def _lie(town: Town, by: float | str, found: Result, *, restart: bool) -> None:
    name = _name(by) + (" over a restart" if restart else "")
    asked = town.open_three()
    town.wrong(by)
    if restart:
        town.server.kill_all()
        town.server.start()
        town.made.wait()
    time.sleep(3)
    gone = town.still(asked)
    town.right()
    if restart:
        town.server.kill_all()
        town.server.start()
        town.made.wait()
    time.sleep(2)
    gone += town.still(asked)
    found.counts["lies"] = found.counts.get("lies", 0) + 1
    found.counts["requests"] = found.counts.get("requests", 0) + len(asked)
    for state in dict.fromkeys(gone):
        found.lost += 1
        found.faults.append(f"clock {name}: the {state} request ended")
    _replies_wait(town, asked, name, found)
    shortened = _shortened(town, asked)
    if shortened:
        found.faults.append(f"clock {name}: ends within {shortened:.0f} minutes afterwards instead of 72 hours")
    _climbs_after(town, asked, name, found)
    town.tidy(asked)
    say(f"clock {name}: {', '.join(dict.fromkeys(gone)) or 'nothing'} ended")


def _name(by: float | str) -> str:
    if isinstance(by, str):
        return f"at {by}"
    size = abs(by)
    words = f"{size / DAY:.0f} days" if size >= DAY else f"{size / 60:.0f} hours" if size >= 120 else f"{size} minutes"
    return f"{words} {'back' if by < 0 else 'forward'}"


def _replies_wait(town: Town, asked: dict[str, Asked], name: str, found: Result) -> None:
    for one in asked.values():
        box = town.member.box(one)
        missing = [mark for mark, answered in one.replies.items() if answered and mark not in box]
        found.lost += len(missing)
        if missing:
            found.faults.append(f"clock {name}: an unread reply was deleted")


def _shortened(town: Town, asked: dict[str, Asked]) -> float | None:
    """Return after how many minutes the first of them ends, where that is sooner than a day."""
    marks = {one.mark for one in asked.values()}
    query = "SELECT r.envelope, l.ends_at FROM help_requests_request r JOIN escalation_ladder l ON r.ladder_id = l.id"
    now = datetime.now(UTC) + timedelta(minutes=town.passed)
    ends = [
        (datetime.fromisoformat(str(moment)).replace(tzinfo=UTC) - now).total_seconds() / 60
        for envelope, moment in town.made.rows().all(query)
        if envelope and envelope[-32:] in marks
    ]
    soonest = min(ends, default=None)
    return soonest if soonest is not None and soonest < DAY else None


def _climbs_after(town: Town, asked: dict[str, Asked], name: str, found: Result) -> None:
    """With the clock right, let the time of a whole ladder pass: what waits must have called everybody."""
    town.passed += PACE
    town.right()
    mark = asked["waiting"].mark
    if not live(town.made.rows())[mark]:
        return
    query = (
        "SELECT r.envelope FROM help_requests_request r JOIN escalation_ladder l ON r.ladder_id = l.id "
        "WHERE l.state = 'alerted' AND (l.rung >= 3 OR l.urgency = 'today')"
    )
    rows = town.made.rows()
    if until(lambda: any(envelope and envelope[-32:] == mark for (envelope,) in rows.all(query)), SOON) is None:
        found.faults.append(f"clock {name}: the waiting request did not climb afterwards")
