"""Cards and outside help of the hospital, all of it invented.

Its list is not signed yet, so there is no poster and nothing is sealed: what everybody sees is all there is, until its
coordinator signs and its peers come back with the poster.
"""

import os

from alongside.accounts.models import Organisation
from alongside.directory import actions, rules
from alongside.sealing import rules as seals
from alongside.site.demo import resources
from alongside.site.demo.cards import Card, shown
from alongside.team.models import Supporter

CARDS: dict[str, Card] = {
    "Noémie Fortin": (
        "nursing",
        "front",
        ("fr", "en"),
        "woman",
        ("lost-patient", "children"),
        ("call", "text"),
        True,
        (),
    ),
    "Amir Haddad": ("medicine", "front", ("fr", "en", "ar"), "man", ("complaint", "newcomer"), ("call",), True, ()),
    "Léa Pelletier": (
        "nursing",
        "lead",
        ("fr",),
        "woman",
        ("parent", "time-off"),
        ("call", "meet"),
        False,
        ("Pédiatrie",),
    ),
    "Jean Mukasa": ("care", "front", ("fr", "en"), "man", ("hard-call", "grief"), ("text", "email"), True, ()),
    "Priscille Caron": ("dispatch", "civilian", ("fr", "en"), "woman", ("new-here",), ("call", "text"), False, ()),
    "Harpreet Singh": ("nursing", "front", ("en", "pa", "fr"), "", ("getting-help",), ("text", "meet"), True, ()),
    "Solange Leblanc": ("nursing", "retired", ("fr",), "woman", ("lost-colleague", "grief"), ("call",), False, ()),
    "Farid Benali": (
        "medicine",
        "lead",
        ("fr", "ar"),
        "man",
        ("lost-patient", "getting-help"),
        ("call", "meet"),
        True,
        (),
    ),
}
OWN: tuple[resources.Own, ...] = (
    (
        12,
        "+14165550171",
        ("care", "family"),
        ("treatment", "talk", "family", "daily"),
        ("fr", "en"),
        {
            "name": "Lakeside Employee Assistance",
            "who": "Everybody who works at the hospital, and who lives with them.",
            "hours": "Weekdays 7 to 22; at night leave a message",
            "cost": "Eight talks a year, paid by the hospital",
            "limits": "The hospital learns how many called, never who. They act when a life or a child is in danger.",
            "steps": "Say that you work in care, and in which language you would like to talk.",
        },
        {
            "name": "Aide aux employés Lakeside",
            "who": "Toute personne qui travaille à l’hôpital, et les gens qui vivent avec elle.",
            "hours": "En semaine de 7 h à 22 h ; la nuit, laissez un message",
            "cost": "Huit rencontres par année, payées par l’hôpital",
            "limits": "L’hôpital sait combien appellent, jamais qui. On agit si une vie ou un enfant est en danger.",
            "steps": "Dites que vous travaillez dans les soins, et dans quelle langue vous aimeriez parler.",
        },
    ),
    (
        40,
        "+14165550172",
        ("outside", "peers"),
        ("talk", "incident"),
        ("fr", "en"),
        {
            "name": "Night Shift Line",
            "who": "Nurses and other people in care, now or formerly. It belongs to no hospital.",
            "hours": "Every night, 20 to 8",
            "cost": "Free",
            "limits": "You need not give a name. They act when a life is in danger.",
            "steps": "",
        },
        {
            "name": "Ligne de nuit des soins",
            "who": "Personnel infirmier et autres gens des soins, en poste ou non. Ne relève d’aucun hôpital.",
            "hours": "Chaque nuit, de 20 h à 8 h",
            "cost": "Gratuit",
            "limits": "Aucun nom n’est demandé. On agit si une vie est en danger.",
            "steps": "",
        },
    ),
)


def fill(hospital: Organisation) -> None:
    """Give cards to most of its peers, and the numbers that its coordinator called."""
    serving = Supporter.objects.filter(organisation=hospital, status="active").select_related("person")
    for one in serving:
        if one.person.name in CARDS:
            nothing = rules.Sealed(os.urandom(seals.CARD_REFERENCE_BYTES), None, None)
            actions.show_card(one.facts(), shown(hospital, CARDS[one.person.name]), nothing)
    resources.own(hospital, OWN)
