"""The way in: invitations, and taking them up."""

import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from alongside.accounts import queries, rules
from alongside.accounts.actions.audit import note_change
from alongside.accounts.models import AuditEntry, ContactPoint, Invitation, Office, Organisation, Person, Role
from alongside.accounts.queries import Seat
from alongside.kernel import clock, ids
from alongside.notify import actions as notify

# An invitation made where no policy is in reach yet: the first operator's.
DAYS_AT_INSTALLATION = 7


class NotInvited(LookupError):
    """The invitation is unknown, used, withdrawn or expired; which of these is not told."""


class TooManyInvited(Exception):
    """So many were invited within a day that somebody should look whether all is well."""


class AlreadyHere(ValueError):
    """There is an account for this address: its owner signs in and then takes up the invitation."""


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
    rules.check_invitation(wanted, held=queries.roles_held(email, organisation), outside=organisation is None)
    token = write_invitation(
        seat, organisation, email=email, name=name, roles=wanted, office=office, valid_days=valid_days
    )
    note_change(seat and Seat(seat.person, organisation, seat.roles), "person.invited", {"name": name, "roles": wanted})
    return token


def _invited_since(organisation: Organisation | None, since: datetime) -> int:
    return AuditEntry.objects.filter(organisation=organisation, what="person.invited", at__gt=since).count()


def write_invitation(
    seat: Seat | None,
    organisation: Organisation | None,
    *,
    email: str,
    name: str,
    roles: list[str],
    office: Office | None = None,
    valid_days: int,
    again_in: str = "",
    due_at: datetime | None = None,
) -> str:
    """Keep an invitation in place of an earlier one of the same address, queue its notice and return its token.

    `again_in` is the language of somebody who is to enrol again, who already has their roles. The notice goes out at
    `due_at`, else now, and the days are counted from then.
    """
    for former in Invitation.objects.filter(organisation=organisation, email__iexact=email):
        _drop(former)
    token = secrets.token_urlsafe(32)
    now = clock.now()
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=email.strip().lower(),
        name=name,
        roles=roles,
        office=office,
        token_hash=ids.digest(token.encode()),
        invited_by=seat.person if seat else None,
        expires_at=(due_at or now) + timedelta(days=valid_days),
    )
    link = settings.ALONGSIDE_ADDRESS + reverse("in_invitation", args=[token])
    title = organisation.neutral_title if organisation else ""
    notify.queue(
        about=invitation.id,
        to=[("email", invitation.email)],
        message="enrol_again" if again_in else "invitation",
        language=again_in or (organisation.language if organisation else "en"),
        values={"days": valid_days, "link": link} if again_in else {"title": title, "days": valid_days, "link": link},
        now=now,
        due_at=due_at,
        expires_at=invitation.expires_at,
    )
    return token


@transaction.atomic
def accept_invitation(token: str, name: str, password: str | None, *, person_id: uuid.UUID | None = None) -> Person:
    """Use up an invitation and make its person, who can sign in and is alerted at the address that was invited.

    One of two simultaneous tries wins. Somebody whose access had ended starts afresh; somebody who is to enrol again
    gets a new way in and keeps the rest. Raises NotInvited, and AlreadyHere for an address that belongs to an account
    in use. The caller has checked the password; without one, the caller adds a passkey in the same transaction, made
    for `person_id` (NotInvited if that is not who is invited).
    """
    invitation = _use_up(token)
    found = Person.objects.select_for_update(no_key=True).filter(email__iexact=invitation.email).first()
    if found and found.is_active and queries.can_sign_in(found):
        raise AlreadyHere
    if not invitation.roles and not (found and found.is_active and _has_role(found, invitation)):
        raise NotInvited
    person = found or Person(email=invitation.email, **({"id": person_id} if person_id else {}))
    if person_id and person.id != person_id:
        raise NotInvited
    if not person.is_active or not found:
        person.language = invitation.organisation.language if invitation.organisation else person.language
    person.name, person.is_active = name, True
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


def _has_role(person: Person, invitation: Invitation) -> bool:
    """Say whether the service of somebody who is to enrol again did not end meanwhile."""
    return Role.objects.filter(person=person, organisation=invitation.organisation).exists()


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
        held=queries.roles_held(person.email, invitation.organisation),
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


def forget_enrolment(person: Person, organisation: Organisation | None) -> None:
    """Let a link to enrol again open nothing any more, for somebody without a role there."""
    for row in Invitation.objects.filter(organisation=organisation, email__iexact=person.email):
        if not row.roles:
            _drop(row)


def _drop(invitation: Invitation) -> None:
    notify.forget(invitation.id)
    invitation.delete()


@transaction.atomic
def purge_invitations() -> int:
    """Delete expired invitations; return how many."""
    return Invitation.objects.filter(expires_at__lte=clock.now()).delete()[0]
