"""What can be read of the directory: valid candidate lists, and outside help."""

from alongside.directory.queries.lists import Listed, valid_list
from alongside.directory.queries.resources import (
    Group,
    Resource,
    every_resource,
    expiring,
    grouped,
    needs_of,
    resource,
    shown,
    today_of,
)

__all__ = [
    "Group",
    "Listed",
    "Resource",
    "every_resource",
    "expiring",
    "grouped",
    "needs_of",
    "resource",
    "shown",
    "today_of",
    "valid_list",
]
