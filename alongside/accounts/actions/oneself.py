"""What people change about themselves: their language, and when they want no notice that can wait."""

from datetime import time

from django.conf import settings

from alongside.accounts.models import Person


def change_language(person: Person, language: str) -> None:
    """Let a person read pages and notices in another language that ships."""
    if language in dict(settings.LANGUAGES):
        Person.objects.filter(id=person.id).update(language=language)


def set_quiet_hours(person: Person, starts: time | None, ends: time | None) -> None:
    """Set or end the hours in which a person wants no notice that can wait. The form has judged their length."""
    Person.objects.filter(id=person.id).update(quiet_from=starts if ends else None, quiet_to=ends if starts else None)
