"""Passkeys of a person: adding, naming and removing them; and beginning afresh when every way in is lost."""

import uuid
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from alongside.accounts import queries
from alongside.accounts.actions.audit import note_change
from alongside.accounts.actions.entering import write_invitation
from alongside.accounts.actions.roles import sign_out_everywhere
from alongside.accounts.models import Organisation, Person, Role
from alongside.accounts.queries import Seat
from alongside.accounts.rules import BadCredential
from alongside.kernel import clock

MOST_PASSKEYS = 20


class TooManyPasskeys(ValueError):
    """Nobody has that many devices; some have surely gone."""


class LastWayIn(ValueError):
    """Without this passkey its owner could not sign in again."""


class NotTheirs(ValueError):
    """Somebody else must do this: nobody sends themselves away, and one organisation decides for no other."""


@transaction.atomic
def add_passkey(person: Person, name: str, kept: dict[str, Any]) -> None:
    """Keep a passkey that sso.added has checked, with the month and no closer time.

    Raises BadCredential when it is kept already, for whomever, and TooManyPasskeys.
    """
    Person.objects.select_for_update(no_key=True).get(id=person.id)
    known = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN)
    if known.filter(data__credential__id=kept["credential"]["id"]).exists():
        raise BadCredential("known")
    if len(queries.passkeys_of(person.id)) >= MOST_PASSKEYS:
        raise TooManyPasskeys
    month = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    Authenticator.objects.create(
        user=person, type=Authenticator.Type.WEBAUTHN, data={"name": name, **kept}, created_at=month
    )


@transaction.atomic
def rename_passkey(person: Person, number: int, name: str) -> None:
    """Call one of a person's own passkeys something else. Raises Authenticator.DoesNotExist."""
    row = _own(person, number)
    row.data = {**row.data, "name": name}
    row.save(update_fields=["data"])


@transaction.atomic
def remove_passkey(person: Person, number: int, *, session: str | None) -> str:
    """Remove one of a person's own passkeys and end their sessions but the given one, since the device may be gone;
    return its credential id.

    Raises Authenticator.DoesNotExist and LastWayIn.
    """
    # Held until the end: of two passkeys removed at once, one stays where it is the last way in.
    Person.objects.select_for_update(no_key=True).get(id=person.id)
    row = _own(person, number)
    if not queries.has_way_in(person, without=row.pk):
        raise LastWayIn
    row.delete()
    sign_out_everywhere(person.id, but=session)
    return str(row.data["credential"]["id"])


def _own(person: Person, number: int) -> Authenticator:
    row: Authenticator = Authenticator.objects.get(user=person, type=Authenticator.Type.WEBAUTHN, pk=number)
    return row


@transaction.atomic
def start_afresh(seat: Seat, person_id: uuid.UUID, organisation: Organisation, *, valid_days: int) -> Person:
    """Take every way in from somebody of an organisation, sessions too, and send a link to enrol again with; roles
    stay. The caller drops their keys.

    Raises Role.DoesNotExist for somebody without a role there, and NotTheirs for oneself and, unless an operator asks,
    for somebody with a role elsewhere too: whoever reads their mailbox would come into that organisation as well.
    """
    held = Role.objects.filter(person_id=person_id, organisation=organisation).select_related("person").first()
    if held is None:
        raise Role.DoesNotExist
    person = Person.objects.select_for_update(no_key=True).get(id=person_id)
    elsewhere = Role.objects.filter(person_id=person_id).exclude(organisation=organisation).exists()
    if person_id == seat.person.id or (elsewhere and "operator" not in seat.roles):
        raise NotTheirs
    Authenticator.objects.filter(user=person).delete()
    person.set_unusable_password()
    person.save(update_fields=["password"])
    sign_out_everywhere(person_id)
    write_invitation(
        seat,
        organisation,
        email=person.email,
        name=person.name,
        roles=[],
        valid_days=valid_days,
        again_in=person.language,
    )
    note_change(Seat(seat.person, organisation, seat.roles), "person.afresh", {"name": person.name})
    return person
