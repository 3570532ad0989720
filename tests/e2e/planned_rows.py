"""Gives the demonstration a pattern and people who are ready: `python -m tests.e2e.planned_rows`."""

import django

django.setup()

from alongside.accounts.models import Organisation  # noqa: E402
from alongside.kernel import clock  # noqa: E402
from alongside.rota.models import Pattern, PatternBlock  # noqa: E402
from alongside.team.models import Ready, Supporter  # noqa: E402

if __name__ == "__main__":
    pine, today = Organisation.objects.get(slug="pine-county"), clock.now().date()
    if not Pattern.objects.filter(organisation=pine).exists():
        made = Pattern.objects.create(organisation=pine, name="Days and nights", anchor=today, days=1, begins_on=today)
        for tier in (1, 2):
            for hour in (7, 19):
                PatternBlock.objects.create(pattern=made, tier=tier, day=0, minute=hour * 60, minutes=12 * 60)
    for one in Supporter.objects.filter(organisation=pine):
        Ready.objects.get_or_create(supporter=one, crisis_trained_on=today, phone_checked_on=today)
