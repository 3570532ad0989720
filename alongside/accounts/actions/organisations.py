"""Changes to organisations and their offices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from alongside.accounts import rules
from alongside.accounts.actions.audit import note_change, note_of_another
from alongside.accounts.actions.entering import write_invitation
from alongside.accounts.models import Office, Organisation
from alongside.accounts.queries import Seat
from alongside.content import law


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
    organisation = Organisation.objects.select_for_update(no_key=True).get(id=seat.organisation.id)
    changed = {key: value for key, value in details.items() if getattr(organisation, key) != value}
    for key, value in changed.items():
        setattr(organisation, key, value)
    rules.check_zone(organisation.time_zone)
    rules.check_hours(organisation.clinical_hours or ())
    organisation.full_clean()
    organisation.save()
    added = _add_offices(organisation, offices)
    if changed or added:
        note_change(seat, "organisation.changed", {**changed, **({"offices": added} if added else {})})


@transaction.atomic
def change_pack(seat: Seat | None, organisation: Organisation, pack: str) -> None:
    """Give an organisation another law pack; what it chose beside the former one counts for nothing under this one.
    Raises KeyError for one that is not there.
    """
    if pack not in law.packs():
        raise KeyError(pack)
    held = Organisation.objects.select_for_update(no_key=True).get(id=organisation.id)
    if held.pack == pack:
        return
    former, held.pack = held.pack, pack
    held.save(update_fields=["pack"])
    detail = {"name": held.name, "from": former, "to": pack}
    if seat:
        note_change(Seat(seat.person, held, seat.roles), "organisation.pack", detail)
    else:
        # From the terminal nobody is signed in; it still belongs to the organisation whose law it is.
        note_of_another(held, "organisation.pack", detail)


@transaction.atomic
def set_open(seat: Seat, organisation: Organisation, is_open: bool) -> None:
    """Open or close an organisation to new requests; requests under way go on."""
    Organisation.objects.filter(id=organisation.id).update(open=is_open)
    note_change(
        Seat(seat.person, organisation, seat.roles),
        "organisation.opened" if is_open else "organisation.closed",
        {},
    )


@dataclass(frozen=True)
class Listed:
    """One organisation of a list: what it is called and reached by, and who is to lead it.

    `there` is the organisation where it exists already and only lacks somebody to lead it.
    """

    details: Mapping[str, Any]
    coordinator: str
    email: str
    there: Organisation | None = None


# So far apart are the invitations of a list: six a minute fill no mail server's measure and look like no flood.
PACE = timedelta(seconds=10)


@transaction.atomic
def import_organisations(seat: Seat | None, listed: Sequence[Listed], *, valid_days: int, now: datetime) -> datetime:
    """Make the organisations of a list and invite who leads them, all or none; return when the last invitation goes
    out.

    Raises ValidationError or ValueError where one of them cannot be made; then none is.
    """
    due = now
    for number, one in enumerate(listed):
        made = one.there or make_organisation(seat, **one.details)
        due = now + number * PACE
        write_invitation(
            seat,
            made,
            email=one.email,
            name=one.coordinator,
            roles=["coordinator"],
            valid_days=valid_days,
            due_at=due,
        )
        details = {"name": one.coordinator, "roles": ["coordinator"]}
        note_change(seat and Seat(seat.person, made, seat.roles), "person.invited", details)
    made_now = sum(one.there is None for one in listed)
    note_change(seat, "organisations.imported", {"count": made_now, "invited": len(listed)})
    return due


def _add_offices(organisation: Organisation, names: Iterable[str]) -> list[str]:
    known = set(Office.objects.filter(organisation=organisation).values_list("name", flat=True))
    added = [name for name in dict.fromkeys(one.strip() for one in names) if name and name not in known]
    Office.objects.bulk_create(Office(organisation=organisation, name=name) for name in added)
    return added
