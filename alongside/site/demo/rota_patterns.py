"""What duty needs and what repeats, for the organisations of the demonstration.

Everybody who serves now is trained and has a telephone, and days and nights change at seven. Whoever is new still needs
both; whoever is on leave gave the telephone back.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from alongside.accounts.models import Organisation
from alongside.kernel import clock
from alongside.rota.models import Pattern, PatternBlock
from alongside.team.models import Ready, Supporter

NAMES = {"en": "Days and nights", "fr": "Jours et nuits"}
HALF_A_DAY = 12 * 60


def fill(organisation: Organisation) -> None:
    """Make the cast ready for duty, but for who is new or on leave, and a pattern from this week's Monday on."""
    today = clock.now().astimezone(ZoneInfo(organisation.time_zone)).date()
    for row in Supporter.objects.filter(organisation=organisation):
        new = row.agreed_on is None
        called = not new and row.status == Supporter.Status.ACTIVE
        Ready.objects.create(
            supporter=row,
            crisis_trained_on=None if new else today - timedelta(days=90),
            phone_checked_on=today - timedelta(days=7) if called else None,
            phone_issued=called,
            data_issued=True,
        )
    monday = today - timedelta(days=today.weekday())
    pattern = Pattern.objects.create(
        organisation=organisation, name=NAMES[organisation.language], anchor=monday, days=1, begins_on=monday
    )
    PatternBlock.objects.bulk_create(
        PatternBlock(pattern=pattern, tier=tier, day=0, minute=hour * 60, minutes=HALF_A_DAY)
        for tier in (1, 2)
        for hour in (7, 19)
    )
