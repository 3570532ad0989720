"""How the signed list of an organisation stands, beside the team as it is now; and its roots, as everybody may see
them.
"""

import json
import uuid
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.kernel import clock, ids
from alongside.policy import queries as policy
from alongside.sealing import queries as kept
from alongside.sealing import rules as seals
from alongside.sealing.queries import Root, Roster
from alongside.team import queries as team


@dataclass(frozen=True)
class Line:
    """One supporter as they would be signed for; `change` is "", new, office, keys or not-yet."""

    id: uuid.UUID
    person: uuid.UUID
    name: str
    office: str
    vouch: bytes | None
    change: str


@dataclass(frozen=True)
class Standing:
    """How the signed list of an organisation stands; `gone` counts those it was signed for who serve no more, and
    `witness_gone` says that the witness may be it no more: the root in force then stands here as one without.
    """

    roster: Roster | None
    root: Root | None
    proposed: Root | None
    lines: list[Line]
    gone: int
    today: date
    warning: int
    witness_gone: bool

    @property
    def days_left(self) -> int:
        """How many days the list is good for yet, today included; below one it is over."""
        return (self.roster.until - self.today).days + 1 if self.roster else 0

    @property
    def changed(self) -> list[Line]:
        """Those who are not signed for as they stand now."""
        return [line for line in self.lines if line.change in {"new", "office", "keys"}]

    @property
    def signable(self) -> list[Line]:
        """Those who can be signed for."""
        return [line for line in self.lines if line.vouch]

    @property
    def waiting(self) -> list[Line]:
        """Those whose device must unlock once before they can be signed for."""
        return [line for line in self.lines if not line.vouch]

    @property
    def soon(self) -> bool:
        """Say whether it is time to sign again because of the date."""
        return self.roster is not None and self.days_left <= self.warning

    @property
    def mark(self) -> str:
        """A mark of all that the coordinator looked at."""
        seen = [[line.id.hex, line.office, line.vouch.hex() if line.vouch else ""] for line in self.lines]
        epoch = self.roster.epoch if self.roster else 0
        return ids.digest(json.dumps([epoch, seen]).encode()).hex()


def standing(organisation: Organisation) -> Standing:
    """Return how the signed list stands, beside the team as it is now."""
    now = clock.now()
    places = [place for place in team.roster(organisation.id, now) if place.status != "ended"]
    vouch = kept.vouch_keys(place.person for place in places)
    roster = kept.roster_of(organisation.id)
    roots = kept.roots_of(organisation.id)
    signed = next((one for one in roots if roster and one.public_key == roster.root), None)
    root = signed and _with_witness(signed, organisation)
    lines = []
    for place in places:
        key = vouch.get(place.person)
        change = _change(roster.certified.get(place.person) if roster else None, place.office, key)
        lines.append(Line(place.id, place.person, place.name, place.office, key, change))
    serving = {place.person for place in places}
    return Standing(
        roster=roster,
        root=root,
        proposed=roots[-1] if root and roots[-1].serial > root.serial else None,
        lines=lines,
        gone=roster.people - len(set(roster.certified) & serving) if roster else 0,
        today=now.date(),
        warning=policy.in_force(organisation.id).roster_warning,
        witness_gone=root != signed,
    )


def _with_witness(root: Root, organisation: Organisation) -> Root:
    """Return a root without its witness where that person left or lost the role: who may not be asked is neither
    named nor told to phones.
    """
    if root.witness is None or root.offered_by in accounts.holders("roster.witness", organisation.id):
        return root
    return replace(root, witness=None, named=None, offered_by=None)


def _change(was: tuple[str, bytes] | None, office: str, key: bytes | None) -> str:
    if key is None:
        return "not-yet"
    if was is None:
        return "new"
    return "keys" if was[1] != key else "office" if was[0] != office else ""


def told_roots(organisation: Organisation) -> dict[str, Any]:
    """Return the root in force and how each one followed the one before it; all of it public."""
    epoch = kept.epoch_of(organisation.id)
    used = [one for one in kept.roots_of(organisation.id) if one.serial <= epoch.serial] if epoch else []
    changes = [_told_change(old, new) for old, new in pairwise(used)]
    last = _with_witness(used[-1], organisation) if used else None
    return {
        "organisation": organisation.id.hex,
        "root": last and seals.base64url(last.public_key),
        "witness": last and last.witness and seals.base64url(last.witness),
        "named": last and last.named and seals.base64url(last.named),
        "changes": changes,
    }


def _told_change(old: Root, new: Root) -> dict[str, str | None]:
    parts = {"witness": old.witness, "named": old.named, "by_old": new.by_old, "by_witness": new.by_witness}
    ends = {"from": seals.base64url(old.public_key), "to": seals.base64url(new.public_key)}
    return {**ends, **{name: seals.base64url(value) if value else None for name, value in parts.items()}}
