"""Tables about supporters as members see them: one file per owner, all of them named here."""

from alongside.directory.models.cards import Card
from alongside.directory.models.lists import CandidateList

__all__ = ["CandidateList", "Card"]
