"""What a pack of a place says, in one language: plain values without behaviour but the dates.

Words: a *place* is a pack that an organisation is given; a *layer* is a pack on top of it, such as a federal law. An
*exception* is a case in which a supporter may or must speak. A *duty* is a rule for the talk that a law or the
organisation sets. A *protection* is what a law asks for before it covers a talk.
"""

from dataclasses import dataclass
from datetime import date

# Exceptions that no pack may leave out (K-06, K-07, K-08, K-13).
EVERYWHERE = frozenset({"danger", "maltreatment", "law", "consent"})
# What each exception is a case of: what the tally counts, and what a card groups.
KINDS = {
    "danger": "danger",
    "serious-self-harm": "danger",
    "serious-mental-illness": "danger",
    "maltreatment": "maltreatment",
    "emotional-abuse": "maltreatment",
    "law": "law",
    "testimony": "law",
    "crime": "law",
    "consent": "consent",
    "death-consent": "consent",
}
# Whom to call, the strongest last.
CALLS = ("none", "statutory", "911")
DUTIES = ("witness", "written-notice", "no-recording", "group")


@dataclass(frozen=True)
class ReportLine:
    """Where something must be reported: about whom, which office takes it, and the least that is said.

    `number` is empty where it is not known; a coordinator enters it after a test call.
    """

    key: str
    about: str
    to: str
    number: str
    say: tuple[str, ...]


@dataclass(frozen=True)
class Limit:
    """One case in which a supporter may or must speak, and how far that goes.

    `mandated`: the law demands a report. `call`: "911", "statutory" (the office of `lines`) or "none". `optional`: no
    law demands it, so an organisation may leave it out.
    """

    key: str
    short: str
    scope: str
    mandated: bool
    requirement: str
    call: str = "none"
    optional: bool = False
    on_by_default: bool = True
    lines: tuple[ReportLine, ...] = ()
    citations: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """Return what it is a case of: danger, maltreatment, law or consent."""
        return KINDS[self.key]


@dataclass(frozen=True)
class Duty:
    """A rule for the talk: whether it holds, and what it says."""

    key: str
    on: bool
    says: str
    citations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Protection:
    """What a law asks for before it covers a talk: whose talk, by whom trained and named, which kinds of talk."""

    people: str
    training: str
    designation: str
    contacts: str
    citations: tuple[str, ...]


@dataclass(frozen=True)
class Citation:
    """A law that a pack names. `seen`: "text" (its words), "part" (an opening or a summary) or "named" (only named)."""

    key: str
    title: str
    where: str
    seen: str


@dataclass(frozen=True)
class Papers:
    """What the printed forms and cards say: consent, consent after a death, a summons to testify."""

    consent: str
    revoke: str
    apart: str
    death: str
    testimony: str


@dataclass(frozen=True)
class Layer:
    """Law on top of a place's, such as a federal one.

    Its `note` is shown everywhere it lies; the rest counts only for the agencies it is `about`.
    """

    key: str
    name: str
    about: str
    note: str
    exceptions: tuple[Limit, ...]
    court_protection: bool
    protections: tuple[Protection, ...]
    duties: tuple[Duty, ...]
    citations: tuple[Citation, ...]
    unknown: tuple[str, ...]
    review_by: date


@dataclass(frozen=True)
class Pack:
    """Law and wording of a place in one language, with its layers.

    `exceptions` are in force, `left_out` could be. `court_protection`: a cited law says something for talks in court;
    it never says that a court cannot ask. `unknown`: what nobody has looked up yet.
    """

    key: str
    version: int
    name: str
    country: str
    locale: str
    exceptions: tuple[Limit, ...]
    left_out: tuple[Limit, ...]
    court: str
    higher_law: str
    court_protection: bool
    protections: tuple[Protection, ...]
    duties: tuple[Duty, ...]
    cross_agency: str
    papers: Papers
    citations: tuple[Citation, ...]
    unknown: tuple[str, ...]
    layers: tuple[Layer, ...]
    hide_number: str
    leave_to: str
    reviewed_by: str
    counsel: bool
    written_on: date
    review_by: date
    effective_from: date
    effective_until: date | None

    def overdue(self, on: date) -> bool:
        """Say whether the pack should have been looked at again before this day."""
        return on > self.review_by

    def ended(self, on: date) -> bool:
        """Say whether the pack no longer describes the law on this day, or not yet."""
        return on < self.effective_from or (self.effective_until is not None and on > self.effective_until)

    def exception(self, key: str) -> Limit | None:
        """Return one exception that is in force; None where it is not."""
        return next((one for one in self.exceptions if one.key == key), None)

    def duty(self, key: str) -> Duty:
        """Return one duty, whether it holds or not."""
        return next(one for one in self.duties if one.key == key)

    @property
    def held(self) -> tuple[Duty, ...]:
        """Return the duties that hold."""
        return tuple(one for one in self.duties if one.on)
