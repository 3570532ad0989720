"""Caddy from the recipes in front of servers of ours: only addresses, ports and who signs are changed."""

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.e2e.conftest import ROOT
from tools.ports import free_port

RECIPES = ROOT / "deploy/caddy"
FRONTS = {"one.Caddyfile": "127.0.0.1:8000", "two.Caddyfile": "10.0.0.11:8000 10.0.0.12:8000"}


@dataclass
class Front:
    """A running Caddy."""

    port: int
    plain_port: int
    authority: Path
    log: Path

    @property
    def address(self) -> str:
        """What people type."""
        return f"https://localhost:{self.port}"

    def client(self, **more: object) -> httpx.Client:
        """Return a visitor that believes this Caddy's authority and no other; HTTP/1.1."""
        context = ssl.create_default_context(cafile=str(self.authority))
        return httpx.Client(base_url=self.address, verify=context, timeout=20, **more)  # type: ignore[arg-type]


def caddy_is_here() -> bool:
    """Say whether Caddy is installed."""
    return shutil.which("caddy") is not None


@contextmanager
def fronted(folder: Path, recipe: str, behind: Sequence[int], *, port: int | None = None) -> Iterator[Front]:
    """Run the recipe's Caddy for servers on these ports, with a certificate of its own authority."""
    port, plain, folder = port or free_port(), free_port(), folder / "caddy"
    folder.mkdir(exist_ok=True)
    shutil.copy(RECIPES / "down.html", folder / "index.html")
    text = (RECIPES / recipe).read_text()
    ours = f"localhost:{port} {{\n\ttls internal"
    for there, here in (
        ("shift.example.org {", ours),
        (FRONTS[recipe], " ".join(f"127.0.0.1:{one}" for one in behind)),
        ("/usr/local/share/alongside", str(folder)),
        ("{\n", f"{{\n\tadmin off\n\tskip_install_trust\n\thttp_port {plain}\n\thttps_port {port}\n"),
    ):
        assert there in text
        text = text.replace(there, here, 1)
    (folder / "Caddyfile").write_text(text)
    home = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")],
            env=os.environ | home,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    authority = folder / "caddy/pki/authorities/local/root.crt"
    try:
        _wait(server, log, authority, port)
        yield Front(port, plain, authority, log)
    finally:
        server.terminate()
        server.wait(20)


def _wait(server: "subprocess.Popen[bytes]", log: Path, authority: Path, port: int) -> None:
    for _ in range(300):
        assert server.poll() is None, log.read_text()
        if authority.exists():
            try:
                with (
                    socket.create_connection(("127.0.0.1", port), 1) as plain,
                    ssl.create_default_context(cafile=str(authority)).wrap_socket(plain, server_hostname="localhost"),
                ):
                    return
            except (OSError, ssl.SSLError):
                pass
        time.sleep(0.1)
    raise AssertionError(log.read_text())
