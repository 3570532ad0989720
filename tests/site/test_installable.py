"""What an installed page is told: a neutral card, and a worker that keeps what is there and nothing else."""

import json
import re

import pytest
from django.test import Client

from alongside.accounts.models import Organisation
from alongside.site import installable
from tests.help_requests.sealed import sealed_world
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db
TELLING = r"peer|pair|support|soutien|help|aide|crisis|crise|mental|alongside|aupr[eè]s|pine"


@pytest.fixture
def cast(clock: object, db: None) -> World:
    return sealed_world()[0]


def card(language: str = "en") -> dict[str, object]:
    return dict(json.loads(Client().get(f"/ask/pine/{language}/app.webmanifest").content))


def shell(slug: str = "pine") -> dict[str, list[str]]:
    code = Client().get(f"/ask/{slug}/sw.js").content.decode()
    first, _, _ = code.partition("\n")
    return dict(json.loads(first.removeprefix("self.shell=").removesuffix(";")))


@pytest.mark.req("K-36")
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_home_screen_shows_the_neutral_title_and_no_hint_of_a_purpose(language: str, cast: World) -> None:
    found = card(language)
    assert (found["name"], found["short_name"], found["lang"]) == ("Shift info", "Shift info", language)
    assert not re.search(TELLING, f"{found['name']} {found['short_name']}", re.IGNORECASE)
    assert found["start_url"] == f"/ask/pine/{language}/"
    assert found["scope"] == "/ask/pine/"
    assert "?" not in json.dumps(found), "an installed page says nothing of being one"


def test_the_icons_are_pictures_of_their_size(cast: World) -> None:
    icons = card()["icons"]
    assert isinstance(icons, list)
    assert {(one["sizes"], one["purpose"]) for one in icons} == {
        (f"{size}x{size}", purpose) for size in (192, 512) for purpose in ("any", "maskable")
    }
    for one in icons:
        data = installable._read(one["src"].removeprefix("/static/"))
        assert data.startswith(b"\x89PNG")
        assert f"{int.from_bytes(data[16:20])}x{int.from_bytes(data[20:24])}" == one["sizes"]


@pytest.mark.req("A-25", "D-04")
def test_the_worker_is_told_what_there_is_and_never_what_must_not_be_kept(cast: World) -> None:
    found = shell()
    assert found["base"] == "/ask/pine"
    assert {"", "now", "limits", "ask", "back", "colleague", "guides/early-signs", "guides/manager-card"} <= set(
        found["pages"]
    )
    for page in found["pages"]:
        assert Client().get(f"/ask/pine/fr/{page}").status_code == 200, page
    for file in found["files"]:
        assert installable._read(file.removeprefix("/static/")), file
    everything = " ".join([*found["pages"], *found["files"], *found["data"]])
    assert not re.search(r"candidates|requests|progress|box|blocks|/in/", everything)


@pytest.mark.req("K-26", "M-24")
def test_the_worker_is_the_same_for_everybody_and_each_organisation_has_its_own(cast: World) -> None:
    Organisation.objects.create(slug="oak", name="Oak", neutral_title="Notes", language="en", pack="generic-us")
    stranger, supporter = Client().get("/ask/pine/sw.js"), sign_in(Client(), cast.renee).get("/ask/pine/sw.js")
    assert stranger.content == supporter.content
    assert stranger.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert not stranger.cookies
    assert "Service-Worker-Allowed" not in stranger.headers, "its place is its reach"
    assert shell("oak")["base"] == "/ask/oak"
    assert "pine" not in Client().get("/ask/oak/sw.js").content.decode()


@pytest.mark.parametrize("path", ["/ask/nowhere/sw.js", "/ask/nowhere/en/app.webmanifest", f"/ask/{'x' * 41}/sw.js"])
def test_there_is_none_for_an_organisation_that_is_none(path: str, cast: World) -> None:
    assert Client().get(path).status_code == 404
    assert Client().get("/ask/pine/de/app.webmanifest").status_code == 404
    assert Client().post("/ask/pine/sw.js").status_code == 405


def test_another_file_makes_another_release(cast: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shell()["release"]
    read = installable._read
    installable._built.cache_clear()
    monkeypatch.setattr(installable, "_read", lambda name: read(name) + (b" " if name.endswith("main.css") else b""))
    after = installable._built()[2]
    installable._built.cache_clear()
    assert re.fullmatch(r"[0-9a-f]{12}", after)
    assert before != after
