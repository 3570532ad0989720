"""The values in force."""

import uuid
from dataclasses import asdict
from datetime import datetime

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


def law_choices(organisation_id: uuid.UUID, on: datetime | None = None) -> dict[str, object]:
    """Return the choices by which an organisation is stricter than its pack, as they are or were at a moment (K-31)."""
    rows = LawChoice.objects.filter(organisation_id=organisation_id)
    if on is not None:
        rows = rows.filter(changed_at__lte=on)
    return {row.key: row.value for row in rows.order_by("version")}


def law_version(organisation_id: uuid.UUID) -> int:
    """Return how many choices an organisation has made so far: the second half of the version its pages print."""
    newest = LawChoice.objects.filter(organisation_id=organisation_id).order_by("version").last()
    return newest.version if newest else 0


def law_in_force(organisation_id: uuid.UUID, pack: str, language: str) -> law.Pack:
    """Return the pack as it holds in an organisation: the one source of every page, script and form about limits
    (I-24).
    """
    return law.in_force(pack, law_choices(organisation_id), language)
