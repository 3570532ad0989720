"""What people change about themselves: where they are alerted, their language."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from alongside.accounts.models import ContactPoint, Person
from alongside.kernel import clock
from alongside.notify import actions as notify
from alongside.notify import queries as outbox


class LastContactPoint(ValueError):
    """A person must stay reachable: the last contact point cannot go."""


def add_contact_point(person: Person, kind: str, address: str) -> ContactPoint:
    """Add a place where a person is alerted; the same one twice stays one. The form has judged the address."""
    return ContactPoint.objects.get_or_create(person=person, kind=kind, address=address)[0]


@transaction.atomic
def remove_contact_point(person: Person, contact_id: uuid.UUID) -> None:
    """Remove one of a person's own contact points. Raises ContactPoint.DoesNotExist, LastContactPoint."""
    Person.objects.select_for_update().get(id=person.id)
    point = ContactPoint.objects.get(person=person, id=contact_id)
    if ContactPoint.objects.filter(person=person).count() == 1:
        raise LastContactPoint
    point.delete()


def try_contact_point(person: Person, contact_id: uuid.UUID) -> None:
    """Queue a test notice to one of a person's own contact points, one at a time. Raises ContactPoint.DoesNotExist."""
    point = ContactPoint.objects.get(person=person, id=contact_id)
    if outbox.is_waiting(point.id):
        return
    now = clock.now()
    notify.queue(
        about=point.id,
        to=[(point.kind, point.address)],
        message="test",
        language=person.language,
        values={"link": settings.ALONGSIDE_ADDRESS + reverse("in_home")},
        now=now,
        expires_at=now + timedelta(hours=1),
    )


def change_language(person: Person, language: str) -> None:
    """Let a person read pages and notices in another language that ships."""
    if language in dict(settings.LANGUAGES):
        Person.objects.filter(id=person.id).update(language=language)
