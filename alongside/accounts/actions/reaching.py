"""Where people are alerted: ways to reach them, their order, and whether they were seen to work.

Of a test only its state is kept, never when somebody confirmed it: nothing here tells who was slow.
"""

import secrets
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from alongside.accounts import queries
from alongside.accounts.models import ContactPoint, Person
from alongside.kernel import clock, ids
from alongside.notify import actions as notify
from alongside.notify import queries as outbox

# How long the link of a test can be used; somebody may be asleep.
TEST_LASTS = timedelta(days=1)
# One signed-in person must not be able to make the server write to any number of addresses.
MOST_WAYS = 8

State = ContactPoint.State


class LastContactPoint(ValueError):
    """A person must stay reachable: the last contact point cannot go."""


class TooManyWays(ValueError):
    """A person has as many contact points as there may be."""


class NotATest(LookupError):
    """The token of a test is unknown, used, replaced or too old; which of these is not told."""


@transaction.atomic
def add_contact_point(person: Person, kind: str, address: str) -> ContactPoint:
    """Add a place where a person is alerted, as the last one to be tried; the same one twice stays one, and one that
    had failed begins anew. The form has judged the address. Raises TooManyWays.
    """
    points = _held(person)
    known = next((one for one in points if (one.kind, one.address) == (kind, address)), None)
    if known is not None:
        if known.state == State.DEAD:
            ContactPoint.objects.filter(id=known.id).update(state=State.UNCONFIRMED)
        return known
    if len(points) >= MOST_WAYS:
        raise TooManyWays
    _number(points)
    return ContactPoint.objects.create(person=person, kind=kind, address=address, position=len(points))


@transaction.atomic
def remove_contact_point(person: Person, contact_id: uuid.UUID) -> None:
    """Remove one of a person's own contact points. Raises ContactPoint.DoesNotExist, LastContactPoint."""
    points = _held(person)
    point = _own(points, contact_id)
    if len(points) == 1:
        raise LastContactPoint
    notify.forget(point.id)
    point.delete()


@transaction.atomic
def move_contact_point(person: Person, contact_id: uuid.UUID, *, up: bool) -> None:
    """Try one of a person's own contact points one place earlier or later; no change at either end. Raises
    ContactPoint.DoesNotExist.
    """
    points = _held(person)
    place = points.index(_own(points, contact_id))
    other = place - 1 if up else place + 1
    if 0 <= other < len(points):
        points[place], points[other] = points[other], points[place]
    _number(points)


def _held(person: Person) -> list[ContactPoint]:
    """Return a person's contact points, which nobody else changes before the transaction ends."""
    Person.objects.select_for_update(no_key=True).get(id=person.id)
    return queries.contact_points_of(person.id)


def _own(points: list[ContactPoint], contact_id: uuid.UUID) -> ContactPoint:
    for one in points:
        if one.id == contact_id:
            return one
    raise ContactPoint.DoesNotExist


def _number(points: list[ContactPoint]) -> None:
    for place, point in enumerate(points):
        if point.position != place:
            ContactPoint.objects.filter(id=point.id).update(position=place)


# --- tests -------------------------------------------------------------------------------------------------------


@transaction.atomic
def try_way(person: Person, contact_id: uuid.UUID) -> None:
    """Queue a test notice to one of a person's own contact points, one at a time. Raises ContactPoint.DoesNotExist."""
    _test(person, ContactPoint.objects.get(person=person, id=contact_id), "test")


@transaction.atomic
def try_every_way(person: Person, message: str = "test") -> None:
    """Queue a test notice to each contact point of a person, all at once."""
    for point in queries.contact_points_of(person.id):
        _test(person, point, message)


def _test(person: Person, point: ContactPoint, message: str) -> None:
    if outbox.is_waiting(point.id):
        return
    token, now = secrets.token_urlsafe(32), clock.now()
    ContactPoint.objects.filter(id=point.id).update(
        test_hash=ids.digest(token.encode()), test_until=clock.this_minute() + TEST_LASTS
    )
    # What an earlier test left would lead nowhere.
    notify.forget(point.id)
    notify.queue(
        about=point.id,
        to=[(point.kind, point.address)],
        message=message,
        language=person.language,
        values={"link": settings.ALONGSIDE_ADDRESS + reverse("in_reached", args=[token])},
        now=now,
        expires_at=now + timedelta(hours=1),
    )


@transaction.atomic
def confirm(token: str) -> None:
    """Take it from whoever holds the token of a test that it reached them; works once. Raises NotATest."""
    point = queries.tested(token, clock.now())
    if point is None:
        raise NotATest
    seen = ContactPoint.objects.filter(id=point.id, test_hash=ids.digest(token.encode()))
    if seen.update(state=State.CONFIRMED, test_hash=None, test_until=None) != 1:
        raise NotATest


@transaction.atomic
def purge_tests(now: datetime) -> int:
    """Delete the tokens of tests that nobody confirmed in time; return how many."""
    return ContactPoint.objects.filter(test_until__lte=now).update(test_hash=None, test_until=None)


def learn(gone: Collection[tuple[str, str]], taken: Collection[tuple[str, str]]) -> None:
    """Take it from the outbox which addresses (kind, address) are gone, and that dead ones among `taken` work again."""
    for kind, address in gone:
        ContactPoint.objects.filter(kind=kind, address=address).exclude(state=State.DEAD).update(state=State.DEAD)
    if taken and ContactPoint.objects.filter(state=State.DEAD).exists():
        theirs = Q()
        for kind, address in taken:
            theirs |= Q(kind=kind, address=address)
        ContactPoint.objects.filter(theirs, state=State.DEAD).update(state=State.UNCONFIRMED)
