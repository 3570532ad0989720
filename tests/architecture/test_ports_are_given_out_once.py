"""A port that a test chose is its own until it ends, also while nothing listens there."""

import subprocess
import sys

from tests.databases import ROOT
from tools import ports

MANY = 200
CODE = f"from tools.ports import free_port; print(*[free_port() for _ in range({MANY})], flush=True); input()"


def test_processes_that_live_never_get_the_same_port_nor_one_that_the_system_gives_out() -> None:
    command = [sys.executable, "-c", CODE]
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    given = [ports.free_port() for _ in range(MANY)]
    try:
        for one in running:
            assert one.stdout
            given += map(int, one.stdout.readline().split())
    finally:
        for one in running:
            one.communicate("\n", timeout=60)
    assert len(given) == len(set(given)) == 4 * MANY
    outwards = int(ports.HANDED_OUT.read_text().split()[0]) if ports.HANDED_OUT.exists() else ports.LAST + 1
    assert max(given) < max(outwards, ports.LAST + 1)
    assert all(map(ports.is_free, given[MANY:]))


def test_a_port_that_somebody_listens_on_is_not_given_out() -> None:
    port = ports.free_port()
    with ports.socket.create_server(("127.0.0.1", port)):
        assert not ports.is_free(port)
    assert ports.is_free(port)
