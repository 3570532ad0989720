"""Pine County installed on a folder of its own and served by `alongside serve`: to be stopped, started and broken."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.e2e import filled
from tests.e2e.conftest import ROOT, Demo, clean_environment, wait_for
from tools.ports import free_port

# Without the doors of the demonstration the organisation begins at the real time.
FILL_REAL = (
    "from django.core.management import call_command; call_command('migrate', verbosity=0);"
    "from alongside.site.demo import seed; seed.fill()"
)
CHANGE = """
from alongside.accounts.models import Organisation
from alongside.kernel import clock
from alongside.policy.models import Change
pine = Organisation.objects.get(slug='pine-county')
for number, (key, value) in enumerate({values!r}.items(), start=900):
    Change.objects.create(organisation=pine, key=key, value=value, version=number, changed_at=clock.now())
"""


@dataclass
class Installation(Demo):
    """An installation that runs when it is started."""

    server: "subprocess.Popen[bytes] | None" = None
    begins: datetime | None = None
    filled_at: float = 0

    @property
    def database(self) -> Path:
        """Where the rows are."""
        return self.data / "alongside.sqlite3"

    def start(self, later: timedelta = timedelta()) -> None:
        """Serve, with the demonstration's clock that much further than it would be; wait until it answers."""
        env = dict(self.env)
        if self.begins:
            gone = timedelta(seconds=time.time() - self.filled_at)
            env["ALONGSIDE_DEMO_CLOCK"] = (self.begins + gone + later).isoformat()
        with self.log.open("ab") as output:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "alongside", "serve", "--port", str(self.port)],
                cwd=ROOT,
                env=env,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = self.server.pid
        wait_for(self.address, self.server, self.log)

    def policy(self, **values: int) -> None:
        """Put settings of Pine County in force."""
        done = self.command("manage", "shell", "--no-imports", "-c", CHANGE.format(values=values))
        assert done.returncode == 0, done.stderr

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.address.rpartition(":")[2])

    def serve(self, port: int) -> subprocess.CompletedProcess[str]:
        """Serve these rows once more, and wait until that ends."""
        return self.command("serve", "--port", str(port))

    def stop(self) -> None:
        """Stop as a person would."""
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)
            try:
                self.server.wait(20)
            except subprocess.TimeoutExpired:
                self.cut_the_power()

    def cut_the_power(self) -> None:
        """End everything at once, so that nothing can tidy up."""
        assert self.server
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()


@contextmanager
def installed(folder: Path, *, demo: bool = True, **settings: str) -> Iterator[Installation]:
    """Install Pine County, with the doors of the demonstration or without; stop it at the end."""
    address = f"http://localhost:{free_port()}"
    env = clean_environment() | {
        "ALONGSIDE_DATA": str(folder / "data"),
        "ALONGSIDE_ADDRESS": address,
        "ALONGSIDE_DEMO": "yes" if demo else "no",
        "DJANGO_SETTINGS_MODULE": "alongside.site.settings",
        **settings,
    }
    begins = None
    if demo and filled.is_shared() and "DATABASE_URL" not in settings:
        begins = filled.copy(folder / "data", env)
    elif demo:
        begins = datetime.fromisoformat(filled.fill(filled.FILL, env))
    else:
        filled.fill(FILL_REAL, env)
    made = Installation(address, folder / "data", folder / "log", env, begins=begins, filled_at=time.time())
    try:
        yield made
    finally:
        made.stop()
