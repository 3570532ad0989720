"""Outside help: what ships, as an organisation confirmed, corrected and added to it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from alongside.accounts.models import Organisation
from alongside.content import law, load
from alongside.content import resources as content
from alongside.directory import rules
from alongside.directory.models import ListedResource
from alongside.policy import queries as policy


@dataclass(frozen=True)
class Said:
    """Words, and the language they are really in: what is missing in one is shown in the other."""

    text: str
    language: str


@dataclass(frozen=True)
class Group:
    """Entries under one heading: those at home here, and those that stand in full under an earlier one."""

    key: str
    label: str
    entries: tuple["Resource", ...]
    also: tuple["Resource", ...]


@dataclass(frozen=True)
class Resource:
    """One entry with how it stands: "always" (911 and 988), or as directory.rules.standing has it."""

    id: str
    entry: content.Entry
    standing: str
    verified_on: date | None = None
    until: date | None = None
    verified_by: str = ""
    shipped: content.Shipped | None = None

    @property
    def own(self) -> bool:
        """Whether the organisation added it."""
        return self.shipped is None

    @property
    def is_shown(self) -> bool:
        """Whether members and supporters see it (A-33)."""
        return self.standing in {"always", "shown", "soon"}

    @property
    def outdated(self) -> bool:
        """Whether the software's list has another number or site by now than the one that was called."""
        if self.shipped is None or self.verified_on is None:
            return False
        ours, theirs = self.entry, self.shipped.entry
        return (ours.dial, ours.sms, ours.site) != (theirs.dial, theirs.sms, theirs.site)

    def says(self, language: str) -> dict[str, Said]:
        """Return the words of the entry that are there, in a language where it has them."""
        found = {}
        for name in content.SAID:
            for spoken in (language, *load.LANGUAGES):
                if text := self.entry.said.get(spoken, {}).get(name, ""):
                    found[name] = Said(text, spoken)
                    break
        return found

    @property
    def number(self) -> str:
        """The number as people read it."""
        return rules.dialled(self.entry.dial)

    @property
    def text_number(self) -> str:
        """The number for texts as people read it."""
        return rules.dialled(self.entry.sms)


def grouped(found: Iterable[Resource], language: str) -> list[Group]:
    """Return entries under their headings, each in full once; a heading without any is left out."""
    groups: list[Group] = []
    entries = list(found)
    home = {one.id: next(iter(one.entry.groups), "other") for one in entries}
    for key, label in content.labels("groups", language).items():
        here = tuple(one for one in entries if home[one.id] == key)
        also = tuple(one for one in entries if home[one.id] != key and key in one.entry.groups)
        if here or also:
            groups.append(Group(key, label, here, also))
    return groups


def needs_of(found: Iterable[Resource], language: str) -> list[tuple[str, str]]:
    """Return the needs that some entry serves, with their words."""
    served = {need for one in found for need in one.entry.needs}
    return [(key, label) for key, label in content.labels("needs", language).items() if key in served]


def today_of(organisation: Organisation, now: datetime) -> date:
    """Return the day that it is at an organisation."""
    return now.astimezone(ZoneInfo(organisation.time_zone)).date()


def every_resource(organisation: Organisation, now: datetime) -> list[Resource]:
    """Return everything a coordinator may decide on: what ships for their country, then what they added, by name."""
    values = policy.in_force(organisation.id)
    rows = list(ListedResource.objects.filter(organisation=organisation))
    today = today_of(organisation, now)
    known = {row.key: row for row in rows if row.key}
    found = []
    for one in content.of_country(law.country_of(organisation.pack)):
        row = known.get(one.key)
        if one.always:
            found.append(Resource(one.key, one.entry, "always", verified_on=one.looked_up, shipped=one))
        elif row is None:
            found.append(Resource(one.key, one.entry, "unverified", shipped=one))
        else:
            found.append(_listed(row, one, today, values.resource_valid, values.resource_warning))
    # What an update took off the list stays theirs: it was called here. "" is in no list.
    listed = {one.key for one in content.shipped()}
    own = [
        _listed(row, None, today, values.resource_valid, values.resource_warning)
        for row in rows
        if row.key not in listed
    ]
    return found + sorted(own, key=lambda one: (one.entry.said[load.LANGUAGES[0]]["name"].lower(), one.id))


def resource(organisation: Organisation, key: str, now: datetime) -> Resource | None:
    """Return one entry that an organisation decides on, by the software's key or its own id; never 911 or 988."""
    return next((one for one in every_resource(organisation, now) if one.id == key and one.standing != "always"), None)


def shown(organisation: Organisation, now: datetime) -> list[Resource]:
    """Return what members and supporters see: confirmed by a call that is not too old, and 911 and 988."""
    return [one for one in every_resource(organisation, now) if one.is_shown]


def expiring(organisation: Organisation, now: datetime) -> tuple[list[Resource], list[Resource]]:
    """Return what is hidden because nobody called again in time, and what will be soon."""
    found = every_resource(organisation, now)
    return [one for one in found if one.standing == "expired"], [one for one in found if one.standing == "soon"]


def row_of(organisation_id: uuid.UUID, key: str) -> ListedResource | None:
    """Return the row of an entry, by the software's key or its own id; None where there is none."""
    rows = ListedResource.objects.filter(organisation_id=organisation_id)
    try:
        own = rows.filter(id=uuid.UUID(key), key="").first()
    except ValueError:
        own = None
    return own or (rows.filter(key=key).first() if key else None)


def _listed(row: ListedResource, one: content.Shipped | None, today: date, valid: int, warning: int) -> Resource:
    until = rules.fresh_until(row.verified_on, row.expires_on, valid) if row.verified_on and row.expires_on else None
    return Resource(
        id=row.key or str(row.id),
        entry=content.Entry.of(row.facts),
        standing=rules.standing(until, today, off=row.off, warning=warning),
        verified_on=row.verified_on,
        until=until,
        verified_by=row.verified_by,
        shipped=one,
    )
