"""Mail that is slow, refuses and lies while requests wait: the ladder climbs in its time, what was held up arrives."""

import time
from dataclasses import dataclass

from tools.soak.devices import Asked, Ledger, Member
from tools.soak.machine import Machine, machine, until
from tools.soak.post import Post, post_office
from tools.soak.results import Budget, Result, say

HABITS = ("good", "refuse", "busy", "cut", "late", "drip", "deaf")
RUNGS = (6, 5, 11)  # minutes that pass before the second, third and last look
IN_TIME = 25  # seconds after its minute within which a rung must have been called, whatever the mail does
ARRIVES = 60
CALLS = ("Something is waiting for you now", "Something is waiting for you")


@dataclass
class Office:
    """An installation with a mail server that can be told how to behave."""

    made: Machine
    post: Post
    member: Member
    passed: float = 0

    def minutes(self, number: float) -> None:
        """Let minutes pass."""
        self.passed += number
        self.made.clock(minutes=self.passed)

    def ask(self) -> Asked:
        """Send an urgent request."""
        while True:
            one = self.member.ledger.ask(self.member.chance)
            one.plan = "mail"
            if not self.member.ask(one):
                raise RuntimeError("a request was not stored")
            if self.called(one) is not None and self._urgent(one):
                return one
            self.member.cancel(one)

    def _urgent(self, one: Asked) -> bool:
        query = (
            "SELECT r.envelope, l.urgency FROM help_requests_request r JOIN escalation_ladder l ON l.id = r.ladder_id"
        )
        return any(urgency == "now" for envelope, urgency in self.made.rows().all(query) if one.is_in(envelope))

    def called(self, one: Asked, number: int = 1, seconds: float = IN_TIME) -> float | None:
        """Wait until so many people were called for a request; return how long it took."""
        return until(lambda: len(self.who(one)) >= number, seconds)

    def who(self, one: Asked) -> set[str]:
        """Return the addresses of those who were called for a request."""
        query = (
            "SELECT r.envelope, a.supporter_id FROM help_requests_request r "
            "JOIN escalation_alert a ON a.ladder_id = r.ladder_id"
        )
        emails = self.made.facts["emails"]
        return {emails[who] for envelope, who in self.made.rows().all(query) if one.is_in(envelope)}


def misbehaving(budget: Budget) -> Result:
    """Let the mail server misbehave in every way, one after the other."""
    found = Result("mail", "slow, refusing, cutting off, deaf, late and lying mail servers while a ladder climbs")
    with machine(clock=True) as made, post_office(made.mail_port) as post:
        made.fill()
        made.web()
        made.wait()
        chance = budget.chance("mail")
        office = Office(made, post, Member([made.port], Ledger(), chance))
        habits = HABITS if budget.scale >= 0.5 else ("refuse", "deaf")
        for habit in habits:
            if budget.left > 30:
                _bad(office, habit, found)
        _liar(office, found)
        found.counts["letters"] = len(post.letters)
        found.counts["repeats"] = post.repeats
    return found


def _bad(office: Office, habit: str, found: Result) -> None:
    """Misbehave while a whole ladder is climbed, then be good: everybody called must have a letter."""
    since = time.monotonic()
    office.post.behave(habit)
    asked = office.ask()
    slowest = _climb(office, asked, habit, found)
    office.post.behave("good")
    # What failed is tried again after pauses that grow; let the longest of them pass.
    everybody = office.who(asked)
    arrived = None
    for _ in range(4):
        office.minutes(16)
        arrived = until(lambda: everybody <= _got(office, since), ARRIVES / 4, 0.2)
        if arrived is not None:
            break
    missing = everybody - _got(office, since)
    found.lost += len(missing)
    if missing:
        found.faults.append(
            f"mail that is {habit}: {len(missing)} of {len(everybody)} called people never got a letter"
        )
    found.counts["habits"] = found.counts.get("habits", 0) + 1
    found.notes.append(f"{habit}: slowest rung {slowest:.1f} s after its minute, repeats so far {office.post.repeats}")
    office.member.cancel(asked)
    say(f"mail {habit}: {len(everybody)} called, slowest rung {slowest:.1f} s late, {len(missing)} without a letter")


def _climb(office: Office, asked: Asked, habit: str, found: Result) -> float:
    slowest = 0.0
    for number, wait in enumerate(RUNGS, start=2):
        before = len(office.who(asked))
        office.minutes(wait)
        took = office.called(asked, before + 1)
        if took is None:
            found.faults.append(f"mail that is {habit}: rung {number} was not called within {IN_TIME} s of its minute")
        slowest = max(slowest, took or IN_TIME)
        if len(office.who(asked)) >= len(office.made.facts["sessions"]):
            break
    return slowest


def _got(office: Office, since: float) -> set[str]:
    return {letter.to for letter in office.post.letters if letter.at >= since and letter.subject in CALLS}


def _liar(office: Office, found: Result) -> None:
    """Say 250 to the first who is called and lose the letter: the others are called in their time and get theirs."""
    since = time.monotonic()
    office.post.behave("good")
    asked = office.ask()
    (first,) = office.who(asked)
    office.member.cancel(asked)
    office.post.habit = lambda to: "liar" if to == first else "good"
    asked = office.ask()
    since = time.monotonic()
    slowest = _climb(office, asked, "liar", found)
    others = office.who(asked) - {first}
    until(lambda: others <= _got(office, since), ARRIVES, 0.2)
    missing = others - _got(office, since)
    found.lost += len(missing)
    if not office.post.swallowed:
        found.faults.append("the lying server was never lied to: nothing was shown")
    if missing:
        found.faults.append(f"a lying mail server: {len(missing)} others got no letter")
    found.counts["swallowed by the liar"] = len(office.post.swallowed)
    found.notes.append(
        f"liar: nobody can see that a letter was swallowed; {len(others)} others called, {slowest:.1f} s"
    )
    office.member.cancel(asked)
