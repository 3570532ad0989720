"""Looks at what the installation is for: somebody operates it, organisations can be asked, people are alerted."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from alongside.accounts import queries as accounts
from alongside.accounts import sso
from alongside.accounts.models import Organisation
from alongside.content import law
from alongside.directory import queries as directory
from alongside.notify import queries as notify
from alongside.policy import queries as policy
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.site import schedule
from alongside.site.doctor.finding import Finding
from alongside.team import queries as team

LATE = timedelta(minutes=5)
FEWEST_SUPPORTERS = 2
SOON = timedelta(days=30)


def operator(now: datetime) -> Iterator[Finding]:
    """Look whether somebody operates the installation."""
    if accounts.operators():
        yield Finding("operator", "ok", _("There is an operator."))
    else:
        yield Finding("operator", "failure", _("Nobody operates this installation yet. Run: alongside init"))


def organisations(now: datetime) -> Iterator[Finding]:
    """Look whether each open organisation can be asked."""
    found = accounts.open_organisations()
    if not found:
        yield Finding("organisations", "warning", _("There is no open organisation yet."))
    for organisation in found:
        lacks = list(_lacking(organisation, now))
        if lacks:
            says = f"{organisation.name}: {' '.join(lacks)}"
            yield Finding("organisations", "failure", says)
        else:
            yield Finding("organisations", "ok", _("%s can be asked.") % organisation.name)


def _lacking(organisation: Organisation, now: datetime) -> Iterator[str]:
    if not organisation.on_call_number:
        yield _("No on-call number is set.")
    if not accounts.coordinators_of(organisation.id):
        yield _("Nobody coordinates it.")
    able = [facts.person for facts in team.eligible_at(organisation.id, now)]
    ready = sealing.keys_for_week(able, seals.monday_of(now))
    if len(ready) < FEWEST_SUPPORTERS:
        yield _("Requests can reach %s supporters; two are needed, with agreement and keys.") % len(ready)


def laws(now: datetime) -> Iterator[Finding]:
    """Look whether the law that members' pages tell is there, in force, and was looked at again in time (K-03)."""
    day, wrong = now.date(), False
    for one in accounts.open_organisations():
        pack = policy.law_in_force(one.id, one.pack, get_language() or "en")
        about = {"organisation": one.name, "pack": pack.name, "day": date_format(pack.review_by, "j F Y")}
        if one.pack not in law.packs():
            text = _(
                "%(organisation)s: its law pack is not there; pages show the text of %(pack)s. Give it another one."
            )
            yield Finding("law", "failure", text % about)
        elif pack.ended(day):
            text = _("%(organisation)s: the law of %(pack)s as pages tell it is not in force today. Update Alongside.")
            yield Finding("law", "failure", text % about)
        elif pack.overdue(day):
            text = _("%(organisation)s: the law of %(pack)s should have been looked at again by %(day)s.")
            yield Finding("law", "warning", text % about)
        else:
            continue
        wrong = True
    if not wrong:
        yield Finding("law", "ok", _("The law on members' pages was looked at in time."))


def numbers(now: datetime) -> Iterator[Finding]:
    """Look whether the numbers that pages name were checked lately; an update brings checked ones."""
    language, day = get_language() or "en", now.date()
    shown = [line for line in law.lines(language) if line.enabled]
    old = [line.label for line in shown if line.expired(day)]
    soon = [line.label for line in shown if line.expired(day + SOON) and line.label not in old]
    if old:
        text = _("These were not checked again in time and may be wrong: %s. Update Alongside, and call the numbers.")
        yield Finding("numbers", "failure", text % ", ".join(old))
    elif soon:
        text = _("These are due to be checked again within 30 days: %s. Update Alongside.")
        yield Finding("numbers", "warning", text % ", ".join(soon))
    else:
        yield Finding("numbers", "ok", _("The numbers on members' pages were checked lately."))


def outside_help(now: datetime) -> Iterator[Finding]:
    """Look whether organisations called the numbers that they show; what is too old is hidden by itself."""
    language = get_language() or "en"
    lacking = False
    for organisation in accounts.open_organisations():
        hidden, soon = directory.expiring(organisation, now)
        names = {"organisation": organisation.name}
        if hidden:
            names["names"] = ", ".join(one.says(language)["name"].text for one in hidden)
            text = _("%(organisation)s: hidden from members until somebody calls again: %(names)s.")
            yield Finding("outside_help", "warning", text % names)
        if soon:
            names["names"] = ", ".join(one.says(language)["name"].text for one in soon)
            text = _("%(organisation)s: to be called again soon by its coordinator: %(names)s.")
            yield Finding("outside_help", "warning", text % names)
        lacking = lacking or bool(hidden or soon)
    if not lacking:
        yield Finding("outside_help", "ok", _("No number outside the programme has to be called again soon."))


def outbox(now: datetime) -> Iterator[Finding]:
    """Look whether notices were given up."""
    box = notify.outbox()
    if box.failed:
        text = ngettext(
            "%s notice could not be delivered and was given up. Somebody may not have been alerted.",
            "%s notices could not be delivered and were given up. Somebody may not have been alerted.",
            box.failed,
        )
        yield Finding("outbox", "warning", text % box.failed)
    else:
        yield Finding("outbox", "ok", _("No notice was given up."))


def reach(now: datetime) -> Iterator[Finding]:
    """Look whether everybody who is called has said that a test page reached them."""
    found = accounts.reach()
    if found.unreachable:
        text = ngettext(
            "No message reaches %s person who is called. Their coordinator sees on the board who.",
            "No message reaches %s of the people who are called. Their coordinators see on the board who.",
            found.unreachable,
        )
        yield Finding("reach", "failure", text % found.unreachable)
    elif found.unconfirmed:
        text = ngettext(
            "%s person who is called has not said yet that a test page reached them.",
            "%s of the people who are called have not said yet that a test page reached them.",
            found.unconfirmed,
        )
        yield Finding("reach", "warning", text % found.unconfirmed)
    else:
        yield Finding("reach", "ok", _("Everybody who is called has said that a test page reached them."))


def passkeys(now: datetime) -> Iterator[Finding]:
    """Look whether passkeys were made for another host name, where they sign nobody in."""
    others = accounts.passkeys_of_other_hosts(sso.passkey_host())
    if others:
        text = ngettext(
            "%s passkey was made for another address and works no more. Its owner signs in otherwise and adds one.",
            "%s passkeys were made for another address and work no more. Their owners sign in otherwise and add one.",
            others,
        )
        yield Finding("passkeys", "warning", text % others)
    else:
        yield Finding("passkeys", "ok", _("Every passkey was made for this address."))


def tick(now: datetime) -> Iterator[Finding]:
    """Look whether the timed jobs run."""
    age = schedule.seconds_since_mark()
    oldest = notify.outbox().oldest_due
    overdue = oldest is not None and oldest < now - LATE
    if overdue or (age is not None and age > LATE.total_seconds()):
        text = _("The timed jobs do not run: nobody is being alerted. Start `alongside serve` or `alongside tick`.")
        yield Finding("tick", "failure", text)
    elif age is None:
        yield Finding(
            "tick", "warning", _("The timed jobs have not run on this machine yet. `alongside serve` runs them.")
        )
    else:
        yield Finding("tick", "ok", _("The timed jobs last ran %s seconds ago.") % round(age))
