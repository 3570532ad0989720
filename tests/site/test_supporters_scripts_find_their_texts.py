"""Scripts hold no sentence: each key they ask for stands on every page that runs them."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from tests.help_requests.sealed import ask, sealed_world
from tests.world import sign_in

pytestmark = pytest.mark.django_db
PAGES = Path(__file__).resolve().parents[2] / "browser" / "src" / "pages"
# Which sources each page's script is made of (its own and what it imports), beside those that all three share.
SHARED = ("locked", "unlock", "texts", "server", "device", "weeks")
SCRIPTS = {
    "keys": (*SHARED, "enrolment"),
    "inbox": (*SHARED, "opened", "asked", "refresh"),
    "request": (*SHARED, "opened", "asked", "refresh"),
}
# Keys put together from a code or a payload, by their beginning.
MADE = {
    "words.": ("words.count", "words.unknown", "words.order", "words.other"),
    "fail.": ("fail.offline", "fail.signed-out", "fail.gone", "fail.cannot-open", "fail.bad-wrap", "fail.unexpected"),
    "how.": ("how.call", "how.text", "how.email", "how.here"),
    "do.": ("do.call", "do.text", "do.email"),
    "referral.": ("referral.colleague", "referral.manager"),
    "offer.": ("offer.call", "offer.text", "offer.email"),
    "label.": ("label.when", "label.about", "label.wishes", "label.words"),
    "title.": ("title.enrol", "title.words", "title.confirm", "title.ready", "title.locked"),
    "from.": ("from.theirs", "from.ours"),
}
# The summary on a card is made of the same sources and says less.
ONLY_ON_THE_REQUEST = {f"label.{name}" for name in ("how", "reach", "asks", "who", "by")} | {
    "named.yes",
    "named.no",
    "who.show",
}


def keys_of(script: str) -> set[str]:
    sources = [PAGES / f"{script}.ts", *(PAGES / "team" / f"{name}.ts" for name in SCRIPTS[script])]
    code = "".join(source.read_text() for source in sources)
    wanted = set(re.findall(r'say\("([^"]+)"', code))
    for beginning in re.findall(r"say\(\s*`([a-z]+\.)\$", code):
        wanted |= set(MADE[beginning])
    if 'payload.referral ? "offer" : "how"' in code:
        wanted |= {*MADE["offer."], *MADE["how."]}
    return wanted


def parts_of(script: str) -> set[str]:
    sources = [PAGES / f"{script}.ts", PAGES / "team" / "locked.ts"]
    return set(re.findall(r'part(?:<\w+>)?\("([^"]+)"', "".join(source.read_text() for source in sources)))


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_text_and_every_part_stands_on_the_page(script: str, clock: object, db: None) -> None:
    world, _ring = sealed_world()
    member = ask(world, how="call")
    client = sign_in(Client(), world.renee)
    address = reverse(f"in_{script}", args=[member.id] if script == "request" else [])
    if script == "request":
        client.post(reverse("in_accept", args=[member.id]))
    page = client.get(address).content.decode()
    texts = set(re.findall(r'<template data-text="([^"]+)">', page))
    assert len(keys_of(script)) > 5
    # The summary on an inbox card is shorter than the request itself, and needs fewer labels.
    wanted = keys_of(script) - (
        set(MADE["label."]) | ONLY_ON_THE_REQUEST | set(MADE["do."]) if script == "inbox" else set()
    )
    assert wanted <= texts
    assert parts_of(script) - {"summary"} <= set(re.findall(r'data-part="([^"]+)"', page))
