"""Shifts; what repeats; when people can be on call; proposals of the planner; exchanges between people; feeds;
sessions and debriefs.
"""

from alongside.rota.models.exchanges import CoverAsk, Exchange, Opening
from alongside.rota.models.feeds import Busy, BusyFeed, Feed
from alongside.rota.models.notes import NoWeekNote, WeekNote
from alongside.rota.models.patterns import Holiday, Pattern, PatternBlock
from alongside.rota.models.proposals import Proposal, ProposedShift
from alongside.rota.models.sessions import Debrief, Session
from alongside.rota.models.shifts import Shift
from alongside.rota.models.wishes import Blackout, Cap, Hours, Wish

__all__ = [
    "Blackout",
    "Busy",
    "BusyFeed",
    "Cap",
    "CoverAsk",
    "Debrief",
    "Exchange",
    "Feed",
    "Holiday",
    "Hours",
    "NoWeekNote",
    "Opening",
    "Pattern",
    "PatternBlock",
    "Proposal",
    "ProposedShift",
    "Session",
    "Shift",
    "WeekNote",
    "Wish",
]
