# ruff: noqa: E402
"""Fills the database of the environment with organisations whose supporters have real keys of their own.

`python -m bench.fill ORGANISATIONS TEAM`. The primary of `bench7` is alerted at now7@bench.example.
"""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alongside.site.settings")

import django

django.setup()

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command

from alongside.accounts.models import ContactPoint, Office, Organisation, Person, Role
from alongside.kernel import clock
from alongside.policy.models import Change
from alongside.policy.values import setting
from alongside.rota.models import Shift
from alongside.site.demo import signed
from alongside.team.models import Supporter
from tests.help_requests import frames

OFFICES = 6


def main() -> None:
    """Migrate and fill."""
    call_command("migrate", verbosity=0, interactive=False)
    organisations, team = int(sys.argv[1]), int(sys.argv[2])
    everybody = [row for number in range(organisations) for row in _organisation(number, team)]
    frames.give_keys(everybody)
    # Lists carry their proofs, as they do once a coordinator has signed.
    for made in Organisation.objects.all():
        signed.sign_as(made, Ed25519PrivateKey.generate())


def _organisation(number: int, team: int) -> list[Supporter]:
    made = Organisation.objects.create(
        slug=f"bench{number}",
        name="Bench County",
        neutral_title="Shift info",
        time_zone="America/Chicago",
        on_call_number="+1 218 555 0100",
        headcount=team * 7,
    )
    for version, key in enumerate(("requests_per_hour", "work_after"), start=2):
        most, before = setting(key).most, clock.now() - timedelta(days=1)
        Change.objects.create(organisation=made, key=key, value=most, version=version, changed_at=before)
    lead = Person.objects.create(email=f"lead{number}@bench.example", name="Lead")
    Role.objects.create(person=lead, organisation=made, name="coordinator")
    offices = [Office.objects.create(organisation=made, name=f"Office {place}") for place in range(OFFICES)]
    return [_supporter(made, offices[place % OFFICES], number, place) for place in range(team)]


def _supporter(organisation: Organisation, office: Office, number: int, place: int) -> Supporter:
    tier = ("now", "backup")[place] if place < 2 else f"peer{place}-"
    person = Person.objects.create(email=f"{tier}{number}@bench.example", name=f"Peer {place}")
    ContactPoint.objects.create(person=person, kind=ContactPoint.Kind.EMAIL, address=person.email)
    Role.objects.create(person=person, organisation=organisation, name="supporter")
    today = clock.now()
    row = Supporter.objects.create(
        organisation=organisation,
        person=person,
        office=office,
        agreement_version=1,
        agreed_on=today.date(),
        designated_on=today.date(),
    )
    if place < 2:
        span = {"starts_at": today - timedelta(days=1), "ends_at": today + timedelta(days=1)}
        Shift.objects.create(organisation=organisation, supporter=row, tier=place + 1, **span)
    return row


if __name__ == "__main__":
    main()
