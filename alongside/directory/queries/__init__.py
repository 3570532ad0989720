"""What can be read of the directory: valid candidate lists, cards, organisations that help each other, outside help."""

from alongside.directory.queries.cards import OnCard, card_of, cards_of, details_of, shut_cards
from alongside.directory.queries.lists import Listed, valid_list
from alongside.directory.queries.partners import Partner, helping, partners_of
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
    "OnCard",
    "Partner",
    "Resource",
    "card_of",
    "cards_of",
    "details_of",
    "every_resource",
    "expiring",
    "grouped",
    "helping",
    "needs_of",
    "partners_of",
    "resource",
    "shown",
    "shut_cards",
    "today_of",
    "valid_list",
]
