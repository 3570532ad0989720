"""Tables about supporters as members see them: one file per owner, all of them named here."""

from alongside.directory.models.lists import CandidateList
from alongside.directory.models.partners import Partnership

__all__ = ["CandidateList", "Partnership"]
