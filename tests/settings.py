"""Settings for tests: the product's own, with throw-away data, quick password hashes and mail kept in memory.

ALONGSIDE_TEST_DB chooses the database: `sqlite` (a file, as in production) or `postgres` (the server of DATABASE_URL).
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from django.contrib.auth.hashers import Argon2PasswordHasher

_DATA = Path(tempfile.mkdtemp(prefix="alongside-tests-"))
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)
_KIND = os.environ.get("ALONGSIDE_TEST_DB", "sqlite")
if _KIND not in {"sqlite", "postgres"}:
    raise RuntimeError("ALONGSIDE_TEST_DB must be sqlite or postgres.")
os.environ.update(
    ALONGSIDE_DATA=str(_DATA),
    ALONGSIDE_SECRET_KEY="only-for-tests-" + "0123456789abcdef" * 4,
    ALONGSIDE_DEMO="no",
    ALONGSIDE_HOSTS="localhost,testserver,127.0.0.1",
    ALONGSIDE_ADDRESS="http://localhost:8000",
    ALONGSIDE_SMTP_URL="",
)
if _KIND == "sqlite":
    os.environ["DATABASE_URL"] = f"sqlite:///{_DATA / 'alongside.sqlite3'}"
elif not os.environ.get("DATABASE_URL", "").startswith("postgres"):
    raise RuntimeError("ALONGSIDE_TEST_DB=postgres needs DATABASE_URL=postgresql://...")

from alongside.site.settings import *  # noqa: E402, F403
from alongside.site.settings import DATABASES  # noqa: E402

if _KIND == "sqlite":
    # A file, not memory: journal, locks and erasure must be the real ones.
    DATABASES["default"]["TEST"] = {"NAME": str(_DATA / "test.sqlite3")}


class QuickArgon2(Argon2PasswordHasher):
    """The product's hash with the smallest cost: tests sign in many times."""

    time_cost, memory_cost, parallelism = 1, 8, 1


PASSWORD_HASHERS = ["tests.settings.QuickArgon2"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# What changed counts at once.
ALONGSIDE_STANDING_SECONDS = ALONGSIDE_PUBLIC_SECONDS = 0.0
