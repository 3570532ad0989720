"""Who is signed in, and what they may do."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from alongside.accounts import rules
from alongside.accounts.models import AuditEntry, ContactPoint, Invitation, Office, Organisation, Person, Role
from alongside.content import load
from alongside.kernel import ids
from alongside.notify import rules as notices

ROLE_NAMES = {
    "supporter": _("Supporter"),
    "coordinator": _("Coordinator"),
    "crisis_team": _("Crisis team"),
    "clinician": _("Clinician"),
    "leader": _("Leader"),
    "manager": _("Manager"),
    "operator": _("Operator"),
}


@dataclass(frozen=True)
class Seat:
    """A person acting in one organisation with the roles they hold there."""

    person: Person
    of: Organisation | None
    roles: frozenset[str]

    @property
    def organisation(self) -> Organisation:
        """The organisation of the seat; an operator's seat has none and raises Http404."""
        if self.of is None:
            raise Http404
        return self.of


def permit(
    person: Person | AnonymousUser, capability: str, organisation: Organisation | uuid.UUID | None = None
) -> Seat:
    """Return the person's seat if a role of theirs holds the capability there, else raise Http404: strangers learn
    nothing.

    Without an organisation the person's first one in which they hold the capability is taken. Raises KeyError for a
    capability that is not in content/roles.toml.
    """
    register = load.capabilities()
    if isinstance(person, AnonymousUser) or not person.is_active:
        raise Http404
    wanted = organisation.id if isinstance(organisation, Organisation) else organisation
    for seat in seats(person):
        if wanted is not None and (seat.of is None or seat.of.id != wanted):
            continue
        if rules.may(capability, seat.roles, register):
            return seat
    raise Http404


def seats(person: Person) -> list[Seat]:
    """Return the person's seats by organisation slug, an operator's last."""
    held: dict[uuid.UUID | None, tuple[Organisation | None, set[str]]] = {}
    rows = Role.objects.filter(person=person).select_related("organisation").order_by("organisation__slug", "name")
    for role in rows:
        held.setdefault(role.organisation_id, (role.organisation, set()))[1].add(role.name)
    found = [Seat(person, organisation, frozenset(names)) for organisation, names in held.values()]
    return sorted(found, key=lambda seat: seat.of.slug if seat.of else "~")


def roles_held(email: str, organisation: Organisation | None) -> list[str]:
    """Return the roles that the person with this address holds there."""
    rows = Role.objects.filter(person__email__iexact=email.strip(), organisation=organisation)
    return list(rows.values_list("name", flat=True))


def clinical_reach(organisation: Organisation, now: datetime) -> rules.Reach:
    """Return whether clinical advice can be had by the hours that were entered; without any it is not known until
    when.
    """
    return rules.reach(organisation.clinical_hours or (), now, ZoneInfo(organisation.time_zone))


def open_organisation(slug: str) -> Organisation:
    """Return an organisation by its slug; raises Organisation.DoesNotExist. It may be closed: see `open`."""
    # No name has one, and PostgreSQL takes none.
    if "\0" in slug:
        raise Organisation.DoesNotExist
    return Organisation.objects.get(slug=slug)


def organisation_at(slug: str) -> Organisation | None:
    """Return the organisation that an address names, None where it names none; raises Http404 for one that is not
    there, as `permit` does.
    """
    try:
        return open_organisation(slug) if slug else None
    except Organisation.DoesNotExist:
        raise Http404 from None


def contact_points_of(person_id: uuid.UUID) -> list[ContactPoint]:
    """Return the places where a person is alerted, in their order; for their own page."""
    return list(ContactPoint.objects.filter(person_id=person_id))


def organisation(organisation_id: uuid.UUID) -> Organisation:
    """Return an organisation by its id; raises Organisation.DoesNotExist."""
    return Organisation.objects.get(id=organisation_id)


def open_organisations() -> list[Organisation]:
    """Return every organisation that takes requests."""
    return list(Organisation.objects.filter(open=True))


def only_organisation() -> Organisation | None:
    """Return the one organisation that takes requests here; None where there are several, or none."""
    found = Organisation.objects.filter(open=True)[:2]
    return found[0] if len(found) == 1 else None


def offices_of(organisation: Organisation) -> list[Office]:
    """Return the organisation's offices by name."""
    return list(Office.objects.filter(organisation=organisation))


def coordinators_of(organisation_id: uuid.UUID) -> list[Person]:
    """Return the coordinators of an organisation who can sign in."""
    return list(
        Person.objects.filter(
            is_active=True, roles__organisation_id=organisation_id, roles__name="coordinator"
        ).distinct()
    )


def shared_people_of(organisation_id: uuid.UUID) -> list[Person]:
    """Return everybody with a role in this organisation and in another one, by name: only operators let them enrol
    again.
    """
    elsewhere = Role.objects.exclude(organisation_id=organisation_id).exclude(organisation=None)
    people = Person.objects.filter(is_active=True, roles__organisation_id=organisation_id)
    return list(people.filter(id__in=elsewhere.values("person_id")).distinct())


def addresses_of(person_id: uuid.UUID) -> list[tuple[str, str]]:
    """Return (kind, address) of each way a person can be tried, in the order of trying.

    Ways that failed come last, since a full mailbox may work again; a push subscription that ended never does.
    """
    points = ContactPoint.objects.filter(person_id=person_id)
    dead = ContactPoint.State.DEAD
    tried = [one for one in points if one.state != dead] + [
        one for one in points if one.state == dead and one.kind != ContactPoint.Kind.PUSH
    ]
    return [(one.kind, one.address) for one in tried]


def own_addresses_of(person_id: uuid.UUID) -> list[tuple[str, str]]:
    """Return (kind, address) of each way to a person that is nobody else's: what goes to a shared one is also for
    others.
    """
    others = ContactPoint.objects.exclude(person_id=person_id).values("address")
    rows = ContactPoint.objects.filter(person_id=person_id).exclude(address__in=others)
    return list(rows.values_list("kind", "address"))


@dataclass(frozen=True)
class Reach:
    """How many people there are, how many of them have no confirmed way to be reached, and how many none at all."""

    people: int
    unconfirmed: int
    unreachable: int


def reach_of(person_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return for each person whether a way to reach them is "confirmed", "unconfirmed", or every one is "dead"."""
    found = dict.fromkeys(person_ids, "dead")
    rows = ContactPoint.objects.filter(person_id__in=list(found)).exclude(state=ContactPoint.State.DEAD)
    for person_id, state in rows.values_list("person_id", "state"):
        if found[person_id] != ContactPoint.State.CONFIRMED:
            found[person_id] = state
    return found


def reach() -> Reach:
    """Return in numbers how the supporters and coordinators of this installation can be reached; for `doctor`."""
    called = Role.objects.filter(name__in=("supporter", "coordinator"), person__is_active=True)
    states = list(reach_of(called.values_list("person_id", flat=True)).values())
    return Reach(len(states), sum(state != "confirmed" for state in states), states.count("dead"))


def quiet_of(person: Person) -> notices.Quiet | None:
    """Return a person's quiet hours, by the clock of the first organisation in which they have a role."""
    if person.quiet_from is None or person.quiet_to is None:
        return None
    return notices.Quiet(person.quiet_from, person.quiet_to, home_zone_of(person))


def home_zone_of(person: Person) -> str:
    """Return the name of the time zone that a person lives by: that of their first organisation, else UTC."""
    return next((seat.of.time_zone for seat in seats(person) if seat.of), "UTC")


def after_quiet(person: Person, now: datetime) -> datetime:
    """Return when a note that can wait may come: now, or when the person's quiet hours end."""
    return notices.quiet_until(quiet_of(person), now) or now


def tested(token: str, now: datetime) -> ContactPoint | None:
    """Return the contact point to which a test with this token was sent; None when used, replaced or too old."""
    rows = ContactPoint.objects.filter(test_hash=ids.digest(token.encode()), test_until__gt=now)
    return rows.select_related("person").first()


def invitation(token: str, now: datetime) -> Invitation | None:
    """Return the invitation that a token opens, or None when it is unknown, used, withdrawn or expired."""
    rows = Invitation.objects.filter(token_hash=ids.digest(token.encode()), expires_at__gt=now)
    return rows.select_related("organisation", "office").first()


def account_in_use(email: str) -> Person | None:
    """Return the person with this address who can sign in, or None: also where every way in was taken from them.

    Only for whoever holds an invitation to that address.
    """
    person = Person.objects.filter(email__iexact=email, is_active=True).first()
    return person if person and can_sign_in(person) else None


def can_sign_in(person: Person) -> bool:
    """Say whether a person could prove who they are, or has at least begun to set that up; somebody who is to enrol
    again can not.
    """
    return person.has_usable_password() or Authenticator.objects.filter(user=person).exists()


def has_way_in(person: Person, *, without: int | None = None) -> bool:
    """Say whether a person can sign in, with all its steps, after the passkey `without` is gone."""
    rows = Authenticator.objects.filter(user=person).exclude(pk=without)
    kinds = set(rows.values_list("type", flat=True))
    by_password = person.has_usable_password() and Authenticator.Type.TOTP in kinds
    return by_password or Authenticator.Type.WEBAUTHN in kinds


@dataclass(frozen=True)
class Passkey:
    """One passkey of a person's own list. `id` is the credential's, in base64url, as devices and key wraps name it."""

    number: int
    id: str
    name: str
    host: str
    month: datetime


def passkeys_of(person_id: uuid.UUID) -> list[Passkey]:
    """Return a person's passkeys in the order they were added."""
    rows = Authenticator.objects.filter(user_id=person_id, type=Authenticator.Type.WEBAUTHN).order_by("pk")
    return [
        Passkey(row.pk, row.data["credential"]["id"], row.data["name"], row.data.get("host", ""), row.created_at)
        for row in rows
    ]


def passkeys_of_other_hosts(host: str) -> int:
    """Return how many passkeys were made for another host name than this one and so work no more; for the operator."""
    rows = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN)
    return sum(kept != host for kept in rows.values_list("data__host", flat=True))


def invitations_of(organisation_id: uuid.UUID | None, now: datetime) -> list[Invitation]:
    """Return the open invitations of an organisation, or those of operators, by name."""
    rows = Invitation.objects.filter(expires_at__gt=now).select_related("office").order_by("name")
    where = {"organisation_id": organisation_id} if organisation_id else {"organisation": None}
    return list(rows.filter(**where))


def people_of(organisation_id: uuid.UUID) -> list[tuple[Person, list[str]]]:
    """Return everybody with a role in an organisation by name, with their roles in order of the register."""
    held: dict[Person, list[str]] = {}
    rows = Role.objects.filter(organisation_id=organisation_id).select_related("person")
    for role in rows.order_by("person__name"):
        held.setdefault(role.person, []).append(role.name)
    return [(person, sorted(names, key=rules.ROLES.index)) for person, names in held.items()]


def holders(capability: str, organisation_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Return who can sign in and hold a capability by a role in an organisation."""
    names = load.capabilities()[capability]
    rows = Role.objects.filter(organisation_id=organisation_id, name__in=names, person__is_active=True)
    return frozenset(rows.values_list("person_id", flat=True))


def people_who(capability: str, organisation_id: uuid.UUID) -> list[Person]:
    """Return who can sign in and hold a capability by a role in an organisation, by name."""
    return list(Person.objects.filter(id__in=holders(capability, organisation_id)))


def organisations() -> list[Organisation]:
    """Return every organisation of this installation by slug; for operators."""
    return list(Organisation.objects.all())


def led(organisation_ids: Iterable[uuid.UUID], now: datetime) -> frozenset[uuid.UUID]:
    """Return which of the organisations have a coordinator who can sign in, or one who is invited."""
    ids = list(organisation_ids)
    leading = Role.objects.filter(organisation_id__in=ids, name="coordinator", person__is_active=True)
    invited = Invitation.objects.filter(organisation_id__in=ids, expires_at__gt=now)
    found = [one.organisation_id for one in leading] + [
        one.organisation_id for one in invited if "coordinator" in one.roles
    ]
    return frozenset(one for one in found if one)


def changes_of(organisation_id: uuid.UUID, most: int = 200) -> list[AuditEntry]:
    """Return the newest changes that coordinators and operators made, newest first."""
    return list(AuditEntry.objects.filter(organisation_id=organisation_id).select_related("person")[:most])


def packs_before(organisation_id: uuid.UUID) -> list[tuple[datetime, str]]:
    """Return which law packs an organisation had before the one it has, each with the moment it ended, oldest first."""
    # Former versions wrote a change from the terminal down for no organisation, with its name.
    name = Organisation.objects.get(id=organisation_id).name
    ours = Q(organisation_id=organisation_id) | Q(organisation=None, detail__name=name)
    entries = AuditEntry.objects.filter(ours, what="organisation.pack").order_by("at")
    return [(entry.at, str(entry.detail.get("from", ""))) for entry in entries]


def operators() -> list[Person]:
    """Return everybody who operates this installation and can sign in, by name."""
    return list(Person.objects.filter(is_active=True, roles__name="operator").distinct())


def changes_by_operators(most: int = 200) -> list[AuditEntry]:
    """Return the newest changes to the installation itself: its operators, and which organisations there are."""
    about = ["organisation.made", "organisation.opened", "organisation.closed", "organisation.pack"]
    ours = Q(organisation=None) | Q(what__in=about)
    return list(AuditEntry.objects.filter(ours).select_related("person", "organisation")[:most])
