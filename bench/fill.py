# ruff: noqa: E402
"""Fills the database of the environment with an organisation of 24 supporters, each with real keys of their own."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alongside.site.settings")

import django

django.setup()

from datetime import timedelta

from django.core.management import call_command

from alongside.accounts.models import Office, Organisation, Person, Role
from alongside.kernel import clock
from alongside.rota.models import Shift
from alongside.sealing import rules as seals
from alongside.sealing.models import KeyWrap, ReceivingKey
from alongside.team.models import Supporter
from tests import age_reader

TEAM, OFFICES = 24, 6


def main() -> None:
    """Migrate and fill."""
    call_command("migrate", verbosity=0, interactive=False)
    bench = Organisation.objects.create(
        slug="bench",
        name="Bench County",
        neutral_title="Shift info",
        time_zone="America/Chicago",
        on_call_number="+1 218 555 0100",
        headcount=168,
    )
    offices = [Office.objects.create(organisation=bench, name=f"Office {number}") for number in range(OFFICES)]
    now = clock.now()
    for number in range(TEAM):
        person = Person.objects.create(email=f"peer{number}@bench.example", name=f"Peer {number}")
        Role.objects.create(person=person, organisation=bench, name="supporter")
        row = Supporter.objects.create(
            organisation=bench,
            person=person,
            office=offices[number % OFFICES],
            agreement_version=1,
            agreed_on=now.date(),
            designated_on=now.date(),
        )
        key = ReceivingKey.objects.create(
            person=person, week=seals.monday_of(now), public_key=age_reader.new_identity()[1]
        )
        KeyWrap.objects.create(key=key, sealed=b"-")
        if number < 2:
            Shift.objects.create(
                organisation=bench,
                supporter=row,
                tier=number + 1,
                starts_at=now - timedelta(days=1),
                ends_at=now + timedelta(days=1),
            )


main()
