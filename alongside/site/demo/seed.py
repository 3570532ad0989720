"""Fills a fresh database with Pine County: 60 people, nine supporters, shifts around the clock. All names are
invented.
"""

import base64
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from alongside.accounts import actions as accounts
from alongside.accounts.models import ContactPoint, Office, Organisation, Person, Role
from alongside.kernel import clock
from alongside.rota.models import Shift
from alongside.sealing import rules as seals
from alongside.sealing.models import KeyRing, KeyWrap, ReceivingKey, WrapRecipient
from alongside.site import signatures
from alongside.site.demo import cards, law, resources, rota_patterns, signed
from alongside.site.demo.words import Known
from alongside.site.demo.words import supporters as known
from alongside.team.models import Supporter

ZONE = "America/Chicago"
BEGINS = time(3, 12)
CHANGES = (time(7), time(19))
# A day more than the board looks ahead.
DAYS = 61
OFFICES = ("Patrol", "Jail", "Dispatch", "Courthouse", "North station")


@dataclass(frozen=True)
class Somebody:
    """One person of the demonstration."""

    name: str
    roles: tuple[str, ...]
    says: str
    office: str = ""
    status: str = "active"
    signed: bool = True
    keyed: bool = True
    at: str = "pine"
    language: str = "en"

    @property
    def slug(self) -> str:
        """The short name in addresses."""
        return self.name.split()[-1].lower().replace("é", "e")

    @property
    def email(self) -> str:
        """Where they are reached, in an invented domain."""
        return f"{self.slug}@{self.at}.example"


# Tonight's pair comes first and second; the member of the story works at the jail.
SUPPORTERS = (
    Somebody("Marcus Bell", ("supporter",), "supporter, first on call tonight", "Patrol"),
    Somebody("Renée Dubois", ("supporter",), "supporter, backup tonight", "Dispatch"),
    Somebody("Ana Ruiz", ("supporter",), "supporter", "Courthouse"),
    Somebody("Cy Novak", ("supporter",), "supporter", "Jail"),
    Somebody("Dee Okoro", ("supporter",), "supporter", "North station"),
    Somebody("Eli Hart", ("supporter",), "supporter", "Patrol"),
    Somebody("Fay Lindqvist", ("supporter",), "supporter", "Jail"),
    Somebody("Gus Moreau", ("supporter",), "supporter on leave", "Dispatch", status="on_leave"),
    Somebody("Ivy Tran", ("supporter",), "new supporter, agreement not signed yet", "Jail", signed=False, keyed=False),
)
OTHERS = (
    Somebody("Hana Vogel", ("coordinator",), "coordinator"),
    Somebody("Theo Sand", ("crisis_team",), "crisis team, makes the rota"),
    Somebody("Imani Reyes", ("clinician",), "clinical director"),
    Somebody("Anne Lavoie", ("leader",), "sheriff, leader"),
    Somebody("Sam Okafor", ("manager",), "sergeant, manager"),
    Somebody("Priya Nair", ("operator",), "operator of the server"),
)
CAST = {one.slug: one for one in (*SUPPORTERS, *OTHERS)}


@transaction.atomic
def fill() -> Organisation:
    """Fill the database; the clock is moved to the coming night, twelve past three in Pine County, before."""
    pine = Organisation.objects.create(
        slug="pine-county",
        name="Pine County Sheriff's Office",
        neutral_title="Shift info",
        time_zone=ZONE,
        on_call_number="+1 218 555 0100",
        clinical_number="+1 218 555 0101",
        clinical_hours=[["week", "08:00", "20:00"], ["weekend", "10:00", "16:00"]],
        coordinator_number="+1 218 555 0102",
        headcount=60,
        pack="mn",
    )
    offices = {name: Office.objects.create(organisation=pine, name=name) for name in OFFICES}
    for one in OTHERS:
        person(pine, one)
    team = [supporter(pine, offices, known()[number], one) for number, one in enumerate(SUPPORTERS)]
    able = [row for row, one in zip(team, SUPPORTERS, strict=True) if one.signed and one.status == "active"]
    shifts(pine, able, missing=(21, 2))
    rota_patterns.fill(pine)
    law.fill(pine)
    cards.fill()
    accounts.invite(
        None, pine, email="new.peer@pine.example", name="Jo Marsh", roles=["supporter"], office=offices["Jail"]
    )
    resources.fill(pine)
    signed.sign(pine)
    return pine


def to_the_night() -> None:
    """Move the clock forward to the next 3:12 in Pine County."""
    now = clock.now().astimezone(ZoneInfo(ZONE))
    night = now.replace(hour=BEGINS.hour, minute=BEGINS.minute, second=0, microsecond=0)
    night = night if night > now else night + timedelta(days=1)
    # Within one zone Python counts what a clock on the wall would show: an hour wrong in a night when it is changed.
    clock.shift(night.astimezone(UTC) - now.astimezone(UTC))


def person(organisation: Organisation, one: Somebody) -> Person:
    """Make somebody of the cast, with their roles."""
    person = Person(email=one.email, name=one.name, language=one.language)
    person.set_unusable_password()
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    ContactPoint.objects.create(person=person, kind="email", address=person.email, state="confirmed")
    for role in one.roles:
        Role.objects.create(person=person, organisation=None if role == "operator" else organisation, name=role)
    return person


def supporter(organisation: Organisation, offices: dict[str, Office], words: Known, one: Somebody) -> Supporter:
    """Make a supporter of the cast; their key is the one that belongs to the known words."""
    made = person(organisation, one)
    today = clock.now().date()
    row = Supporter.objects.create(
        organisation=organisation,
        person=made,
        office=offices[one.office],
        status=one.status,
        agreement_version=int(one.signed),
        agreed_on=today if one.signed else None,
        designated_on=today,
    )
    if one.keyed:
        give_known_keys(made, words, seals.weeks_from(seals.monday_of(clock.now()), 8))
    return row


def give_known_keys(person: Person, words: Known, weeks: Iterable[date]) -> None:
    """Give a supporter the known key for each week: rows of their own, since publishing refuses a repeated key."""
    listed = seals.write_ring([seals.words_member(words.wrap_recipient)])
    vouch = Ed25519PrivateKey.from_private_bytes(base64.b64decode(words.vouch_seed))
    public = base64.b64decode(words.vouch)
    ring = KeyRing.objects.create(person=person, listed=listed, mac=_mark(words, listed), vouch_key=public)
    own = WrapRecipient.objects.create(ring=ring, name=seals.WORDS, ring_key=base64.b64decode(words.ring_seal))
    for week in weeks:
        mac = _mark(words, f"alongside week v1\n{week}\n{words.public_key}\n")
        signature = vouch.sign(signatures.key_statement(week, words.public_key))
        key = ReceivingKey.objects.create(
            person=person, week=week, public_key=words.public_key, mac=mac, signature=signature
        )
        KeyWrap.objects.create(key=key, recipient=own, sealed=base64.b64decode(words.wrap))


def _mark(words: Known, text: str) -> bytes:
    """Do what only a supporter's own device does elsewhere; the key of this ring is known to everybody."""
    return hmac.digest(base64.b64decode(words.ring_key), text.encode(), "sha256")


def shifts(organisation: Organisation, team: list[Supporter], *, missing: tuple[int, int] | None = None) -> None:
    """Enter twelve-hour shifts in two tiers, beginning with the running one; the `missing` (number, tier) stays empty,
    for the board to show.
    """
    zone = ZoneInfo(organisation.time_zone)
    starts = max(at for at in _changes(clock.now(), zone) if at <= clock.now())
    for number in range(DAYS * 2):
        ends = min(at for at in _changes(starts, zone) if at > starts)
        for tier in (1, 2):
            if (number, tier) != missing:
                serving = team[(number * 2 + tier - 1) % len(team)]
                Shift.objects.create(
                    organisation=organisation, supporter=serving, tier=tier, starts_at=starts, ends_at=ends
                )
        starts = ends


def _changes(moment: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the changes of shift of the day before, the day and the day after a moment, by the local clock."""
    local = moment.astimezone(zone)
    days = [local.date() + timedelta(days=by) for by in (-1, 0, 1)]
    return [datetime.combine(day, at, zone) for day in days for at in CHANGES]
