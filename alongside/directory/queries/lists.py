"""Which candidate lists are valid."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from alongside.directory.models import CandidateList


@dataclass(frozen=True)
class Listed:
    """What a send needs of the list it names: (rank, supporter) by position, and who could be chosen by their card."""

    id: uuid.UUID
    until: datetime
    candidates: tuple[tuple[str, uuid.UUID], ...]
    directory: tuple[uuid.UUID, ...] = ()


def valid_list(organisation_id: uuid.UUID, list_id: uuid.UUID, now: datetime) -> Listed | None:
    """Return a list of this organisation that has not expired, else None."""
    row = CandidateList.objects.filter(organisation_id=organisation_id, id=list_id, until__gt=now).first()
    if row is None:
        return None
    directory = tuple(uuid.UUID(one) for one in row.directory or ())
    return Listed(row.id, row.until, tuple((rank, uuid.UUID(one)) for rank, one in row.candidates), directory)
