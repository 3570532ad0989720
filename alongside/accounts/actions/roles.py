"""Giving roles, taking them away, and the end of an account."""

import uuid

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import transaction

from alongside.accounts import queries, rules, sso
from alongside.accounts.actions.audit import hold, note_change
from alongside.accounts.actions.entering import forget_enrolment
from alongside.accounts.models import ContactPoint, Organisation, Person, Role
from alongside.accounts.queries import Seat


class LastCoordinator(ValueError):
    """An organisation keeps at least one coordinator."""


class LastOperator(ValueError):
    """An installation keeps at least one operator."""


@transaction.atomic
def give_role(seat: Seat, person: Person, role: str) -> None:
    """Give a further role in the seat's organisation. Raises rules.RolesApart (M-03)."""
    rules.check_invitation([role], held=queries.roles_held(person.email, seat.of), outside=seat.of is None)
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
        left = Role.objects.select_for_update(no_key=True).filter(name=role, person__is_active=True).order_by("id")
        if not [one for one in left if one.id != held.id]:
            raise LastOperator
    person = held.person
    held.delete()
    sign_out_everywhere(person_id)
    note_change(
        seat and Seat(seat.person, organisation, seat.roles), "role.revoked", {"name": person.name, "role": role}
    )
    if not Role.objects.filter(person_id=person_id, organisation=organisation).exists():
        forget_enrolment(person, organisation)
    if not Role.objects.filter(person_id=person_id).exists():
        _close(person)


def _close(person: Person) -> None:
    person.is_active = False
    person.set_unusable_password()
    person.save()
    Authenticator.objects.filter(user=person).delete()
    ContactPoint.objects.filter(person=person).delete()


def sign_out_everywhere(person_id: uuid.UUID, *, but: str | None = None) -> None:
    """Delete every session of a person, or every one but that with the given key. Reads all open sessions: that there
    is no index by person is on purpose.
    """
    theirs = [
        session.session_key
        for session in Session.objects.iterator()
        if session.get_decoded().get("_auth_user_id") == str(person_id) and session.session_key != but
    ]
    Session.objects.filter(session_key__in=theirs).delete()


@transaction.atomic
def renew_ciphers() -> int:
    """Encrypt every one-time-code secret anew under the present secret of the installation; return how many.

    Afterwards a former secret opens none of them. Raises cryptography.fernet.InvalidToken, and changes nothing, where
    one was made under a secret that is not known here.
    """
    rows = list(Authenticator.objects.select_for_update(no_key=True).order_by("id"))
    for row in rows:
        row.data = sso.renewed(row.data)
        row.save(update_fields=["data"])
    return len(rows)
