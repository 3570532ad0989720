"""What readies the invented team for duty, so that shifts can change hands."""

from collections.abc import Iterable
from datetime import timedelta

from alongside.kernel import clock
from alongside.team.models import Ready, Supporter

TRAINED = timedelta(days=90)


def fill(team: Iterable[Supporter]) -> None:
    """Let everybody be trained, with a telephone that was called."""
    today = clock.now().date()
    for one in team:
        facts = {"crisis_trained_on": today - TRAINED, "phone_checked_on": today, "phone_issued": True}
        Ready.objects.update_or_create(supporter=one, defaults=facts)
