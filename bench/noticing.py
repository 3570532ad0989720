"""How long it takes from an urgent request being stored to its notice being handed to a mail server.

Twenty requests a second go to thirty organisations in turn; the primary of each has an address of their own, so a mail
belongs to the request before it. The product runs as it is served, with its timed jobs; the mail server is real and on
this machine.
"""

import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench import load, places
from bench.accepting import ORGANISATIONS, STORED, TEAM, Members
from bench.figures import Figure
from tools.ports import free_port

RATE, SECONDS, SETTLING = 20, 30, 20
GOAL_P99 = 2.0
PRIMARY = re.compile(r"now(\d+)@")
URGENT = b"waiting for you now"  # a test page at the beginning of a shift goes to the same address


class Office:
    """A mail server that notes when each organisation's primary was written to."""

    def __init__(self) -> None:
        self.at: dict[int, list[float]] = defaultdict(list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002 - its form
        """Take a mail."""
        for address in envelope.rcpt_tos:
            if (found := PRIMARY.match(address)) and URGENT in bytes(envelope.content or b""):
                self.at[int(found.group(1))].append(time.monotonic())
        return "250 taken"


def measure() -> list[Figure]:
    """Return notice.p50_s and notice.p99_s."""
    with (
        _mail() as (office, url),
        places.filled("sqlite", ORGANISATIONS, TEAM) as env,
        places.product(env, ALONGSIDE_SMTP_URL=url) as ports,
    ):
        sent = _send(ports[0], Members(ports[0]))
        time.sleep(SETTLING)
    waits = [
        handed - stored
        for number, moments in sent.items()
        for stored, handed in zip(moments, office.at[number], strict=False)
    ]
    total = sum(map(len, sent.values()))
    waits += [float("inf")] * (total - len(waits))
    waits.sort()
    p50, p99 = (round(waits[int(share * (total - 1))], 2) for share in (0.5, 0.99))
    unit = f"s, {total} requests at {RATE} a second"
    return [
        Figure("notice.p50_s", p50, unit, "none", True),
        Figure("notice.p99_s", p99, unit, f"< {GOAL_P99:.0f}", p99 < GOAL_P99),
    ]


def _send(port: int, members: Members) -> dict[int, list[float]]:
    """Send at a steady pace; return when each organisation's requests were answered as stored."""
    line, sent = load.Line(port), defaultdict(list)
    begun = time.monotonic()
    for number in range(RATE * SECONDS):
        time.sleep(max(0.0, begun + number / RATE - time.monotonic()))
        organisation = number % len(members.lists)
        if line.ask(members.request(organisation)) == STORED:
            sent[organisation].append(time.monotonic())
    line.close()
    return sent


@contextmanager
def _mail() -> Iterator[tuple[Office, str]]:
    office, port = Office(), free_port()
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield office, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()
