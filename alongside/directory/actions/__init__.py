"""Every change of the directory: candidate lists, mutual aid, and what an organisation says of outside help."""

from alongside.directory.actions.lists import Listing, candidates_now, current_list, purge, renew
from alongside.directory.actions.partners import agree, forget_partners, part, propose
from alongside.directory.actions.resources import (
    NoSuchResource,
    TooMany,
    add_resource,
    remove_resource,
    switch_resource,
    verify_resource,
)

__all__ = [
    "Listing",
    "NoSuchResource",
    "TooMany",
    "add_resource",
    "agree",
    "candidates_now",
    "current_list",
    "forget_partners",
    "part",
    "propose",
    "purge",
    "remove_resource",
    "renew",
    "switch_resource",
    "verify_resource",
]
