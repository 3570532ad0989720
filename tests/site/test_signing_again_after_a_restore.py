"""After a restore the list is signed again, and phones that saw later signings than the backup take it."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from alongside.accounts.models import Person
from alongside.kernel import clock as product
from alongside.sealing import actions as sealing
from alongside.sealing import queries as kept
from alongside.sealing import rules as seals
from alongside.sealing.models import Certificate, KeyRing, SignedRoster
from alongside.site import keeping, signatures
from tests import age_reader
from tests import world as cast
from tests.conftest import Clock
from tests.help_requests.frames import WRAP, give_keys, public_key
from tests.sealing.devices import words_publication
from tests.sealing.signers import Signer, sign
from tests.world import World, sign_in

BROWSER = Path(__file__).parents[2] / "browser"
ESBUILD = BROWSER / "node_modules" / ".bin" / "esbuild"
# The check of members' pages itself, over a list that comes by standard input.
CHECK = """
import { checkedCandidates } from "./src/core/roster.ts";
import { Refusal } from "./src/core/refusal.ts";
let text = "";
for await (const part of process.stdin) text += part;
const { list, root, highest, today } = JSON.parse(text);
try {
  const found = await checkedCandidates(list, new Uint8Array(root), highest, today);
  console.log(JSON.stringify({ epoch: found.epoch, proved: found.list.candidates.length }));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.log(JSON.stringify({ refused: error.code }));
}
"""


@pytest.fixture
def pine(clock: Clock, transactional_db: None) -> World:
    """Return the cast; Renée and Marcus have keys."""
    made = cast.make_world()
    give_keys([made.renee, made.marcus])
    return made


@pytest.fixture
def hana(pine: World) -> Client:
    return sign_in(Client(), pine.hana, fresh=True)


def listed() -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/ask/pine/candidates.json").json()
    for one, proof in zip(found["candidates"], found["proofs"], strict=True):
        one["proof"] = proof
    return found


def restore(path: Path) -> None:
    """Restore into an emptied database, and let the supporters make keys for this week with their words."""
    call_command("flush", verbosity=0, interactive=False)
    keeping.restore(path, product.now())
    week = seals.monday_of(product.now())
    for number, ring in enumerate(KeyRing.objects.order_by("id"), start=1):
        words = seals.read_ring(ring.listed)[0].recipient
        sent = words_publication(ring.person_id, words, {week: (public_key(5000 + number), WRAP)})
        sealing.publish(ring.person_id, sent, weeks=[week])


def enter() -> Client:
    return sign_in(Client(), Person.objects.get(email="hana@pine.example"), fresh=True)


def proved(found: dict[str, Any], signer: Signer) -> bool:
    """Say whether every candidate's certificate and key are signed as the list says, as a phone looks at it."""
    organisation, until = cast.Organisation.objects.get(slug="pine"), product.now().date()
    until = until.fromisoformat(found["roster"]["until"])
    for one in found["candidates"]:
        proof = age_reader.from_base64url(one["proof"])
        office = found["offices"][one["office"]]
        peer = signatures.peer_statement(organisation.id, found["roster"]["epoch"], until, proof[:32], office)
        week = product.now().date().fromisoformat(found["week"])
        if not signatures.fits(signer.public, peer, proof[32:96]):
            return False
        if not signatures.fits(proof[:32], signatures.key_statement(week, one["key"]), proof[96:]):
            return False
    return bool(found["candidates"])


@pytest.mark.req("K-34", "K-22")
@pytest.mark.parametrize("later", [0, 1, 7])
def test_what_is_signed_after_a_restore_is_newer_than_what_any_phone_has_seen(
    pine: World, hana: Client, clock: Clock, tmp_path: Path, later: int
) -> None:
    signer, path = Signer(), tmp_path / "backup.gz"
    sign(hana, signer)
    keeping.backup(path)
    for _ in range(later):
        clock.forward(minutes=1)
        assert sign(hana, signer).status_code == 302
    seen = listed()["roster"]["epoch"]
    assert seen == 1 + later
    restore(path)
    # Nothing of what was signed then is handed out: it may name somebody who left since.
    assert not Certificate.objects.exists()
    assert listed()["proofs"] == [None, None]
    hana = enter()
    assert "not signed for as they stand now" in hana.get("/in/coordinate/").content.decode()
    assert "Somebody left" not in hana.get("/in/coordinate/").content.decode()
    assert sign(hana, signer).status_code == 302
    found = listed()
    assert found["roster"]["epoch"] > seen + 900
    assert proved(found, signer)
    assert Client().get("/ask/pine/root.json").json()["root"] == signer.text


@pytest.mark.req("K-34", "K-22")
def test_a_backup_that_is_restored_twice_goes_on_after_the_first_time(
    pine: World, hana: Client, clock: Clock, tmp_path: Path
) -> None:
    signer, path, seen = Signer(), tmp_path / "backup.gz", []
    sign(hana, signer)
    keeping.backup(path)
    for _ in range(3):
        clock.forward(hours=3)
        restore(path)
        client = enter()
        for _ in range(4):
            assert sign(client, signer).status_code == 302
            seen.append(SignedRoster.objects.get().epoch)
    assert seen == sorted(set(seen))


@pytest.mark.req("K-22")
def test_a_clock_that_went_back_takes_nothing_from_the_way_ahead(pine: World, hana: Client, clock: Clock) -> None:
    sign(hana, Signer())
    for since in (timedelta(days=-400), timedelta(seconds=59)):
        before = SignedRoster.objects.get().epoch
        sealing.after_restore(since)
        assert SignedRoster.objects.get().epoch == before + seals.EPOCHS_AHEAD
    sealing.after_restore(timedelta(days=365 * 20))
    found = kept.roster_of(pine.pine.id)
    assert found and found.epoch < 2**31
    assert (found.people, found.certified) == (0, {})


def test_where_nobody_had_signed_nothing_is_signed_after_a_restore(pine: World, tmp_path: Path) -> None:
    keeping.backup(tmp_path / "backup.gz")
    restore(tmp_path / "backup.gz")
    assert not SignedRoster.objects.exists()
    assert sign(enter(), Signer()).status_code == 302
    assert SignedRoster.objects.get().epoch == 1


@pytest.mark.req("K-34", "K-22")
@pytest.mark.skipif(not ESBUILD.exists(), reason="needs what browser/package.json names")
def test_the_check_of_members_pages_takes_it_and_would_not_have_taken_the_backups(
    pine: World, hana: Client, clock: Clock, tmp_path: Path
) -> None:
    program, path, signer = tmp_path / "check.mjs", tmp_path / "backup.gz", Signer()
    (source := tmp_path / "check.ts").write_text(CHECK)
    options = ["--bundle", "--format=esm", "--platform=node", "--log-level=error", f"--outfile={program}"]
    subprocess.run([ESBUILD, *options, "--loader=ts"], input=source.read_bytes(), cwd=BROWSER, check=True, timeout=120)

    def check(found: dict[str, Any], highest: int) -> dict[str, Any]:
        facts = {"list": found, "root": list(signer.public), "highest": highest}
        text = json.dumps({**facts, "today": product.now().date().isoformat()})
        done = subprocess.run(["node", program], input=text.encode(), capture_output=True, check=True, timeout=120)
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    sign(hana, signer)
    keeping.backup(path)
    old = listed()
    for _ in range(5):
        sign(hana, signer)
    assert check(listed(), 6) == {"epoch": 6, "proved": 2}
    # What a restore gave before: the epoch that was in the backup.
    assert check(old, 6) == {"refused": "old-epoch"}
    restore(path)
    assert check(listed(), 6) == {"refused": "unsigned-list"}
    sign(enter(), signer)
    found = check(listed(), 6)
    assert found == {"epoch": listed()["roster"]["epoch"], "proved": 2}
