"""A pack that lacks something, promises too much or is dated wrongly is refused, in words for whoever writes it."""

import copy
import re
import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from alongside.content import law, load
from alongside.content.law import checking, reading

PACKS = Path(load.__file__).resolve().parent / "packs"
Broken = dict[str, Any]


def source(key: str = "mn") -> Broken:
    return copy.deepcopy(dict(load.toml(f"packs/{key}.toml")))


def exception(pack: Broken, key: str) -> Broken:
    found: Broken = next(one for one in pack["exceptions"] if one["key"] == key)
    return found


def without(pack: Broken, key: str) -> None:
    pack["exceptions"] = [one for one in pack["exceptions"] if one["key"] != key]


BREAKS: list[tuple[Callable[[Broken], Any], str]] = [
    (lambda p: without(p, "danger"), "leaves out the exceptions ['danger']"),
    (lambda p: without(p, "maltreatment"), "leaves out the exceptions ['maltreatment']"),
    (lambda p: without(p, "law"), "leaves out the exceptions ['law']"),
    (lambda p: without(p, "consent"), "leaves out the exceptions ['consent']"),
    (lambda p: exception(p, "danger").update(optional=True), "leaves out the exceptions ['danger']"),
    (lambda p: exception(p, "maltreatment").update(mandated=False), "does not say what must be reported"),
    (lambda p: exception(p, "maltreatment").update(optional=True), "what must be reported is not optional"),
    (lambda p: exception(p, "maltreatment").pop("lines"), "names no line to which it is reported"),
    (lambda p: exception(p, "danger").update(call="none"), "a life in danger is for 911"),
    (lambda p: exception(p, "danger").update(call="999"), "call is one of"),
    (lambda p: exception(p, "law").update(on_by_default=False), "only an optional exception can be off"),
    (lambda p: exception(p, "law").update(key="gossip"), "unknown exception gossip"),
    (lambda p: exception(p, "law").update(key="consent"), "has the exception consent twice"),
    (lambda p: exception(p, "law").pop("requirement"), "leaves out ['requirement']"),
    (lambda p: exception(p, "law").update(shrot={"en": "x", "fr": "x"}), "unknown keys ['shrot']"),
    (lambda p: exception(p, "law")["short"].pop("fr"), "is missing in fr"),
    (lambda p: exception(p, "law")["scope"].update(fr="  "), "is missing in fr"),
    (lambda p: exception(p, "law").update(scope="in one language"), "is no text in two languages"),
    (lambda p: exception(p, "maltreatment")["lines"][0].pop("say"), "leaves out ['say']"),
    (lambda p: exception(p, "law").update(citations=["42"]), "cites ['42'], which it does not list"),
    (lambda p: exception(p, "danger").update(mandated="yes"), "is neither true nor false"),
    (lambda p: p.update(exceptions="none"), "is no list of tables"),
    (lambda p: p.update(recording=True), "has unknown keys ['recording']"),
    (lambda p: p.pop("court"), "leaves out ['court']"),
    (lambda p: p["court"].pop("fr"), "court is missing in fr"),
    (lambda p: p["court"].update(de="x"), "unknown languages ['de']"),
    (lambda p: p["unknown"][0].pop("fr"), "unknown is missing in fr"),
    (lambda p: p["papers"].pop("death"), "leaves out ['death']"),
    (lambda p: p.update(protected=[]), "without saying whom the law protects"),
    (lambda p: p["protected"][0].update(citations=[]), "promises protection without citing the law"),
    (lambda p: p["protected"][0].update(citations=["173"]), "cites ['173'], which it does not list"),
    (lambda p: p["citations"][0].update(where=" "), "does not say where 181.9731 was seen"),
    (lambda p: p["citations"][0].update(seen="surely"), "does not say where 181.9731 was seen"),
    (lambda p: p["citations"].append(p["citations"][0]), "cites 181.9731 twice"),
    (lambda p: p.update(duties=p["duties"][1:]), "says nothing of the duties ['witness']"),
    (lambda p: p.update(review_by=p["written_on"]), "looked at again before it was written"),
    (lambda p: p.update(review_by=date(2036, 1, 1)), "not looked at again within a year"),
    (lambda p: p.update(review_by="soon"), "review_by is no date"),
    (lambda p: p.update(effective_until=date(2020, 1, 1)), "ends before it begins"),
    (lambda p: p.update(effective_from=date(1995, 1, 1), effective_until=date(2020, 7, 1)), "had ended when it was"),
    (lambda p: p.update(format=2), "written in format 2"),
    (lambda p: p.update(version=0), "has no version"),
    (lambda p: p.update(kind="layer"), "is a layer, not a place"),
    (lambda p: p.update(country="fr"), "a country without crisis lines"),
    (lambda p: p.update(layers=["eu"]), "unknown layer eu"),
    (lambda p: p["court"].update(en="Your talk is privileged."), "promises too much: ['privileged']"),
    (lambda p: p["court"].update(fr="C’est garanti."), "promises too much: ['garanti']"),
    (lambda p: exception(p, "law")["scope"].update(en="It will never be disclosed."), "promises too much"),
]


@pytest.mark.req("A-24", "I-24", "K-03", "K-06", "K-07", "K-08", "K-13")
@pytest.mark.parametrize(("broken", "says"), BREAKS, ids=[says[:40] for _broken, says in BREAKS])
def test_a_broken_pack_is_refused_and_says_what_is_wrong(broken: Callable[[Broken], Any], says: str) -> None:
    pack = source()
    broken(pack)
    with pytest.raises(law.BadPack) as refused:
        reading.read_place(pack, "en")
    assert says in str(refused.value)


def test_everything_that_is_missing_is_said_at_once() -> None:
    pack = source()
    del pack["court"], pack["papers"]["death"]
    pack["extra"] = 1
    with pytest.raises(law.BadPack) as refused:
        reading.read_place(pack, "en")
    assert len(refused.value.wrong) == 3


@pytest.mark.req("K-04")
def test_a_layer_adds_only_what_its_law_demands() -> None:
    layer = source("us-federal")
    layer["exceptions"][0]["optional"] = True
    with pytest.raises(law.BadPack, match="nothing optional"):
        reading.read_layer(layer, "en")


@pytest.mark.req("K-03", "K-31")
@pytest.mark.parametrize("file", sorted(PACKS.glob("*.toml")), ids=lambda file: file.stem)
def test_every_pack_that_ships_is_whole_and_its_text_is_honest_about_who_wrote_it(file: Path) -> None:
    pack = tomllib.loads(file.read_text())
    assert pack["key"] == file.stem
    assert list(checking.problems(pack, pack["kind"], law_layers())) == []
    assert pack["counsel"] is False
    assert "not reviewed by counsel" in pack["reviewed_by"]["en"]
    assert pack["review_by"] - pack["written_on"] <= timedelta(days=185)


def law_layers() -> tuple[str, ...]:
    return reading.keys("layer")


@pytest.mark.req("K-03")
def test_minnesota_cites_what_was_read_and_never_what_is_repealed() -> None:
    pack = law.pack("mn", "en")
    assert {"181.9731", "181.9732", "13.43", "13.02"} <= {one.key for one in pack.citations}
    assert pack.duty("witness").on
    assert pack.duty("witness").citations == ("181.9731", "181.9732")
    assert {one.key for one in pack.citations if one.seen != "text"} == {"181.9732", "13.43", "13.02"}
    texts = re.sub(r"#.*", "", (PACKS / "mn.toml").read_text())
    assert not re.search(r"181\.973(?![12])", texts)
    assert "30 hours" in pack.protections[0].training
    assert "hospital" in pack.protections[0].people


@pytest.mark.req("K-09", "K-10")
def test_minnesota_has_the_exceptions_of_its_guidelines_beside_those_of_every_place() -> None:
    keys = [one.key for one in law.pack("mn", "en").exceptions]
    assert keys == ["danger", "maltreatment", "law", "consent", "death-consent", "testimony"]


@pytest.mark.req("K-11", "K-12")
@pytest.mark.parametrize("language", load.LANGUAGES)
def test_ontario_promises_nothing_in_court_and_leaves_off_what_only_the_template_has(language: str) -> None:
    pack = law.pack("on", language)
    assert not pack.court_protection
    assert pack.protections == ()
    assert pack.citations == ()
    assert [one.key for one in pack.left_out] == ["emotional-abuse", "serious-mental-illness"]
    assert pack.exception("serious-self-harm") is not None
    assert {"en": "We know of no law", "fr": "Nous ne connaissons aucune loi"}[language] in pack.court


@pytest.mark.req("K-06", "K-07", "K-08", "K-13")
@pytest.mark.parametrize("key", law.packs())
def test_911_is_for_a_life_a_line_for_maltreatment_and_nobody_for_consent_or_a_court(key: str) -> None:
    pack = law.pack(key, "en")
    calls = {one.key: one.call for one in (*pack.exceptions, *pack.left_out)}
    assert calls["danger"] == "911"
    assert calls["maltreatment"] == "statutory"
    assert {calls.get(one, "none") for one in ("law", "consent", "death-consent", "testimony")} == {"none"}
    reported = pack.exception("maltreatment")
    assert reported is not None
    assert {line.key for line in reported.lines} == {"child", "adult"}
    # No office's number was seen: none is made up.
    assert [line.number for line in reported.lines] == ["", ""]
    assert all(len(line.say) >= 3 for line in reported.lines)


def test_an_unknown_pack_is_an_unknown_key() -> None:
    for key in ("nowhere", "../mn", "us-federal"):
        with pytest.raises(KeyError):
            law.pack(key, "en")
