"""Sessions that supporters lead, and the debrief of each leader after one: the coordinator's pages."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alongside.accounts import queries as accounts
from alongside.accounts.queries import ROLE_NAMES, Seat
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.policy.values import Values
from alongside.rota import actions, queries
from alongside.rota.forms import DebriefForm, SessionForm
from alongside.rota.forms.sessions import LATER, SET, shown
from alongside.rota.models import Session
from alongside.rota.queries import Leads, Listed
from alongside.rota.queries.sessions import State
from alongside.rota.rules.sessions import (
    LONGEST_DEBRIEF,
    SHORTEST_DEBRIEF,
    Code,
    Kind,
    Slot,
    Span,
    Wrong,
    check_session,
)
from alongside.team import queries as team

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

KINDS: "dict[Kind, StrOrPromise]" = {
    Kind.GROUP: _("Support group"),
    Kind.CREW: _("Support group for a crew"),
    Kind.INCIDENT: _("After a critical incident"),
}
# In which field of the session's form it is said, and what.
SESSION_WRONG: "dict[Code, tuple[str | None, StrOrPromise]]" = {
    Code.ENDS_FIRST: ("to_day", _("The session ends before it begins.")),
    Code.TOO_LONG: ("to_day", _("A session lasts 24 hours at most. Is the day right?")),
    Code.TOO_OLD: ("from_day", _("This was more than two weeks ago. It would be deleted at once.")),
    Code.TOO_FAR: ("from_day", _("This is more than a year ahead. Is the year right?")),
    Code.HOURS: (
        "kind",
        _("This is outside work hours. Groups are held in work hours; choose “for a crew” if that crew works then."),
    ),
    Code.LEADERS: ("leader", _("This person cannot lead a session at present.")),
    # Not said why: it may be in another organisation.
    Code.TWICE: ("leader", _("Somebody who leads it is not free then.")),
    Code.CHANGED: (
        None,
        _("Somebody changed this session meanwhile; how it is now stands above. Save to make it as it is below."),
    ),
}
DEBRIEF_WRONG: "dict[Code, tuple[str, StrOrPromise]]" = {
    Code.LEADERS: ("when", _("This person cannot lead a session at present.")),
    Code.ONESELF: ("listener", _("This is the leader. Choose somebody else.")),
    Code.NO_LISTENER: ("listener", _("This person is away or has left. Choose somebody else.")),
    Code.BEFORE: ("day", _("This is before the session ends.")),
    Code.LATE: ("day", _("This is more than two weeks after the session.")),
    Code.LENGTH: ("minutes", _("A debrief lasts 10 to 240 minutes.")),
    Code.AWAY: ("when", _("The leader does not serve at present. Choose “Not yet”, or somebody else to lead.")),
    Code.TWICE: ("at", _("One of the two is not free then.")),
}


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Show every session that is kept, those with something to do first."""
    seat = accounts.permit(request.user, "rota.change")
    now, zone = clock.now(), ZoneInfo(seat.organisation.time_zone)
    found = queries.sessions_of(seat.organisation.id, now)
    due = [one for one in found if one.needs(now)]
    with timezone.override(zone):
        context = {
            "seat": seat,
            "zone": zone,
            "due": [line(one, now) for one in due],
            "others": [line(one, now) for one in found if one not in due],
            "values": policy.in_force(seat.organisation.id),
        }
        return render(request, "coordinate/sessions.html", context)


def line(one: Listed, now: datetime) -> dict[str, Any]:
    """Return a session as a list shows it."""
    return {
        "session": one,
        "label": KINDS[one.kind],
        "over": one.ends_at <= now,
        "away": one.starts_at > now and [lead.name for lead in one.leads if not lead.serves],
    }


@require_http_methods(["GET", "HEAD", "POST"])
def session_new(request: HttpRequest) -> HttpResponse:
    """Enter a session, with the debrief of each leader."""
    seat = accounts.permit(request.user, "rota.change")
    return Desk(request, seat, None, clock.now()).answer()


@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Change a session, or the debriefs after it."""
    seat = accounts.permit(request.user, "rota.change")
    now = clock.now()
    try:
        return Desk(request, seat, queries.session_in(seat.organisation.id, id, now), now).answer()
    except Session.DoesNotExist:
        raise Http404 from None


@require_POST
def session_remove(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Cancel a session with its debriefs."""
    seat = accounts.permit(request.user, "rota.change")
    try:
        actions.remove_session(seat, id)
    except Session.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("Cancelled. Everybody concerned is told."))
    return redirect("in_sessions")


# --- the form ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Desk:
    """One look at the form: `listed` is the session that is changed, if one is."""

    request: HttpRequest
    seat: Seat
    listed: Listed | None
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self.seat.organisation.time_zone)

    def answer(self) -> HttpResponse:
        """Show the form; or save what it says."""
        people = self._people()
        form = self._form(people)
        step = self.request.POST.get("step", "save")
        if self.request.method != "POST":
            listed = self.listed
            debriefs = self._filled([one.slot.leader for one in listed.leads], listed.ends_at) if listed else []
        elif not (form.is_valid() and self._can_be(form)):
            debriefs = [self._bound(prefix) for prefix in self._posted().values()]
        else:
            debriefs = self._debriefs(form, propose=step == "propose")
            if step == "save" and all(one.is_valid() for one in debriefs) and self._save(form, debriefs):
                return redirect("in_sessions")
            if not all(one.is_bound for one in debriefs):
                messages.info(self.request, _("Nothing is saved yet. Look at the debriefs, then save."))
        return self._page(form, debriefs, {str(one.id): one.name for one in people})

    def _can_be(self, form: SessionForm) -> bool:
        """Say whether there can be such a session, whoever is free; put into the form why not."""
        assert form.span is not None  # noqa: S101
        leaders = [uuid.UUID(one) for one in form.leaders]
        try:
            work = queries.work_of(self.seat.organisation)
            check_session(Kind(form.cleaned_data["kind"]), form.span, leaders, work, self.now)
        except Wrong as wrong:
            _say_what_is_wrong(wrong, form, [])
            return False
        return True

    def _people(self) -> list[Any]:
        had = [one.slot.leader for one in self.listed.leads] if self.listed else []
        return queries.leaders_for(self.seat.organisation.id, self.now, had)

    def _form(self, people: list[Any]) -> SessionForm:
        initial: dict[str, Any] = {}
        if self.listed:
            begin, end = shown(self.listed.starts_at, self.zone), shown(self.listed.ends_at, self.zone)
            first, second, *_more = (*(str(one.slot.leader) for one in self.listed.leads), "", "")
            initial = {"kind": self.listed.kind, "leader": first, "other": second}
            initial |= {f"from_{name}": value for name, value in begin.items()}
            initial |= {f"to_{name}": value for name, value in end.items()}
        choices = [(str(one.id), one.name) for one in people]
        return SessionForm(self.request.POST or None, initial=initial, leaders=choices, zone=self.zone)

    def _page(self, form: SessionForm, debriefs: Sequence[DebriefForm], names: dict[str, str]) -> HttpResponse:
        wrong = (form.is_bound and bool(form.errors)) or any(one.is_bound and one.errors for one in debriefs)
        with timezone.override(self.zone):
            # As it is now: who saves again has seen it.
            listed = self._now()
            context = {
                "seat": self.seat,
                "zone": self.zone,
                "form": form,
                "debriefs": [(one, names.get(str(one["leader"].value()), "")) for one in debriefs],
                "session": listed,
                "line": line(listed, self.now) if listed else None,
                "values": self._values,
                "people": names,
            }
            return render(self.request, "coordinate/session.html", context, status=422 if wrong else 200)

    def _now(self) -> Listed | None:
        if self.listed is None:
            return None
        return queries.session_in(self.seat.organisation.id, self.listed.id, self.now)

    @property
    def _values(self) -> Values:
        return policy.in_force(self.seat.organisation.id)

    # --- the debriefs ---

    def _posted(self) -> dict[str, str]:
        """Return leader -> prefix of the debriefs that the page sent."""
        given = {prefix: self.request.POST.get(f"{prefix}-leader", "") for prefix in ("d0", "d1")}
        return {leader: prefix for prefix, leader in given.items() if leader}

    def _listeners(self, leader: str) -> list[tuple[str, str]]:
        """Return whom a leader can talk to: everybody who listens, but themselves."""
        own = {one.person for one in self._people() if str(one.id) == leader}
        found = queries.listeners_of(self.seat.organisation.id, self.now)
        return [(str(one.id), f"{one.name} ({ROLE_NAMES[one.role]})") for one in found if one.id not in own]

    def _bound(self, prefix: str) -> DebriefForm:
        listeners = self._listeners(self.request.POST.get(f"{prefix}-leader", ""))
        return DebriefForm(self.request.POST, prefix=prefix, listeners=listeners, zone=self.zone)

    def _debriefs(self, form: SessionForm, *, propose: bool) -> list[DebriefForm]:
        """Return a form for each leader: as it was sent, or filled in where a time is proposed."""
        posted = self._posted()
        if propose or set(posted) != set(form.leaders):
            assert form.span is not None  # noqa: S101
            return self._filled([uuid.UUID(one) for one in form.leaders], form.span[1], propose=propose)
        return [self._bound(posted[leader]) for leader in form.leaders]

    def _filled(self, leaders: Sequence[uuid.UUID], ends_at: datetime, *, propose: bool = False) -> list[DebriefForm]:
        """Return forms filled in with what was sent or stands, and with a proposal where there is none of both."""
        had = {one.slot.leader: one for one in self.listed.leads} if self.listed else {}
        found: list[DebriefForm] = []
        spans: list[Span] = []
        for place, leader in enumerate(leaders):
            initial = self._sent(leader) or _standing(had.get(leader), self.zone)
            if initial.get("when") != LATER and (propose or not initial.get("at")):
                initial |= self._proposal(leader, initial, ends_at, spans)
            initial = {"leader": str(leader), "minutes": self._values.debrief_minutes, **initial}
            found.append(
                DebriefForm(prefix=f"d{place}", initial=initial, listeners=self._listeners(str(leader)), zone=self.zone)
            )
        return found

    def _sent(self, leader: uuid.UUID) -> dict[str, Any]:
        """Return what the page sent of a leader's debrief, as it was typed."""
        prefix = self._posted().get(str(leader))
        if prefix is None:
            return {}
        return {name: self.request.POST.get(f"{prefix}-{name}", "") for name in SENT}

    def _proposal(
        self, leader: uuid.UUID, initial: dict[str, Any], ends_at: datetime, spans: list[Span]
    ) -> dict[str, Any]:
        """Return with whom and when a leader's debrief could be; without a time when nobody is free in time."""
        person = team.person_of(leader).id
        others = [one for one, _name in self._listeners(str(leader))]
        listener = initial.get("listener") if initial.get("listener") in others else next(iter(others), "")
        minutes = _length(initial.get("minutes")) or self._values.debrief_minutes
        found: dict[str, Any] = {"listener": listener, "minutes": minutes, "when": SET, "day": None, "at": None}
        if not listener:
            return found
        begin = queries.proposed(
            self.seat.organisation,
            [person, uuid.UUID(str(listener))],
            ends_at,
            minutes,
            self.now,
            but=self.listed.id if self.listed else None,
            also=spans,
        )
        if begin:
            spans.append((begin, begin + timedelta(minutes=minutes)))
            local = shown(begin, self.zone)
            found |= {"day": local["day"], "at": local["time"]}
        return found

    # --- saving ---

    def _save(self, form: SessionForm, debriefs: Sequence[DebriefForm]) -> bool:
        """Save what the forms say, and say how; put into the form why not."""
        assert form.span is not None  # noqa: S101
        slots = tuple(_slot(one) for one in debriefs)
        wanted = actions.Wanted(Kind(form.cleaned_data["kind"]), form.span, slots)
        try:
            if self.listed:
                actions.change_session(self.seat, self.listed.id, self.request.POST.get("seen", ""), wanted)
            else:
                actions.enter_session(self.seat, wanted)
        except Wrong as wrong:
            _say_what_is_wrong(wrong, form, debriefs)
            return False
        messages.success(self.request, _("Saved. Everybody for whom anything changes is told."))
        self._warn(wanted, [*form.twice, *(local for one in debriefs for local in one.twice)])
        return True

    def _warn(self, wanted: actions.Wanted, twice: Sequence[datetime]) -> None:
        """Say what is allowed and may still be a mistake."""
        for said, name in self._on_duty(wanted):
            messages.warning(self.request, said % {"name": name})
        latest = wanted.span[1] + timedelta(hours=self._values.debrief_within)
        if any(slot.span and slot.span[1] > latest for slot in wanted.slots):
            text = _("A debrief is later than the %(hours)d hours of your settings.")
            messages.warning(self.request, text % {"hours": self._values.debrief_within})
        for local in twice[:3]:
            messages.warning(
                self.request,
                _("On %(day)s the clocks go back and %(time)s comes twice. The first one is meant.")
                % {"day": formats.date_format(local, "DATE_FORMAT"), "time": formats.time_format(local.time())},
            )

    def _on_duty(self, wanted: actions.Wanted) -> list[tuple[str, str]]:
        """Return who is on call in what is still to come, each with what is said of it."""
        led = str(_("%(name)s is on call during the session."))
        told = str(_("%(name)s is on call during a debrief."))
        names = {one.id: one.name for one in queries.listeners_of(self.seat.organisation.id, self.now)}
        parts: list[tuple[str, uuid.UUID, Span]] = []
        for slot in wanted.slots:
            leader = team.person_of(slot.leader)
            names[leader.id] = leader.name
            parts.append((led, leader.id, wanted.span))
            if slot.span and slot.listener:
                parts += [(told, leader.id, slot.span), (told, slot.listener, slot.span)]
        here = self.seat.organisation.id
        found = [
            (said, names.get(who, ""))
            for said, who, span in parts
            if span[1] > self.now and queries.on_duty(here, who, span)
        ]
        return list(dict.fromkeys(found))


SENT = ("when", "listener", "day", "at", "minutes")


def _standing(one: Leads | None, zone: ZoneInfo) -> dict[str, Any]:
    """Return a debrief that was given, as the form shows it; of one that has to be given anew nothing."""
    if one is None or one.slot.span is None or one.state is State.NO_LISTENER:
        return {}
    begin, end = one.slot.span
    local = shown(begin, zone)
    minutes = (end - begin) // timedelta(minutes=1)
    return {
        "when": SET,
        "listener": str(one.slot.listener),
        "day": local["day"],
        "at": local["time"],
        "minutes": minutes,
    }


def _length(text: Any) -> int:
    """Return minutes as they were typed; 0 for what no debrief can last."""
    typed = str(text)
    number = int(typed) if typed.isdecimal() and len(typed) <= len(str(LONGEST_DEBRIEF)) else 0
    return number if SHORTEST_DEBRIEF <= number <= LONGEST_DEBRIEF else 0


def _slot(form: DebriefForm) -> Slot:
    leader = uuid.UUID(form.cleaned_data["leader"])
    if form.span is None:
        return Slot(leader)
    return Slot(leader, uuid.UUID(form.cleaned_data["listener"]), *form.span)


def _say_what_is_wrong(wrong: Wrong, form: SessionForm, debriefs: Sequence[DebriefForm]) -> None:
    if wrong.place is None:
        form.add_error(*SESSION_WRONG[wrong.code])
    else:
        debriefs[wrong.place].add_error(*DEBRIEF_WRONG[wrong.code])
