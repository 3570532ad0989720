# ruff: noqa: E402
"""Fills the database of the environment with Pine County and prints who is signed in, as JSON.

Options, as JSON: `old` requests that were sent over the hours before now, when nobody was there to call anybody.
"""

import json
import os
import sys
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alongside.site.settings")

import django

django.setup()

from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from alongside.accounts.models import Organisation
from alongside.anonymous import actions as anonymous
from alongside.directory import actions as directory
from alongside.help_requests import actions as help_requests
from alongside.kernel import clock
from alongside.policy.models import Change
from alongside.site.demo import seed
from alongside.team.models import Supporter
from tests import world
from tests.help_requests.frames import frame_for

HOURS = 5


def main() -> None:
    """Migrate, fill, sign in."""
    options = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    call_command("migrate", verbosity=0)
    # Everything begins before the oldest request, also the week of the keys.
    clock.shift(timedelta(hours=-HOURS))
    pine = seed.fill()
    for key, value in {"requests_per_hour": 1000, "work_after": 500, "messages_limit": 50, "box_replies": 50}.items():
        Change.objects.create(organisation=pine, key=key, value=value, version=1, changed_at=clock.now())
    _send_old(pine, int(options.get("old", 0)))
    anonymous.open_periods(clock.now())
    sessions = {row.id.hex: _session(row) for row in Supporter.objects.filter(status="active", agreement_version=1)}
    print(json.dumps({"sessions": sessions, "emails": _emails()}))


def _session(supporter: Supporter) -> str:
    """Return what the supporter's browser sends: the session, and the mark of when it was last used."""
    client = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0])
    totp.TOTP.activate(supporter.person, world.SECRET)
    world.sign_in(client, supporter)
    client.get("/in/team/")
    return "; ".join(f"{name}={client.cookies[name].value}" for name in ("in_session", settings.IDLE_COOKIE_NAME))


def _emails() -> dict[str, str]:
    return {row.id.hex: row.person.email for row in Supporter.objects.select_related("person")}


@transaction.atomic
def _send_old(pine: Organisation, number: int) -> None:
    for hour in range(HOURS):
        directory.renew(clock.now())
        frame = frame_for(pine)
        for place in range(number * hour // HOURS, number * (hour + 1) // HOURS):
            one = frame.but(attempt=os.urandom(16), token=os.urandom(16), urgency=1 + place % 2)
            if not help_requests.open_request(pine, bytes(one), clock.now()):
                raise RuntimeError("a request was not stored")
        clock.shift(timedelta(hours=1))


if __name__ == "__main__":
    main()
