"""Every change of the directory: candidate lists, cards, mutual aid, and what an organisation says of outside help."""

from alongside.directory.actions.cards import NoSuchBlock, block_body, directory_body, show_card, take_card_away
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
    "NoSuchBlock",
    "NoSuchResource",
    "TooMany",
    "add_resource",
    "agree",
    "block_body",
    "candidates_now",
    "current_list",
    "directory_body",
    "forget_partners",
    "part",
    "propose",
    "purge",
    "remove_resource",
    "renew",
    "show_card",
    "switch_resource",
    "take_card_away",
    "verify_resource",
]
