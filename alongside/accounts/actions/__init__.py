"""Changes to organisations, people and their way in."""

import secrets
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.urls import reverse

from alongside.accounts import queries, rules, sso
from alongside.accounts.actions.reaching import (
    LastContactPoint,
    NotATest,
    TooManyWays,
    add_contact_point,
    confirm,
    learn,
    move_contact_point,
    purge_tests,
    remove_contact_point,
    try_every_way,
    try_way,
)
from alongside.accounts.models import AuditEntry, ContactPoint, Invitation, Office, Organisation, Person, Role
from alongside.accounts.queries import Seat
from alongside.kernel import clock, ids
from alongside.notify import actions as notify

__all__ = [
    "AlreadyHere",
    "LastContactPoint",
    "LastCoordinator",
    "NotATest",
    "NotInvited",
    "TooManyWays",
    "accept_invitation",
    "add_contact_point",
    "change_language",
    "change_organisation",
    "confirm",
    "give_role",
    "hold",
    "invite",
    "join",
    "learn",
    "make_organisation",
    "move_contact_point",
    "note_change",
    "purge_invitations",
    "purge_tests",
    "remove_contact_point",
    "revoke",
    "set_open",
    "set_quiet_hours",
    "sign_out_everywhere",
    "try_every_way",
    "try_way",
    "withdraw_invitation",
]

# An invitation made where no policy is in reach yet: the first operator's.
DAYS_AT_INSTALLATION = 7


class NotInvited(LookupError):
    """The invitation is unknown, used, withdrawn or expired; which of these is not told."""


class TooManyInvited(Exception):
    """So many were invited within a day that somebody should look whether all is well."""


class AlreadyHere(ValueError):
    """There is an account for this address: its owner signs in and then takes up the invitation."""


class LastCoordinator(ValueError):
    """An organisation keeps at least one coordinator."""


class LastOperator(ValueError):
    """An installation keeps at least one operator."""


def note_change(seat: Seat | None, what: str, detail: Mapping[str, Any]) -> None:
    """Write down what a coordinator or operator changed (K-24). Never who read or asked what."""
    AuditEntry.objects.create(
        organisation=seat.of if seat else None,
        person=seat.person if seat else None,
        what=what,
        detail=dict(detail),
        at=clock.now().replace(microsecond=0),
    )


def hold(organisation_id: uuid.UUID) -> None:
    """Make this transaction the only one that changes the organisation's plan until it ends."""
    Organisation.objects.select_for_update().get(id=organisation_id)


# --- organisations -----------------------------------------------------------------------------------------------


@transaction.atomic
def make_organisation(
    seat: Seat | None,
    *,
    slug: str,
    name: str,
    time_zone: str,
    offices: Iterable[str] = (),
    **details: Any,
) -> Organisation:
    """Make an organisation with its offices; `details` are further fields of Organisation. The slug is part of its
    addresses.
    """
    rules.check_zone(time_zone)
    made = Organisation(slug=slug, name=name, time_zone=time_zone, **{"neutral_title": "Shift info", **details})
    made.full_clean()
    made.save()
    _add_offices(made, offices)
    note_change(seat and Seat(seat.person, made, seat.roles), "organisation.made", {"slug": slug, "name": name})
    return made


@transaction.atomic
def change_organisation(seat: Seat, *, offices: Iterable[str], **details: Any) -> None:
    """Change what an organisation is called and reached by, and add offices. Offices in use stay: supporters belong
    to them.
    """
    organisation = Organisation.objects.select_for_update().get(id=seat.organisation.id)
    changed = {key: value for key, value in details.items() if getattr(organisation, key) != value}
    for key, value in changed.items():
        setattr(organisation, key, value)
    rules.check_zone(organisation.time_zone)
    organisation.full_clean()
    organisation.save()
    added = _add_offices(organisation, offices)
    if changed or added:
        note_change(seat, "organisation.changed", {**changed, **({"offices": added} if added else {})})


@transaction.atomic
def set_open(seat: Seat, organisation: Organisation, is_open: bool) -> None:
    """Open or close an organisation to new requests; requests under way go on."""
    Organisation.objects.filter(id=organisation.id).update(open=is_open)
    note_change(
        Seat(seat.person, organisation, seat.roles),
        "organisation.opened" if is_open else "organisation.closed",
        {},
    )


def _add_offices(organisation: Organisation, names: Iterable[str]) -> list[str]:
    known = set(Office.objects.filter(organisation=organisation).values_list("name", flat=True))
    added = [name for name in dict.fromkeys(one.strip() for one in names) if name and name not in known]
    Office.objects.bulk_create(Office(organisation=organisation, name=name) for name in added)
    return added


# --- the way in --------------------------------------------------------------------------------------------------


@transaction.atomic
def invite(
    seat: Seat | None,
    organisation: Organisation | None,
    *,
    email: str,
    name: str,
    roles: Iterable[str],
    office: Office | None = None,
    valid_days: int = DAYS_AT_INSTALLATION,
    most_a_day: int | None = None,
) -> str:
    """Invite somebody and queue the notice; return the token, of which only the SHA-256 is kept.

    An earlier invitation of the same address here is replaced. `seat` is None at installation only. Raises
    rules.RolesApart when the roles, with those the person holds here already, must stay with different people (M-03),
    TooManyInvited past `most_a_day` in this organisation within 24 hours, withdrawn ones too.
    """
    if most_a_day is not None and _invited_since(organisation, clock.now() - timedelta(days=1)) >= most_a_day:
        raise TooManyInvited
    wanted = sorted(set(roles))
    rules.check_invitation(wanted, held=_held(email, organisation), outside=organisation is None)
    for former in Invitation.objects.filter(organisation=organisation, email__iexact=email):
        _drop(former)
    token = secrets.token_urlsafe(32)
    now = clock.now()
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=email.strip().lower(),
        name=name,
        roles=wanted,
        office=office,
        token_hash=ids.digest(token.encode()),
        invited_by=seat.person if seat else None,
        expires_at=now + timedelta(days=valid_days),
    )
    notify.queue(
        about=invitation.id,
        to=[("email", invitation.email)],
        message="invitation",
        language=organisation.language if organisation else "en",
        values={
            "title": organisation.neutral_title if organisation else "",
            "days": valid_days,
            "link": settings.ALONGSIDE_ADDRESS + reverse("in_invitation", args=[token]),
        },
        now=now,
        expires_at=invitation.expires_at,
    )
    note_change(seat and Seat(seat.person, organisation, seat.roles), "person.invited", {"name": name, "roles": wanted})
    return token


def _invited_since(organisation: Organisation | None, since: datetime) -> int:
    return AuditEntry.objects.filter(organisation=organisation, what="person.invited", at__gt=since).count()


def _held(email: str, organisation: Organisation | None) -> list[str]:
    rows = Role.objects.filter(person__email__iexact=email.strip(), organisation=organisation)
    return list(rows.values_list("name", flat=True))


@transaction.atomic
def accept_invitation(token: str, name: str, password: str) -> Person:
    """Use up an invitation and make its person, who can sign in and is alerted at the address that was invited.

    One of two simultaneous tries wins. Somebody whose access had ended starts afresh. Raises NotInvited, and
    AlreadyHere for an address that belongs to an account in use. The caller has checked the password.
    """
    invitation = _use_up(token)
    person = Person.objects.filter(email__iexact=invitation.email).first() or Person(email=invitation.email)
    if person.is_active and not person._state.adding:
        raise AlreadyHere
    person.name, person.is_active = name, True
    person.language = invitation.organisation.language if invitation.organisation else person.language
    person.set_password(password)
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError:
        raise AlreadyHere from None
    EmailAddress.objects.update_or_create(user=person, email=person.email, defaults={"verified": True, "primary": True})
    ContactPoint.objects.get_or_create(person=person, kind=ContactPoint.Kind.EMAIL, address=person.email)
    _give_roles(person, invitation)
    return person


@transaction.atomic
def join(person: Person, token: str) -> None:
    """Use up an invitation for its own, signed-in person: further roles for an account in use. Raises NotInvited,
    rules.RolesApart.
    """
    invitation = _use_up(token)
    if invitation.email.lower() != person.email.lower():
        raise NotInvited
    rules.check_invitation(
        invitation.roles,
        held=_held(person.email, invitation.organisation),
        outside=invitation.organisation is None,
    )
    _give_roles(person, invitation)


def _use_up(token: str) -> Invitation:
    found = queries.invitation(token, clock.now())
    if found is None:
        raise NotInvited
    if Invitation.objects.filter(id=found.id).delete()[0] != 1:
        raise NotInvited
    notify.forget(found.id)
    return found


def _give_roles(person: Person, invitation: Invitation) -> None:
    for role in invitation.roles:
        Role.objects.get_or_create(person=person, organisation=invitation.organisation, name=role)


@transaction.atomic
def withdraw_invitation(seat: Seat, invitation_id: uuid.UUID) -> None:
    """Take back an invitation of the seat's organisation; its link opens nothing from now on. Raises
    Invitation.DoesNotExist.
    """
    invitation = Invitation.objects.get(id=invitation_id, organisation=seat.of)
    _drop(invitation)
    note_change(seat, "invitation.withdrawn", {"name": invitation.name})


def _drop(invitation: Invitation) -> None:
    notify.forget(invitation.id)
    invitation.delete()


@transaction.atomic
def purge_invitations() -> int:
    """Delete expired invitations; return how many."""
    return Invitation.objects.filter(expires_at__lte=clock.now()).delete()[0]


# --- roles -------------------------------------------------------------------------------------------------------


@transaction.atomic
def give_role(seat: Seat, person: Person, role: str) -> None:
    """Give a further role in the seat's organisation. Raises rules.RolesApart (M-03)."""
    rules.check_invitation([role], held=_held(person.email, seat.of), outside=seat.of is None)
    if Role.objects.get_or_create(person=person, organisation=seat.of, name=role)[1]:
        note_change(seat, "role.given", {"name": person.name, "role": role})


@transaction.atomic
def revoke(seat: Seat | None, person_id: uuid.UUID, organisation: Organisation | None, role: str) -> None:
    """Take a role from a person at once, with every open session of theirs.

    Without any role left the account is closed: no sign-in, no one-time codes, no addresses. Without a seat, which is
    from a terminal of the server, the last operator goes too. Raises Role.DoesNotExist, LastCoordinator, LastOperator.
    """
    held = Role.objects.get(person_id=person_id, organisation=organisation, name=role)
    if role == "coordinator":
        hold(held.organisation_id)  # type: ignore[arg-type]
        if not Role.objects.filter(organisation=organisation, name=role).exclude(id=held.id).exists():
            raise LastCoordinator
    if role == "operator" and seat:
        # Every such row is held, so that two operators cannot put each other out.
        left = Role.objects.select_for_update().filter(name=role, person__is_active=True).order_by("id")
        if not [one for one in left if one.id != held.id]:
            raise LastOperator
    person = held.person
    held.delete()
    sign_out_everywhere(person_id)
    note_change(
        seat and Seat(seat.person, organisation, seat.roles), "role.revoked", {"name": person.name, "role": role}
    )
    if not Role.objects.filter(person_id=person_id).exists():
        _close(person)


def _close(person: Person) -> None:
    person.is_active = False
    person.set_unusable_password()
    person.save()
    Authenticator.objects.filter(user=person).delete()
    ContactPoint.objects.filter(person=person).delete()


def sign_out_everywhere(person_id: uuid.UUID) -> None:
    """Delete every session of a person. Reads all open sessions: that there is no index by person is on purpose."""
    theirs = [
        session.session_key
        for session in Session.objects.iterator()
        if session.get_decoded().get("_auth_user_id") == str(person_id)
    ]
    Session.objects.filter(session_key__in=theirs).delete()


@transaction.atomic
def renew_ciphers() -> int:
    """Encrypt every one-time-code secret anew under the present secret of the installation; return how many.

    Afterwards a former secret opens none of them. Raises cryptography.fernet.InvalidToken, and changes nothing, where
    one was made under a secret that is not known here.
    """
    rows = list(Authenticator.objects.select_for_update().order_by("id"))
    for row in rows:
        row.data = sso.renewed(row.data)
        row.save(update_fields=["data"])
    return len(rows)


# --- oneself -----------------------------------------------------------------------------------------------------


def change_language(person: Person, language: str) -> None:
    """Let a person read pages and notices in another language that ships."""
    if language in dict(settings.LANGUAGES):
        Person.objects.filter(id=person.id).update(language=language)


def set_quiet_hours(person: Person, starts: time | None, ends: time | None) -> None:
    """Set or end the hours in which a person wants no notice that can wait. The form has judged their length."""
    Person.objects.filter(id=person.id).update(quiet_from=starts if ends else None, quiet_to=ends if starts else None)
