"""Signs the demonstration's list of supporters with words that everybody knows."""

import base64
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alongside.accounts import queries as accounts
from alongside.accounts.models import Organisation
from alongside.kernel import clock
from alongside.policy import queries as policy
from alongside.sealing import actions as sealing
from alongside.sealing.actions import NewCertificate, Signing
from alongside.site import signatures, signed_list
from alongside.site.demo.words import signing as known


def sign(organisation: Organisation) -> None:
    """Sign for everybody who has keys, as the coordinator's browser does elsewhere."""
    sign_as(organisation, Ed25519PrivateKey.from_private_bytes(base64.b64decode(known()["root_seed"])))


def sign_as(organisation: Organisation, root: Ed25519PrivateKey) -> None:
    """Sign the next epoch with a root of the caller's."""
    found = signed_list.standing(organisation)
    epoch = found.roster.epoch + 1 if found.roster else 1
    until = clock.now().date() + timedelta(days=policy.in_force(organisation.id).roster_valid)
    made = []
    for line in found.signable:
        key = line.vouch or b""
        statement = signatures.peer_statement(organisation.id, epoch, until, key, line.office)
        made.append(NewCertificate(line.person, line.office, key, root.sign(statement)))
    coordinator = accounts.coordinators_of(organisation.id)[0]
    new = Signing(root.public_key().public_bytes_raw(), epoch, until, made)
    sealing.sign(organisation.id, new, by=coordinator.id, last_day=until, today=clock.now().date())
