"""Short guides: Markdown with a head of facts in TOML, rendered once."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from markdown_it import MarkdownIt

from alongside.content import load

MEMBER_GUIDES = ("early-signs", "open-the-talk", "what-a-peer-is")
TEAM_GUIDES = ("guide-first-words", "guide-crisis-card", "guide-limits-aloud", "guide-levels", "guide-asked")
AGREEMENT = "agreement"
_FENCE = "+++\n"


@dataclass(frozen=True)
class Guide:
    """One guide in one language; `html` holds headings, lists and quotations only: markup in the source is shown as
    text.
    """

    key: str
    title: str
    summary: str
    owner: str
    source: str
    licence: str
    review_by: date
    html: str
    version: int = 0
    oldest_valid: int = 0


def agreement_version() -> int:
    """Return the version of the agreement that is signed now (C-15). Its text and its number change together."""
    return guide(AGREEMENT, load.LANGUAGES[0]).version


def oldest_agreement() -> int:
    """Return the oldest signed version under which a supporter may still serve while others sign the newest."""
    return guide(AGREEMENT, load.LANGUAGES[0]).oldest_valid


@cache
def guide(key: str, language: str) -> Guide:
    """Return a guide; raises KeyError for one that is not there, ValueError when its head is missing or incomplete."""
    spoken = language if language in load.LANGUAGES else load.LANGUAGES[0]
    if key not in (*MEMBER_GUIDES, *TEAM_GUIDES, AGREEMENT):
        raise KeyError(key)
    text = files("alongside.content").joinpath(f"{spoken}/{key}.md").read_text(encoding="utf-8")
    if not text.startswith(_FENCE) or text.count(_FENCE) < 2:  # noqa: PLR2004
        raise ValueError(f"{spoken}/{key}.md has no head")
    head, body = text[len(_FENCE) :].split(_FENCE, 1)
    facts = tomllib.loads(head)
    if missing := {"title", "summary", "owner", "source", "licence", "review_by"} - facts.keys():
        raise ValueError(f"{spoken}/{key}.md says nothing of {sorted(missing)}")
    return Guide(key=key, html=MarkdownIt("commonmark", {"html": False}).render(body), **facts)
