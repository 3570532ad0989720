"""Cards for most of Pine County's supporters, sealed as their devices would with the code of the demonstration's
poster.
"""

import json
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from alongside.accounts.models import Office, Organisation
from alongside.directory import actions, rules
from alongside.sealing import queries as sealing
from alongside.sealing import rules as seals
from alongside.site.demo.poster import POSTER_CODE
from alongside.team.models import Supporter

NONCE, TAG = 12, 16

# Of each: line of work, rank, languages, gender, lived experience, channels, whether the office is named, offices led.
Card = tuple[str, str, tuple[str, ...], str, tuple[str, ...], tuple[str, ...], bool, tuple[str, ...]]
CARDS: dict[str, Card] = {
    "Marcus Bell": ("police", "front", ("en",), "man", ("hard-call", "sober"), ("call", "text"), True, ()),
    "Renée Dubois": (
        "dispatch",
        "front",
        ("en", "fr"),
        "woman",
        ("children", "parent"),
        ("call", "text", "email"),
        False,
        (),
    ),
    "Ana Ruiz": (
        "court",
        "civilian",
        ("en", "es"),
        "woman",
        ("separation", "getting-help"),
        ("call", "meet"),
        True,
        (),
    ),
    "Cy Novak": ("corrections", "lead", ("en",), "man", ("hurt-at-work", "time-off"), ("call",), True, ("Jail",)),
    "Dee Okoro": (
        "police",
        "lead",
        ("en",),
        "",
        ("used-weapon", "complaint", "military"),
        ("text", "meet"),
        False,
        ("North station",),
    ),
    "Fay Lindqvist": (
        "corrections",
        "front",
        ("en",),
        "woman",
        ("lost-colleague", "getting-help"),
        ("call", "email"),
        False,
        (),
    ),
}


def fill() -> None:
    """Give cards to the supporters who have keys; one of them has none, so that the page shows that too."""
    rows = Supporter.objects.filter(status="active").select_related("person", "organisation")
    serving = {one.person.name: one for one in rows}
    for number, (name, card) in enumerate(CARDS.items()):
        first, row = name.split()[0], serving[name]
        facts = shown(row.organisation, card)
        address = f"{row.person.email.partition('@')[0]}@home.example" if "email" in facts.channels else ""
        details = {"name": first, "phone": f"218 555 01{10 + number}", "email": address, "picture": ""}
        vouch = sealing.vouch_keys([row.person_id])[row.person_id]
        actions.show_card(row.facts(), facts, seal(first, details, vouch))


def shown(organisation: Organisation, card: Card) -> rules.Shown:
    """Return what everybody sees of a card, with the offices of its organisation."""
    discipline, band, languages, gender, tags, channels, office_shown, over = card
    offices = dict(Office.objects.filter(organisation=organisation).values_list("name", "id"))
    return rules.Shown(
        discipline=discipline,
        band=band,
        office_shown=office_shown,
        languages=languages,
        gender=gender,
        tags=tags,
        channels=channels,
        over=tuple(offices[office] for office in over),
    )


def seal(name: str, details: dict[str, str], vouch: bytes) -> rules.Sealed:
    """Return name and details sealed with the demonstration's code, bound to the supporter's own vouching key
    (browser/src/core/cards.ts).
    """
    reference = os.urandom(seals.CARD_REFERENCE_BYTES)
    text = json.dumps(details).encode()
    plain = (len(text).to_bytes(2) + text).ljust(seals.CARD_DETAILS_BYTES - TAG, b"\0")
    padded = name.encode().ljust(seals.CARD_NAME_BYTES - TAG, b"\0")
    sealed = (
        _sealed("alongside card name v1", padded, reference, reference),
        _sealed("alongside card details v1", plain, reference, reference + vouch),
    )
    return rules.Sealed(reference, *sealed)


def _sealed(info: str, plain: bytes, reference: bytes, bound: bytes) -> bytes:
    key = HKDF(SHA256(), 32, salt=None, info=info.encode()).derive(POSTER_CODE)
    return AESGCM(key).encrypt(reference[:NONCE], plain, bound)
