"""French is complete: the catalogue, the content, and no English sentence left on a page in French."""

import html
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from alongside.accounts.models import Organisation, Person
from alongside.content import guides, load
from tests.help_requests.sealed import ask, sealed_world
from tests.world import World, sign_in

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = Path("alongside/site/locale/fr/LC_MESSAGES/django.po")
CONTENT = ROOT / "alongside" / "content"
TABLES = sorted(path.relative_to(CONTENT).as_posix() for path in CONTENT.rglob("*.toml"))
SHARED_TABLES = [name for name in TABLES if not name.startswith(("en/", "fr/"))]
TWINS = sorted(path.name for path in (CONTENT / "en").iterdir())

# What a sentence leaves open: %(name)s and %s, {name}, and the little markup that a message may hold.
PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+>")
# A straight apostrophe between letters, a breaking space before : ; ? ! », none where one belongs, or one after «.
BAD_TYPE = re.compile(r"\w'\w| [:;?!»](?!\w)|\w[;?!»](?=\s|$)|\w:\s|«[^\u00a0]|\"")
# Shorter ones are names and single words that both languages share.
SENTENCE = 20


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source)


@pytest.fixture(scope="module")
def french() -> list[Message]:
    return [message for message in catalogue(ROOT / CATALOGUE) if message.id]


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def places(text: str) -> list[str]:
    return sorted(PLACE.findall(text))


# --- the catalogue -----------------------------------------------------------------------------------------------


@pytest.mark.req("A-29")
def test_no_message_is_untranslated_or_unsure(french: list[Message]) -> None:
    assert len(french) > 500
    assert [message.id for message in french if not all(map(str.strip, forms(message.string) or ("",)))] == []
    assert [message.id for message in french if message.fuzzy] == []
    assert [message.id for message in french if len(forms(message.string)) != 1 + message.pluralizable] == []


@pytest.mark.req("A-29")
def test_zero_and_one_are_singular_in_french() -> None:
    found = catalogue(ROOT / CATALOGUE)
    assert not found.obsolete
    assert (found.num_plurals, found.plural_expr) == (2, "(n > 1)")


@pytest.mark.req("A-29")
def test_both_languages_fill_in_the_same_things(french: list[Message]) -> None:
    wrong = []
    for message in french:
        english, spoken = forms(message.id), forms(message.string)
        # French says one for zero too, so its singular may carry the number that English leaves out.
        allowed = [places(text) for text in english]
        if places(spoken[-1]) != allowed[-1] or any(places(text) not in allowed for text in spoken):
            wrong.append((english, spoken))
    assert wrong == []


@pytest.mark.req("A-29")
def test_french_is_set_as_french(french: list[Message]) -> None:
    texts = [text for message in french for text in forms(message.string)]
    texts += [words["fr"] for name in SHARED_TABLES for words in pairs(load.toml(name)) if isinstance(words["fr"], str)]
    bad = [(found.group(), text) for text in texts if (found := BAD_TYPE.search(PLACE.sub("x", text)))]
    assert bad == []


@pytest.mark.req("A-29")
def test_no_code_translates_under_a_name_that_the_collector_does_not_know() -> None:
    renamed = re.compile(r"\bn?p?gettext(?:_lazy)? as (?!_\b)\w+")
    found = {path.name: renamed.findall(path.read_text()) for path in (ROOT / "alongside").rglob("*.py")}
    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.req("A-29")
def test_the_catalogue_has_every_message_of_the_code_and_no_other(french: list[Message], tmp_path: Path) -> None:
    if not (shutil.which("xgettext") and shutil.which("msgmerge")):
        pytest.skip("GNU gettext is not installed: nothing here can collect the messages of the code")
    # A copy, because collecting writes into the tree. What is extracted is what `make messages` extracts.
    unwanted = shutil.ignore_patterns("__pycache__", "build", "static_collected", "*.mo", "*.po")
    shutil.copytree(ROOT / "alongside", tmp_path / "alongside", ignore=unwanted)
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--settings", "alongside.site.settings", "--locale", "fr"],
        cwd=tmp_path / "alongside",
        env={**os.environ, "PYTHONPATH": str(tmp_path), "ALONGSIDE_SECRET_KEY": "x" * 50, "DJANGO_SETTINGS_MODULE": ""},
        check=True,
        capture_output=True,
    )
    wanted = {forms(message.id) for message in catalogue(tmp_path / CATALOGUE) if message.id}
    there = {forms(message.id) for message in french}
    assert sorted(wanted - there) == [], "run: make messages"
    assert sorted(there - wanted) == [], "run: make messages"


# --- the content -------------------------------------------------------------------------------------------------


def pairs(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every table that holds words in a language."""
    if isinstance(node, dict):
        spoken = [node[language] for language in load.LANGUAGES if language in node]
        if any(isinstance(words, dict) for words in spoken):
            # Several words a language, each under its name.
            yield from ({language: node[language].get(name, "") for language in load.LANGUAGES} for name in spoken[0])
        elif spoken:
            yield node
        for inner in node.values():
            yield from pairs(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from pairs(inner)


def said(words: Any) -> list[str]:
    return list(words) if isinstance(words, list) else [words]


@pytest.mark.req("A-29")
@pytest.mark.parametrize("name", SHARED_TABLES)
def test_every_text_of_a_table_is_there_in_both_languages(name: str) -> None:
    for words in pairs(load.toml(name)):
        assert set(load.LANGUAGES) <= words.keys(), words
        assert len(said(words["en"])) == len(said(words["fr"])), words
        assert all(text.strip() for language in load.LANGUAGES for text in said(words[language])), words


@pytest.mark.req("A-29")
def test_every_file_of_one_language_has_its_twin_in_the_other() -> None:
    assert sorted(path.name for path in (CONTENT / "fr").iterdir()) == TWINS
    named = {f"{key}.md" for key in (*guides.MEMBER_GUIDES, *guides.TEAM_GUIDES, guides.AGREEMENT)}
    named |= {f"{key}.md" for key in (*guides.MANAGER_GUIDES, guides.MANAGERS_RULES)}
    assert {name for name in TWINS if name.endswith(".md")} == named


@pytest.mark.req("A-29")
@pytest.mark.parametrize("name", [name for name in TWINS if name.endswith(".toml")])
def test_twin_tables_have_the_same_keys(name: str) -> None:
    english, french = load.toml(f"en/{name}"), load.toml(f"fr/{name}")
    assert list(english) == list(french)
    assert [list(entry) for entry in english.values()] == [list(entry) for entry in french.values()]


@pytest.mark.req("A-29")
@pytest.mark.parametrize("key", [*guides.MEMBER_GUIDES, *guides.TEAM_GUIDES, guides.AGREEMENT])
def test_a_guide_is_built_alike_and_reviewed_by_the_same_day(key: str) -> None:
    english, french = guides.guide(key, "en"), guides.guide(key, "fr")
    shape = [re.findall(r"<(h2|li|blockquote|p|strong)>", guide.html) for guide in (english, french)]
    assert shape[0] == shape[1]
    for part in ("review_by", "licence", "version", "oldest_valid"):
        assert getattr(english, part) == getattr(french, part)
    for part in ("title", "summary", "owner", "source", "html"):
        assert getattr(english, part) != getattr(french, part)
    assert BAD_TYPE.findall(re.sub(r"<[^>]+>", "", html.unescape(french.html))) == []


# --- the pages ---------------------------------------------------------------------------------------------------

MEMBER_PAGES = [
    "",
    "now",
    "limits",
    "ask",
    "back",
    "choose",
    "colleague",
    *(f"guides/{k}" for k in guides.MEMBER_GUIDES),
]
TEAM_PAGES = {
    "renee": ["team/", "team/me", "team/me/agreement", "team/me/contact", "team/keys", "enter/security/"],
    "hana": [
        *("coordinate/", "coordinate/rota", "coordinate/rota/enter", "coordinate/team", "coordinate/team/invite"),
        *("coordinate/settings", "coordinate/settings/urgent_second", "coordinate/settings/programme"),
        "coordinate/audit",
    ],
    "anne": ["lead/"],
    "okafor": ["manage/"],
    "nico": [""],
    "priya": ["operate/", "operate/organisations", "operate/organisations/pine/invite"],
}
STRANGERS_PAGES = ["login/", "password/reset/", "password/reset/sent/", "signed-out", "invitation/used"]
SAYS_NO = {"/in/": 404, "/in/enter/invitation/used": 410}


@pytest.fixture
def cast(clock: object, db: None) -> World:
    return sealed_world()[0]


@pytest.fixture(scope="module")
def english_sentences(french: list[Message]) -> set[str]:
    """Return the pieces of text that only English has: between the places that are filled in, longer than a name."""
    both = [(forms(message.id), forms(message.string)) for message in french]
    for name in SHARED_TABLES:
        both += [(tuple(said(words["en"])), tuple(said(words["fr"]))) for words in pairs(load.toml(name))]
    return {
        piece.strip()
        for english, spoken in both
        for text in english
        for piece in PLACE.split(text)
        if len(piece.strip()) > SENTENCE and not any(piece.strip() in other for other in spoken)
    }


def left_in_english(page: str, sentences: set[str]) -> list[str]:
    shown = re.sub(r"\s+", " ", html.unescape(page))
    return sorted(sentence for sentence in sentences if sentence in shown)


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == SAYS_NO.get(path, 200), path
    return answer.content.decode()


@pytest.mark.req("A-29")
@pytest.mark.parametrize("name", MEMBER_PAGES)
def test_a_member_page_in_french_says_nothing_in_english(name: str, cast: World, english_sentences: set[str]) -> None:
    # The same look finds the English of the English page, so it would find it here.
    assert len(left_in_english(page_of(Client(), f"/ask/pine/en/{name}"), english_sentences)) >= 4
    page = page_of(Client(), f"/ask/pine/fr/{name}")
    assert '<html lang="fr">' in page
    assert left_in_english(page, english_sentences) == [], "if the catalogue has them, run: make build"


@pytest.mark.req("A-29")
def test_the_public_register_in_french_says_nothing_in_english(cast: World, english_sentences: set[str]) -> None:
    assert len(left_in_english(page_of(Client(), "/kept/en"), english_sentences)) > 40
    assert left_in_english(page_of(Client(), "/kept/fr"), english_sentences) == []


@pytest.mark.req("A-29")
@pytest.mark.parametrize("name", TEAM_PAGES)
def test_the_pages_of_a_role_in_french_say_nothing_in_english(
    name: str, cast: World, english_sentences: set[str]
) -> None:
    who = cast.everybody()[name]
    client = sign_in(Client(), who, fresh=True)
    Person.objects.filter(pk=who.pk).update(language="fr")
    paths = [f"/in/{path}" for path in TEAM_PAGES[name]]
    if name == "renee":
        paths.append(f"/in/team/requests/{ask(cast).id}")
    found = {path: left_in_english(page_of(client, path), english_sentences) for path in paths}
    assert {path: left for path, left in found.items() if left} == {}
    Person.objects.filter(pk=who.pk).update(language="en")
    assert all(left_in_english(page_of(client, path), english_sentences) for path in paths)


@pytest.mark.req("A-29")
@pytest.mark.parametrize("name", STRANGERS_PAGES)
def test_the_way_in_speaks_the_language_of_the_browser(name: str, cast: World, english_sentences: set[str]) -> None:
    path = f"/in/enter/{name}"
    assert (
        left_in_english(page_of(Client(headers={"Accept-Language": "fr-CA,fr;q=0.9"}), path), english_sentences) == []
    )
    assert left_in_english(page_of(Client(headers={"Accept-Language": "en-CA"}), path), english_sentences)


@pytest.mark.req("A-29")
def test_a_closed_organisation_says_so_in_french(cast: World, english_sentences: set[str]) -> None:
    Organisation.objects.filter(pk=cast.pine.pk).update(open=False)
    answer = Client().get("/ask/pine/fr/")
    assert answer.status_code == 410
    assert left_in_english(answer.content.decode(), english_sentences) == []
    assert left_in_english(Client().get("/ask/pine/en/").content.decode(), english_sentences)


@pytest.mark.req("A-29")
def test_short_dates_are_written_as_in_french(cast: World) -> None:
    with translation.override("fr"):
        june, july = (date_format(date(2026, month, 1), gettext("D j M")) for month in (6, 7))
    assert (june, july) == ("lun. 1 juin", "mer. 1 juil.")
    hana = cast.everybody()["hana"]
    client = sign_in(Client(), hana, fresh=True)
    short = re.compile(r"\b(?:lun|mar|mer|jeu|ven|sam|dim)\. \d+ \w+\.?, \d\d:\d\d")
    assert not short.search(page_of(client, "/in/coordinate/rota"))
    Person.objects.filter(pk=hana.pk).update(language="fr")
    assert short.search(page_of(client, "/in/coordinate/rota"))
