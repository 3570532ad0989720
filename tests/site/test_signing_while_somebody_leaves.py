"""Nobody is signed for who leaves in the same instant, whichever of the two is first. On either database."""

import threading
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from alongside.sealing import actions as sealing
from alongside.sealing.models import Certificate, SignedRoster, SigningRoot
from alongside.site import signatures, signing
from alongside.team import actions as team
from alongside.team.models import Supporter
from tests import world as cast
from tests.conftest import Clock
from tests.help_requests.frames import give_keys
from tests.help_requests.test_many_at_once import at_once
from tests.sealing.signers import Signer, sign
from tests.world import World, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
A_WHILE = 1.5


@pytest.fixture
def pine(clock: Clock) -> World:
    """Return the cast; Renée and Marcus have keys."""
    made = cast.make_world()
    give_keys([made.renee, made.marcus])
    return made


class Meanwhile:
    """Somebody else's deed: begun in the middle of another one, and waited for only as long as it may take alone."""

    def __init__(self, deed: Any) -> None:
        self._deed, self.outcome, self._thread = deed, None, None

    def begin(self) -> None:
        """Begin once, and give it time to come to its end if nothing keeps it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work)
            self._thread.start()
            self._thread.join(A_WHILE)

    def ended(self) -> Any:
        """Wait for its end and return what it came to."""
        assert self._thread is not None
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.outcome

    def _work(self) -> None:
        try:
            self.outcome = self._deed()
        except Exception as error:
            self.outcome = error
        finally:
            connections.close_all()


def hana(world: World) -> Client:
    return sign_in(Client(), world.hana, fresh=True)


def signed_for() -> set[str]:
    ended = Supporter.objects.filter(status="ended").values("person_id")
    assert not Certificate.objects.filter(person_id__in=ended).exists()
    return set(Certificate.objects.values_list("person__name", flat=True))


@pytest.mark.req("C-17", "K-34")
def test_who_leaves_while_the_list_is_being_signed_is_not_on_it(pine: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, leader, fits = hana(pine), hana(pine), signatures.fits
    leaving = Meanwhile(lambda: leader.post(reverse("in_end", args=[pine.marcus.id])).status_code)

    def slowly(*facts: Any) -> bool:
        leaving.begin()
        return fits(*facts)

    monkeypatch.setattr(signatures, "fits", slowly)
    status = sign(client, Signer()).status_code
    assert leaving.ended() == 302
    assert status == 302
    assert signed_for() == {"Renée Dubois"}
    assert SignedRoster.objects.get().people == 2


@pytest.mark.req("C-17", "K-34")
def test_a_list_that_is_signed_while_somebody_leaves_does_not_name_them(
    pine: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, leader, signer = hana(pine), hana(pine), Signer()
    sign(client, signer)
    body = signer.signed(client.get(reverse("in_signing_state")).json())
    posted = {"signed": signing.json.dumps(body)}
    signs = Meanwhile(lambda: client.post(reverse("in_sign"), posted).status_code)
    drop = sealing.drop_certificate

    def slowly(*facts: Any) -> None:
        drop(*facts)
        signs.begin()

    monkeypatch.setattr(team.sealing, "drop_certificate", slowly)
    assert leader.post(reverse("in_end", args=[pine.marcus.id])).status_code == 302
    # What the coordinator looked at is not so any more.
    assert signs.ended() == 409
    assert signed_for() == {"Renée Dubois"}
    assert SignedRoster.objects.get().epoch == 1


@pytest.mark.req("C-17", "K-34")
def test_both_at_once_come_out_right(pine: World) -> None:
    client, leader, signer = hana(pine), hana(pine), Signer()
    body = signer.signed(client.get(reverse("in_signing_state")).json())
    posted = {"signed": signing.json.dumps(body)}
    outcomes = at_once(
        lambda: client.post(reverse("in_sign"), posted).status_code,
        lambda: leader.post(reverse("in_end", args=[pine.marcus.id])).status_code,
    )
    assert outcomes in ([302, 302], [409, 302])
    assert signed_for() <= {"Renée Dubois"}


@pytest.mark.req("K-34")
def test_two_coordinators_who_sign_at_once_make_one_epoch(pine: World) -> None:
    client, other, signer = hana(pine), hana(pine), Signer()
    sign(client, signer)
    state = client.get(reverse("in_signing_state")).json()
    posted = {"signed": signing.json.dumps(signer.signed(state))}
    deeds = [lambda one=one: one.post(reverse("in_sign"), posted).status_code for one in (client, other)]
    assert sorted(at_once(*deeds), key=str) == [302, 409]
    assert SignedRoster.objects.get().epoch == 2


@pytest.mark.req("K-34")
def test_new_words_are_judged_against_the_root_that_is_in_force_when_they_are_kept(
    pine: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody proposes words under the old root, another coordinator puts the next root in force."""
    client, other = hana(pine), hana(pine)
    first, second, third = Signer(), Signer(), Signer()
    sign(client, first)
    client.post(reverse("in_root"), {"root": second.text})
    by_old = first.over(signatures.root_statement(pine.pine.id, first.public, third.public))
    state = other.get(reverse("in_signing_state")).json()
    posted = {"signed": signing.json.dumps(second.signed(state, witness=None))}
    signs, fits = Meanwhile(lambda: other.post(reverse("in_sign"), posted).status_code), signatures.fits

    def slowly(*facts: Any) -> bool:
        if threading.current_thread() is threading.main_thread():
            signs.begin()
        return fits(*facts)

    monkeypatch.setattr(signatures, "fits", slowly)
    status = client.post(reverse("in_root"), {"root": third.text, "by_old": by_old}).status_code
    # The proposal was first: it took the place of the root that was to be signed with.
    assert (status, signs.ended()) == (302, 409)
    roots = {bytes(one.public_key): one for one in SigningRoot.objects.all()}
    assert set(roots) == {first.public, third.public}
    assert bytes(SignedRoster.objects.get().root.public_key) == first.public
