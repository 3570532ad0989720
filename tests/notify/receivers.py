"""Real far ends on loopback: mail servers with every bad habit, and a web service that takes JSON."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tools.ports import free_port


class MailBox:
    """A mail server's behaviour: keeps what it takes; `habit` makes it refuse, drop the line or take its time."""

    def __init__(self, habit: str = "", seconds: float = 0.0) -> None:
        self.habit, self.seconds = habit, seconds
        self.taken: list[tuple[str, Message]] = []
        self.lines = 0

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.lines += 1
        session.host_name = hostname  # type: ignore[assignment]
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.habit == "refuses":
            return "550 no such mailbox"
        if self.habit == "greylists":
            self.habit = ""
            return "450 4.7.1 greylisted, come back later"
        if self.habit == "drops":
            assert server.transport is not None
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.habit == "busy":
            return "451 try again later"
        if self.habit == "drops late":
            assert server.transport is not None
            server.transport.abort()
            return "451 gone"
        if self.habit == "slow":
            time.sleep(self.seconds)
        if self.habit == "lies":
            # Says yes and throws it away: nobody outside can tell.
            return "250 taken"
        assert isinstance(envelope.content, bytes)
        self.taken.extend((address, message_from_bytes(envelope.content)) for address in envelope.rcpt_tos)
        return "250 taken"


@contextmanager
def mail_server(settings: Any, box: MailBox, port: int | None = None) -> Iterator[MailBox]:
    """Run a mail server and point the product at it."""
    controller = Controller(box, hostname="127.0.0.1", port=port or free_port())
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", controller.port, 2
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@contextmanager
def dripping_server(settings: Any) -> Iterator[None]:
    """Run a mail server that greets one byte at a time and so never runs into a timeout of one read."""
    listener = socket.create_server(("127.0.0.1", 0))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", listener.getsockname()[1], 2
    over = threading.Event()

    def drip() -> None:
        line, _ = listener.accept()
        with line:
            while not over.wait(0.1):
                line.sendall(b"2")

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)
        listener.close()


class WebService:
    """A web service's behaviour: keeps the JSON or form it is sent; answers with `status`."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.taken: list[dict[str, Any]] = []
        self.port = 0


@contextmanager
def web_service(service: WebService) -> Iterator[WebService]:
    """Run a web service on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            form = self.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
            body = dict(parse_qsl(raw.decode())) if form else json.loads(raw)
            if service.status < 400:
                service.taken.append(body)
            self.send_response(service.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def raw_mail_server(settings: Any, answers: Callable[[socket.socket], None]) -> Iterator[list[bytes]]:
    """Run a mail server written by hand, for habits that a library would not allow; `answers` plays each line."""
    listener = socket.create_server(("127.0.0.1", 0))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", listener.getsockname()[1], 2
    lines: list[bytes] = []

    def play(line: socket.socket) -> None:
        lines.append(b"")
        with line, suppress(OSError):
            answers(line)

    def run() -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                threading.Thread(target=play, args=(line,), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    try:
        yield lines
    finally:
        listener.close()
