"""What member pages say: limits from the pack in force, guides, numbers, and nothing that must not be claimed."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.test import Client

from alongside.accounts.models import Organisation
from alongside.content import asking, guides, law, load
from alongside.content.law import reading
from tests.help_requests.sealed import sealed_world
from tests.world import World

SITE = Path(load.__file__).resolve().parents[1] / "site"
CONTENT = Path(load.__file__).resolve().parent
STYLES = Path(__file__).resolve().parents[2] / "browser" / "styles"
# privacy.md, "Must not be claimed, anywhere".
CLAIMS = r"zero.knowledge|securely erased|military.grade|privileged|hipaa|quantum.safe|\baudited\b|subpoena.proof"


@pytest.fixture
def cast(clock: object, db: None) -> World:
    return sealed_world()[0]


def own_texts() -> list[Path]:
    return [
        SITE / "templates" / "base.html",
        *(SITE / "templates" / "ask").rglob("*.html"),
        *(SITE / "templates" / "public").rglob("*.html"),
        *(SITE / "templates" / "parts").rglob("*.html"),
        *CONTENT.rglob("*.md"),
        *(CONTENT / "packs").glob("*.toml"),
        CONTENT / "about.toml",
        CONTENT / "referrals.toml",
    ]


@pytest.mark.parametrize("file", own_texts(), ids=lambda file: file.name)
def test_no_text_claims_what_cannot_be_kept(file: Path) -> None:
    text = file.read_text()
    assert not re.search(CLAIMS, text, re.IGNORECASE)
    assert not re.search(r"\banonym", text, re.IGNORECASE)


@pytest.mark.req("A-24", "K-06", "K-07", "K-08", "K-13")
@pytest.mark.parametrize("key", law.packs())
@pytest.mark.parametrize("language", load.LANGUAGES)
def test_every_pack_names_what_every_place_has(key: str, language: str) -> None:
    pack = law.pack(key, language)
    assert {limit.key for limit in pack.exceptions} >= law.EVERYWHERE
    assert any(limit.mandated for limit in pack.exceptions)
    assert all(limit.short and limit.scope and limit.requirement for limit in pack.exceptions)
    assert pack.locale.startswith(language)
    assert law.crisis_lines(pack.country, language)


@pytest.mark.req("A-24", "K-32")
def test_the_limits_page_is_the_pack_in_force(cast: World) -> None:
    Organisation.objects.filter(slug="lake").update(pack="generic-ca")
    for slug, key in (("pine", "generic-us"), ("lake", "generic-ca")):
        page = Client().get(f"/ask/{slug}/en/limits").content.decode()
        pack = law.pack(key, "en")
        for limit in pack.exceptions:
            assert limit.short.replace("'", "&#x27;") in page
            assert limit.scope.replace("'", "&#x27;") in page
        assert pack.court in page
        assert pack.higher_law in page
    assert "also through alcohol or drugs" in page
    ask = Client().get("/ask/pine/en/ask").content.decode()
    assert "the 4 exceptions" in ask


def test_an_unknown_pack_falls_back_to_the_strict_general_one(cast: World) -> None:
    Organisation.objects.filter(slug="pine").update(pack="withdrawn")
    page = Client().get("/ask/pine/en/limits").content.decode()
    assert law.pack("generic-us", "en").exceptions[0].short.replace("'", "&#x27;") in page


def test_a_pack_past_its_review_says_so(cast: World, clock) -> None:  # type: ignore[no-untyped-def]
    assert "should have been looked at again" not in Client().get("/ask/pine/en/limits").content.decode()
    clock.forward(days=400)
    assert "should have been looked at again" in Client().get("/ask/pine/en/limits").content.decode()


@pytest.mark.req("A-24", "I-24")
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"exceptions": []}, "leaves out"),
        ({"court": {"en": "What you say is privileged.", "fr": "x"}}, "promises too much"),
        ({"court_protection": True}, "without saying whom"),
    ],
)
def test_a_pack_that_promises_more_is_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(law.BadPack, match=why):
        reading.read_place({**load.toml("packs/generic-us.toml"), **change}, "en")


@pytest.mark.req("A-25", "A-33")
def test_only_the_two_verified_lines_ship_switched_on() -> None:
    on = {line.dial for line in law.lines("en") if line.enabled}
    assert on == {"911", "988"}
    for line in law.lines("fr"):
        assert line.source
        assert line.expires_on == line.verified_on + timedelta(days=180)
        assert not line.expired(line.expires_on)
        assert line.expired(line.expires_on + timedelta(days=1))


def test_an_expired_line_of_the_crisis_block_still_shows() -> None:
    assert [line.dial for line in law.crisis_lines("us", "en")] == ["911", "988"]
    assert all(line.expired(date(2099, 1, 1)) for line in law.crisis_lines("us", "en"))


@pytest.mark.req("A-22", "A-26", "B-29")
def test_guides_are_there_in_both_languages_and_ask_directly() -> None:
    for key in guides.MEMBER_GUIDES:
        for language in load.LANGUAGES:
            guide = guides.guide(key, language)
            assert guide.html.startswith(("<p>", "<h2>"))
            assert guide.review_by > date(2026, 11, 22)
    assert "Are you thinking about killing yourself?" in guides.guide("open-the-talk", "en").html
    assert "not a replacement for one" in guides.guide("what-a-peer-is", "en").html
    with pytest.raises(KeyError):
        guides.guide("../en/messages", "en")


@pytest.mark.req("A-23")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Nobody judges you.", "cannot see who asks", "You are not alone", "there is no shame in it")),
        ("fr", ("Personne ne vous juge.", "ne voient pas qui", "D’autres sont là pour vous", "aucune honte")),
    ],
)
def test_the_first_page_says_no_judgement_private_not_alone_no_shame(
    cast: World, language: str, words: tuple[str, ...]
) -> None:
    shown = " ".join(Client().get(f"/ask/{cast.pine.slug}/{language}/").content.decode().split())
    assert [one for one in words if one not in shown] == []


def test_markup_in_a_guide_is_shown_as_text() -> None:
    from markdown_it import MarkdownIt

    assert "<script>" not in MarkdownIt("commonmark", {"html": False}).render("<script>x</script>")


def test_topics_are_keys_that_a_sealed_payload_may_carry() -> None:
    keys = [topic.key for topic in asking.topics("en")]
    assert len(keys) <= 24
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,63}", key) for key in keys)
    assert keys == [topic.key for topic in asking.topics("fr")]


@pytest.mark.req("K-33")
@pytest.mark.parametrize("language", load.LANGUAGES)
def test_the_kept_page_shows_every_table_and_column(language: str) -> None:
    page = Client().get(f"/kept/{language}").content.decode()
    register = load.retention()
    assert len(register.tables) > 15
    for table in register.tables:
        assert f'<code class="quiet">{table.name}</code>' in page
        block = page.split(f"{table.name}</code></summary>", 1)[1].split("</article>")[0]
        assert [column.name for column in table.columns] == re.findall(r'row"><code>(\w+)</code>', block)


# --- the look ----------------------------------------------------------------------------------------------------


def colours() -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+-(?:day|night)): (#[0-9a-f]{6});", (STYLES / "tokens.css").read_text()))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2.2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


TEXT_ON = [
    *((ink, ground) for ink in ("ink", "quiet", "accent", "urgent", "late", "good") for ground in ("paper", "card")),
    *(("ink", f"{tint}-soft") for tint in ("accent", "urgent", "late", "good")),
    *(("quiet", f"{tint}-soft") for tint in ("accent", "urgent", "late", "good")),
    *((tint, f"{tint}-soft") for tint in ("accent", "urgent", "late", "good")),
    ("accent-strong", "paper"),
    ("accent-strong", "card"),
    ("on-fill", "fill"),
    ("on-fill", "fill-strong"),
]
EDGES_ON = [(edge, ground) for edge in ("edge", "accent", "fill") for ground in ("paper", "card")]


@pytest.mark.parametrize("scheme", ["day", "night"])
def test_text_is_readable_in_both_schemes(scheme: str) -> None:
    colour = colours()
    for ink, ground in TEXT_ON:
        assert contrast(colour[f"{ink}-{scheme}"], colour[f"{ground}-{scheme}"]) >= 4.5, (ink, ground)
    for edge, ground in EDGES_ON:
        assert contrast(colour[f"{edge}-{scheme}"], colour[f"{ground}-{scheme}"]) >= 3, (edge, ground)


def test_every_colour_stands_in_the_tokens_only() -> None:
    own = [STYLES / f"{name}.css" for name in ("base", "member", "team")]
    for sheet in [*own, *(STYLES / "parts").glob("*.css")]:
        rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
        assert not re.search(r"#[0-9a-f]{3,8}\b", rules), sheet.name


def test_every_colour_has_a_day_and_a_night_value_and_all_three_ways_to_choose() -> None:
    sheet = (STYLES / "tokens.css").read_text()
    names = {name.rsplit("-", 1)[0] for name in colours()}
    assert len(names) > 15
    for name in names:
        assert f"--{name}: var(--{name}-day);" in sheet
        assert f"--{name}: var(--{name}-night);" in sheet
        assert f"--{name}: light-dark(var(--{name}-day), var(--{name}-night));" in sheet


def test_no_sheet_fetches_anything() -> None:
    for sheet in STYLES.rglob("*.css"):
        assert "url(" not in sheet.read_text(), sheet.name
        assert "@font-face" not in sheet.read_text(), sheet.name
