"""Puts more organisations beside Pine County, on the data of a running demonstration: `python -m tests.e2e.neighbours`.

- birch-hall: one supporter with a key and no shift, so that nobody is on call
- lone-lake: nobody serves yet
- old-mill: closed to new requests
"""

import django


def fill() -> None:
    """Make the three neighbours."""
    from django.db import transaction

    from alongside.accounts.models import Organisation

    with transaction.atomic():
        _birch_hall(_organisation("birch-hall", "Birch Hall Fire", on_call_number="+1 218 555 0177"))
        _organisation("lone-lake", "Lone Lake Rescue", on_call_number="+1 218 555 0188")
        _organisation("old-mill", "Old Mill Dispatch", open=False)
    assert Organisation.objects.count() == 5


def _organisation(slug: str, name: str, **details: object):  # type: ignore[no-untyped-def]
    from alongside.accounts.models import Organisation

    return Organisation.objects.create(
        slug=slug, name=name, neutral_title="Shift info", time_zone="America/Chicago", headcount=20, **details
    )


def _birch_hall(birch) -> None:  # type: ignore[no-untyped-def]
    from alongside.accounts.models import ContactPoint, Office, Person, Role
    from alongside.kernel import clock
    from alongside.sealing.models import ReceivingKey
    from alongside.site.demo.seed import give_known_keys
    from alongside.site.demo.words import supporters
    from alongside.team.models import Supporter

    office = Office.objects.create(organisation=birch, name="Hall")
    person = Person.objects.create(email="wren@birch.example", name="Wren Castillo")
    ContactPoint.objects.create(person=person, kind="email", address=person.email, state="confirmed")
    Role.objects.create(person=person, organisation=birch, name="supporter")
    day = clock.now().date()
    Supporter.objects.create(
        organisation=birch, person=person, office=office, agreement_version=1, agreed_on=day, designated_on=day
    )
    # Known words that no supporter of Pine County has, for the weeks that they have: this process has another clock.
    weeks = sorted(set(ReceivingKey.objects.values_list("week", flat=True)))
    give_known_keys(person, supporters()[8], weeks)


if __name__ == "__main__":
    django.setup()
    fill()
