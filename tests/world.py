"""The cast: two organisations and everybody who tries every door. Plain rows, no magic.

    world.pine        Pine County: Hana coordinates; Renée (primary now), Marcus (backup now) and Ana serve;
                      Imani is clinician, Anne leader, Okafor manager
    world.lake        Lakeshore: Lars coordinates, Lena serves
    world.priya       operates the server; world.nico has an account and no role
    a stranger        is a client that never signed in

`sign_in(client, person)` opens a session that passed password and one-time code an hour ago; with `fresh=True` it was
just now, which also passes the pages that ask again before a dangerous act. Everybody has PASSWORD, and `code_now()` is
the one-time code of everybody.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from alongside.accounts.models import ContactPoint, Office, Organisation, Person, Role
from alongside.rota.models import Shift
from alongside.team.models import Ready, Supporter

# Monday, 8:05 in Pine County (Central time).
NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
WEEK_BEGINS = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
PASSWORD = "nine tall birches lean"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

__all__ = [
    "NOW",
    "PASSWORD",
    "World",
    "code_now",
    "datetime",
    "make_world",
    "person",
    "ready",
    "sign_in",
    "supporter",
    "timedelta",
]


@dataclass
class World:
    """Everybody by name."""

    pine: Organisation
    lake: Organisation
    jail: Office
    patrol: Office
    dispatch: Office
    hana: Person
    imani: Person
    anne: Person
    okafor: Person
    lars: Person
    priya: Person
    nico: Person
    renee: Supporter
    marcus: Supporter
    ana: Supporter
    lena: Supporter

    def everybody(self) -> dict[str, Person]:
        """Return every person of the cast who can sign in, by name."""
        people = {name: value for name, value in vars(self).items() if isinstance(value, Person)}
        serving = {name: value.person for name, value in vars(self).items() if isinstance(value, Supporter)}
        return people | serving


def make_world(keys: Callable[[Supporter], None] | None = None) -> World:
    """Make the cast; `keys` is called for each supporter, to publish receiving keys where a test seals."""
    pine = organisation("pine", "Pine County Sheriff", "America/Chicago", "Jail", "Patrol", "Dispatch")
    lake = organisation("lake", "Lakeshore Police Service", "America/Toronto", "District 1")
    offices = {office.name: office for office in Office.objects.filter(organisation=pine)}
    district = Office.objects.get(organisation=lake)
    world = World(
        pine=pine,
        lake=lake,
        jail=offices["Jail"],
        patrol=offices["Patrol"],
        dispatch=offices["Dispatch"],
        hana=person("Hana Vogel", pine, "coordinator"),
        imani=person("Imani Reyes", pine, "clinician"),
        anne=person("Anne Lavoie", pine, "leader"),
        okafor=person("Sam Okafor", pine, "manager"),
        lars=person("Lars Holm", lake, "coordinator"),
        priya=person("Priya Nair", None, "operator"),
        nico=person("Nico Brandt", None),
        renee=supporter("Renée Dubois", offices["Patrol"]),
        marcus=supporter("Marcus Bell", offices["Jail"]),
        ana=supporter("Ana Ruiz", offices["Dispatch"]),
        lena=supporter("Lena Moss", district),
    )
    for serving, tier in ((world.renee, 1), (world.marcus, 2)):
        shift(serving, tier, WEEK_BEGINS, WEEK_BEGINS + timedelta(days=7))
    if keys:
        for serving in (world.renee, world.marcus, world.ana, world.lena):
            keys(serving)
    return world


def organisation(slug: str, name: str, zone: str, *offices: str) -> Organisation:
    """Make an organisation with its offices."""
    made = Organisation.objects.create(
        slug=slug, name=name, neutral_title="Shift info", time_zone=zone, on_call_number="+1 555 010 0199", headcount=60
    )
    Office.objects.bulk_create(Office(organisation=made, name=office) for office in offices)
    return made


def person(name: str, organisation: Organisation | None, *roles: str, second_step: bool = True) -> Person:
    """Make somebody who can sign in: `first name@slug.example`, PASSWORD, a one-time code, alerted by e-mail."""
    first = name.split(maxsplit=1)[0].lower().replace("é", "e")
    made = Person(email=f"{first}@{organisation.slug if organisation else 'host'}.example", name=name)
    made.set_password(PASSWORD)
    made.save()
    EmailAddress.objects.create(user=made, email=made.email, verified=True, primary=True)
    ContactPoint.objects.create(person=made, kind="email", address=made.email, state="confirmed")
    for role in roles:
        Role.objects.create(person=made, organisation=None if role == "operator" else organisation, name=role)
    if second_step:
        totp.TOTP.activate(made, SECRET)
    return made


def supporter(name: str | Person, office: Office, *roles: str, **facts: object) -> Supporter:
    """Make an active supporter with the agreement signed; a person already made gets the role on top."""
    made = name if isinstance(name, Person) else person(name, office.organisation, *roles)
    Role.objects.get_or_create(person=made, organisation=office.organisation, name="supporter")
    row: dict[str, object] = {"agreement_version": 1, "agreed_on": NOW.date(), "designated_on": NOW.date()}
    return Supporter.objects.create(organisation=office.organisation, person=made, office=office, **{**row, **facts})


def shift(serving: Supporter, tier: int, starts_at: datetime, ends_at: datetime) -> Shift:
    """Put a supporter on call."""
    return Shift.objects.create(
        organisation=serving.organisation, supporter=serving, tier=tier, starts_at=starts_at, ends_at=ends_at
    )


def ready(*people: Supporter) -> None:
    """Write down that people are trained for crises and answered the telephone for duty (D-03, D-12)."""
    for one in people:
        Ready.objects.update_or_create(
            supporter=one, defaults={"crisis_trained_on": NOW.date(), "phone_checked_on": NOW.date()}
        )


def sign_in(client: Client, person: Person | Supporter, *, fresh: bool = False) -> Client:
    """Sign a person in on this client as after password and one-time code, and return the client.

    It was an hour ago, so that pages which ask again before a dangerous act do ask; with `fresh` it was just now.
    """
    who = person.person if isinstance(person, Supporter) else person
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    at = time.time() - (0 if fresh else 3600)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": at, "email": who.email},
        {"method": "mfa", "at": at, "type": str(Authenticator.Type.TOTP)},
    ]
    session["account_authentication_methods_user"] = str(who.pk)
    session.save()
    return client


def code_now() -> str:
    """Return the one-time code that the cast's app shows at this real moment."""
    return totp.format_hotp_value(totp.hotp_value(SECRET, next(totp.yield_hotp_counters_from_time())))


def unknown_id() -> uuid.UUID:
    """Return an id that belongs to nothing."""
    return uuid.uuid4()
