"""`alongside pack`: lists the packs, checks one that somebody writes, gives one to an organisation."""

from pathlib import Path

import pytest

from alongside import cli
from alongside.accounts.models import AuditEntry
from alongside.content import law, load
from alongside.site import audit
from tests.world import World

PACKS = Path(load.__file__).resolve().parent / "packs"


@pytest.mark.req("K-03")
def test_it_lists_every_pack_with_its_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["pack"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == list(law.packs())
    assert all("2027-05-21" in line for line in listed)


def test_a_pack_that_ships_is_right_and_a_broken_one_is_told_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["pack", "--check", str(PACKS / "mn.toml")]) == 0
    assert cli.main(["pack", "--check", str(PACKS / "us-federal.toml")]) == 0
    text = (PACKS / "mn.toml").read_text()
    broken = tmp_path / "wi.toml"
    broken.write_text(text.replace('call = "911"', 'call = "112"').replace("court_protection = true", ""))
    capsys.readouterr()
    assert cli.main(["pack", "--check", str(broken)]) == 1
    said = capsys.readouterr().out
    assert "leaves out ['court_protection']" in said
    assert "its key is not the name of its file" in said
    broken.write_text("court = [")
    assert cli.main(["pack", "--check", str(broken)]) == 1
    assert "is no TOML file" in capsys.readouterr().err
    assert cli.main(["pack", "--check", str(tmp_path / "none.toml")]) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.req("K-31", "K-24")
def test_it_gives_an_organisation_a_pack_and_writes_that_down(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["pack", "pine", "on"]) == 0
    world.pine.refresh_from_db()
    assert world.pine.pack == "on"
    assert "the law of Ontario instead of United States" in audit.said(AuditEntry.objects.get())
    for wrong in (["pack", "pine"], ["pack", "pine", "nowhere"], ["pack", "nobody", "on"]):
        assert cli.main(wrong) == 1
        assert capsys.readouterr().err
    assert AuditEntry.objects.count() == 1
