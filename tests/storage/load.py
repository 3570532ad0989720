"""A process that asks and asks again on a database of its own, and accounts for every answer. Run by tests as

    python -m tests.storage.load prepare | ask ACCEPTED THREADS | account ACCEPTED | look

`ask` posts until its standard input is closed. Each thread sends one request until it is answered 201 or 200, as a
member's device does, writes its receipt down, and begins the next. It prints what it was answered, as JSON.
"""

import dataclasses
import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

STORED = {200, 201}


def prepare() -> dict[str, Any]:
    """Make tables, the cast and their keys."""
    from django.core.management import call_command

    from tests import world
    from tests.help_requests.frames import give_keys

    call_command("migrate", verbosity=0)
    made = world.make_world()
    give_keys([made.renee, made.marcus, made.ana])
    return {}


def ask(accepted: Path, threads: int) -> dict[str, Any]:
    """Post from many threads until told to stop."""
    from django.db import close_old_connections

    from alongside.accounts.models import Organisation
    from tests.help_requests.frames import frame_for

    frame = frame_for(Organisation.objects.get(slug="pine"))
    stop, said, writing = threading.Event(), Counter[str](), threading.Lock()

    def one(file: Any) -> None:
        from tests.help_requests.device import post

        while not stop.is_set():
            mine = frame.but(attempt=os.urandom(16), token=os.urandom(16))
            while not stop.is_set():
                close_old_connections()
                answer = post("requests", mine)
                with writing:
                    said[str(answer.status_code)] += 1
                    if answer.status_code in STORED:
                        file.write(mine.token.hex() + "\n")
                        file.flush()
                if answer.status_code in STORED:
                    break
                time.sleep(0.02)

    def look_on() -> None:
        while not stop.is_set():
            # A server does so before each request; the client of the tests does not.
            close_old_connections()
            for name, text in look().items():
                with writing:
                    said[f"{name} {text}"] += 1
            time.sleep(0.1)

    # Somebody has opened the page before: from then on it is shown whatever becomes of the database.
    look()
    with accepted.open("a") as file:
        working = [threading.Thread(target=one, args=(file,), daemon=True) for _ in range(threads)]
        working.append(threading.Thread(target=look_on, daemon=True))
        for thread in working:
            thread.start()
        print("asking", flush=True)
        sys.stdin.read()
        stop.set()
        for thread in working:
            thread.join(60)
    return {"said": said, "hung": sum(thread.is_alive() for thread in working)}


def look() -> dict[str, str]:
    """Open a member's page; say how it was answered, and whether it shows whom to call."""
    from django.test import Client

    page = Client().get("/ask/pine/en/", headers={"accept-encoding": "identity"})
    return {"page": f"{page.status_code} {'numbers' if b'tel:' in page.content else 'NO NUMBERS'}"}


def account(accepted: Path) -> dict[str, Any]:
    """Count what was accepted and is not there whole, and what is there but not whole."""
    from alongside.escalation.models import Ladder
    from alongside.help_requests.models import Attempt, Request
    from alongside.kernel import ids

    wanted = {ids.digest(bytes.fromhex(line)) for line in accepted.read_text().split()}
    kept = {bytes(row) for row in Request.objects.exclude(envelope=None).values_list("progress_hash", flat=True)}
    return {
        "accepted": len(wanted),
        "lost": len(wanted - kept),
        "unanswered": len(kept - wanted),
        "halves": [Request.objects.count(), Ladder.objects.count(), Attempt.objects.count()],
    }


def _begin() -> None:
    import django

    django.setup()
    from alongside.kernel import clock
    from alongside.policy import queries as policy
    from tests import world

    clock.freeze(world.NOW)
    real = policy.in_force
    # The cap of an hour is not what is tried here.
    endless = {"requests_per_hour": 10**9, "work_after": 10**9}
    policy.in_force = lambda organisation: dataclasses.replace(real(organisation), **endless)


if __name__ == "__main__":
    _begin()
    match sys.argv[1:]:
        case ["prepare"]:
            outcome = prepare()
        case ["ask", path, number]:
            outcome = ask(Path(path), int(number))
        case ["account", path]:
            outcome = account(Path(path))
        case ["look"]:
            outcome = look()
        case _:
            raise SystemExit(__doc__)
    print(json.dumps(outcome))
