"""Tables about supporters as members see them, and about help outside: one file per owner, all of them named here."""

from alongside.directory.models.cards import Card
from alongside.directory.models.lists import CandidateList
from alongside.directory.models.partners import Partnership
from alongside.directory.models.resources import ListedResource

__all__ = ["CandidateList", "Card", "ListedResource", "Partnership"]
