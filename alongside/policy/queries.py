"""The values in force."""

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime

from alongside.accounts import queries as accounts
from alongside.content import law
from alongside.policy.models import Change, LawChoice
from alongside.policy.values import REGISTER, Values, sentence


def in_force(organisation_id: uuid.UUID) -> Values:
    """Return the values in force for an organisation: defaults, overlaid by its newest changes (I-34)."""
    found: dict[str, int] = {}
    version = 0
    for change in Change.objects.filter(organisation_id=organisation_id).order_by("version"):
        found[change.key] = change.value
        version = change.version
    return Values(version=version, **found)


def sentences(organisation_id: uuid.UUID) -> list[tuple[str, int, str]]:
    """Return (key, value, sentence in the active language) of every setting, in the order of the register."""
    now = asdict(in_force(organisation_id))
    return [(entry.key, now[entry.key], sentence(entry.key, now[entry.key])) for entry in REGISTER]


# --- the law -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lapsed:
    """A choice made under another pack that could be made under this one too, and was not looked at since."""

    key: str
    former: str
    switch: law.Switch
    """As it was there: `value` is the number or the name of counsel."""


def law_choices(organisation_id: uuid.UUID, pack: str, on: datetime | None = None) -> dict[str, object]:
    """Return the choices by which an organisation is stricter than this pack, as they are or were at a moment (K-31).

    What was chosen beside another pack was weighed against another law, and counts for nothing here.
    """
    return _choices_by_pack(organisation_id, pack, on).get(pack, {})


def lapsed_choices(organisation_id: uuid.UUID, pack: str, language: str) -> list[Lapsed]:
    """Return what an organisation had chosen beside former packs and must choose again, or leave, beside this one."""
    by_pack = _choices_by_pack(organisation_id, pack)
    now = by_pack.pop(pack, {})
    here = [one.key for one in law.switches(pack, now, language) if not one.fixed and one.key not in now]
    there = {
        one.key: Lapsed(one.key, former, one)
        for former, choices in by_pack.items()
        for one in law.switches(former, choices, language)
        if one.chosen and one.key in choices
    }
    return [there[key] for key in here if key in there]


def _choices_by_pack(organisation_id: uuid.UUID, pack: str, on: datetime | None = None) -> dict[str, dict[str, object]]:
    """Return the newest choices of each pack an organisation ever had, the one whose first choice is oldest first."""
    rows = LawChoice.objects.filter(organisation_id=organisation_id)
    if on is not None:
        rows = rows.filter(changed_at__lte=on)
    listed = list(rows.order_by("version"))
    former = accounts.packs_before(organisation_id) if any(not row.pack for row in listed) else []
    found: dict[str, dict[str, object]] = {}
    for row in listed:
        under = row.pack or next((name for ended, name in former if row.changed_at < ended), pack)
        found.setdefault(under, {})[row.key] = row.value
    return found


def law_version(organisation_id: uuid.UUID) -> int:
    """Return how many choices an organisation has made so far, beside whatever pack: the second half of the version its
    pages print.
    """
    newest = LawChoice.objects.filter(organisation_id=organisation_id).order_by("version").last()
    return newest.version if newest else 0


def law_in_force(organisation_id: uuid.UUID, pack: str, language: str) -> law.Pack:
    """Return the pack as it holds in an organisation: the one source of every page, script and form about limits
    (I-24).
    """
    return law.in_force(pack, law_choices(organisation_id, pack), language)
