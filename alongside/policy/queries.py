"""The values in force."""

import uuid
from dataclasses import asdict

from alongside.policy.models import Change
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
