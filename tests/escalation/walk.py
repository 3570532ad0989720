"""A ladder on paper: what the actions do to rows, done to `Facts` alone, with every call written down.

`run_until` is a machine that is always awake: it acts at exactly the moments that `Wait` names. `sleep_until` is a
machine that was off: nothing happens in between.
"""

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from alongside.escalation import rules

START = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
PEOPLE = tuple(uuid.UUID(int=number) for number in range(1, 7))
# Far more than any ladder needs to come to rest at one moment.
MANY = 30


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def facts_for(rungs: tuple[rules.Rung, ...], terms: rules.Terms) -> rules.Facts:
    """Return the facts of a request that was sent at START."""
    nobody: frozenset[uuid.UUID] = frozenset()
    return rules.Facts(
        state="open",
        rungs=rungs,
        terms=terms,
        opened_at=START,
        ends_at=START + minutes(terms.limit),
        round_at=START,
        rung=0,
        rung_at=None,
        taker=None,
        taken_at=None,
        alarmed_at=None,
        called=nobody,
        here=nobody,
        passed=nobody,
        able=frozenset(PEOPLE),
    )


@dataclass
class Walk:
    """One request through time."""

    facts: rules.Facts
    now: datetime = START
    round: int = 1
    calls: list[tuple[int, int, uuid.UUID]] = field(default_factory=list)
    alarms: list[datetime] = field(default_factory=list)
    steps: list[rules.Step] = field(default_factory=list)
    everybody_called_at: datetime | None = None
    ended: str = ""
    ended_at: datetime = START
    gave_up_from: str = ""

    def settle(self) -> rules.Wait:
        """Do every step that is due now; return the rest it came to."""
        for _ in range(MANY):
            step = rules.next_step(self.facts, self.now)
            if isinstance(step, rules.Wait):
                return step
            self._do(step)
            if self.ended:
                return rules.Wait(None)
        raise AssertionError("it never came to rest")

    def run_until(self, moment: datetime) -> None:
        """Stay awake until a moment."""
        while not self.ended:
            rest = self.settle()
            if rest.until is None or rest.until > moment:
                break
            assert rest.until > self.now, "waits for a moment that has passed"
            self.now = rest.until
        self.now = max(self.now, moment)

    def sleep_until(self, moment: datetime) -> None:
        """Be off until a moment."""
        self.now = moment
        self.settle()

    def accept(self, who: uuid.UUID) -> bool:
        """Somebody who was called takes it."""
        if self.ended or self.facts.state not in rules.WAITING or who not in rules.listening(self.facts):
            return False
        self.facts = replace(self.facts, state="accepted", taker=who, taken_at=self.now)
        return True

    def contact(self) -> None:
        """The taker reaches the member."""
        if self.facts.state == "accepted":
            self.facts = replace(self.facts, state="connected")

    def pass_on(self, who: uuid.UUID) -> None:
        """Somebody says not me; a taker gives back."""
        if who in self.facts.called and not self.ended:
            self.facts = replace(self.facts, passed=self.facts.passed | {who})
            if self.facts.taker == who:
                self._come_back(self.facts.ends_at)
            elif rules.is_everybody_gone(self.facts):
                self._alarm()

    def leave(self, who: uuid.UUID) -> None:
        """Somebody goes on leave."""
        self.facts = replace(self.facts, able=self.facts.able - {who})

    def come_back(self, who: uuid.UUID) -> None:
        """Somebody is back from leave."""
        self.facts = replace(self.facts, able=self.facts.able | {who})

    def _do(self, step: rules.Step) -> None:
        self.steps.append(step)
        match step:
            case rules.Climb():
                self.facts = replace(self.facts, state="alerted", rung=step.number, rung_at=self.now)
                self.facts = replace(self.facts, ends_at=step.ends_at, here=frozenset())
                if step.number == len(self.facts.rungs):
                    self.everybody_called_at = self.now
                if step.alarm:
                    self._alarm()
                self._call(step.who)
            case rules.Join():
                self.facts = replace(self.facts, ends_at=step.ends_at)
                self._call(step.who)
            case rules.Alarm():
                self._alarm()
            case rules.ComeBack():
                self._come_back(step.ends_at)
            case rules.Stay():
                self.facts = replace(self.facts, ends_at=step.ends_at)
            case rules.SetRight():
                self.facts = replace(self.facts, **rules.set_right(self.facts, self.now))  # type: ignore[arg-type]
            case rules.GiveUp():
                self.gave_up_from = self.facts.state
                self.facts = replace(self.facts, state="unanswered", taker=None)
                self.ended, self.ended_at = "unanswered", self.now
            case rules.Finish():
                self.ended, self.ended_at = "finished", self.now

    def _call(self, who: tuple[uuid.UUID, ...]) -> None:
        self.calls += [(self.round, self.facts.rung, one) for one in who]
        self.facts = replace(self.facts, called=self.facts.called | set(who), here=self.facts.here | set(who))

    def _alarm(self) -> None:
        self.alarms.append(self.now)
        self.facts = replace(self.facts, alarmed_at=self.now)

    def _come_back(self, ends_at: datetime) -> None:
        self.round += 1
        self.alarms.append(self.now)
        nobody: frozenset[uuid.UUID] = frozenset()
        self.facts = replace(
            self.facts,
            state="open",
            rung=len(self.facts.rungs) - 1,
            round_at=self.now - minutes(self.facts.rungs[-1].after),
            rung_at=self.now,
            ends_at=ends_at,
            taker=None,
            taken_at=None,
            alarmed_at=self.now,
            called=nobody,
            here=nobody,
        )
