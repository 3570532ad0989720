"""The second organisation of the demonstration: St. Brigid Hospital, French first, English too. All names are invented.

It shares the server with Pine County and nothing else; what both coordinators agree on is made by hand, on their pages.
"""

from django.db import transaction

from alongside.accounts.models import Office, Organisation
from alongside.content import law
from alongside.site.demo import hospital_cards, rota_patterns, seed
from alongside.site.demo.seed import Somebody
from alongside.site.demo.words import Known
from alongside.site.demo.words import supporters as known

SLUG = "st-brigid"
ZONE = "America/Toronto"
# The law of Ontario where this version brings it.
PACKS = ("ontario", "on", "generic-ca")
UNITS = ("Urgences", "Soins intensifs", "Pédiatrie", "Bloc opératoire", "Centrale de transport", "Unité 6 Nord")


def _peer(name: str, unit: str, says: str = "supporter", status: str = "active") -> Somebody:
    return Somebody(name, ("supporter",), says, unit, status=status, at="st-brigid", language="fr")


def _other(name: str, role: str, says: str) -> Somebody:
    return Somebody(name, (role,), says, at="st-brigid", language="fr")


SUPPORTERS = (
    _peer("Noémie Fortin", "Urgences", "supporter, first on call tonight"),
    _peer("Amir Haddad", "Soins intensifs", "supporter, backup tonight"),
    _peer("Léa Pelletier", "Pédiatrie"),
    _peer("Jean Mukasa", "Bloc opératoire"),
    _peer("Priscille Caron", "Centrale de transport"),
    _peer("Harpreet Singh", "Unité 6 Nord"),
    _peer("Thi Nguyen", "Urgences"),
    _peer("Olivier Lavigne", "Soins intensifs"),
    _peer("Solange Leblanc", "Pédiatrie"),
    _peer("Farid Benali", "Bloc opératoire"),
    _peer("Maude Tremblay", "Unité 6 Nord"),
    _peer("Luc Bouchard", "Urgences", "supporter on leave", status="on_leave"),
)
OTHERS = (
    _other("Odile Marchand", "coordinator", "coordinator"),
    _other("Yasmine Farah", "clinician", "clinical director"),
    _other("Claire Beaulieu", "leader", "director of the hospital, leader"),
    _other("Denis Gagnon", "manager", "head nurse, manager"),
)
CAST = {one.slug: one for one in (*SUPPORTERS, *OTHERS)}


@transaction.atomic
def fill() -> Organisation:
    """Add the hospital to a filled demonstration."""
    hospital = Organisation.objects.create(
        slug=SLUG,
        name="St. Brigid Hospital",
        neutral_title="Info horaire",
        time_zone=ZONE,
        language="fr",
        on_call_number="+1 416 555 0142",
        pack=next(key for key in PACKS if key in law.packs()),
        headcount=4000,
    )
    offices = {name: Office.objects.create(organisation=hospital, name=name) for name in UNITS}
    for one in OTHERS:
        seed.person(hospital, one)
    words = known()[len(seed.SUPPORTERS) :]
    team = [seed.supporter(hospital, offices, words[number], one) for number, one in enumerate(SUPPORTERS)]
    seed.shifts(hospital, [row for row in team if row.status == "active"])
    rota_patterns.fill(hospital)
    hospital_cards.fill(hospital)
    return hospital


def words_of(one: Somebody) -> Known | None:
    """Return the known words of somebody of either cast; None for who has no keys."""
    everybody = (*seed.SUPPORTERS, *SUPPORTERS)
    return known()[everybody.index(one)] if one in everybody and one.keyed else None
