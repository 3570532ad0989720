# ruff: noqa: E402
"""Gives every supporter of the database of the environment a card of their own: `python -m bench.cards`."""

import base64
import os
import random

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alongside.site.settings")

import django

django.setup()

from django.db import transaction

from alongside.content import cards
from alongside.directory import actions
from alongside.team.models import Supporter
from tests.directory.carding import CODE, sealed, shown

FRAGMENT = "p=" + base64.urlsafe_b64encode(bytes(32) + CODE).rstrip(b"=").decode()


@transaction.atomic
def main() -> None:
    """Give cards as a large team would fill them in: every choice, several languages and tags."""
    chance = random.Random(600)
    known = {kind: cards.keys(kind) for kind in cards.KINDS}

    def some(kind: str, most: int, least: int = 0) -> tuple[str, ...]:
        return tuple(chance.sample(known[kind], chance.randint(least, most)))

    for serving in Supporter.objects.select_related("person").order_by("person__email"):
        facts = shown(
            discipline=chance.choice(known["disciplines"]),
            band=chance.choice(known["bands"]),
            gender=chance.choice(("", *known["genders"])),
            languages=some("languages", 3, 1),
            tags=some("tags", 4),
            channels=some("channels", 4, 1),
            office_shown=chance.random() < 0.5,
            over=(serving.office_id,) if serving.office_id and chance.random() < 0.1 else (),
        )
        actions.show_card(serving.facts(), facts, sealed(serving.person.name, phone="218 555 0100"))


if __name__ == "__main__":
    main()
