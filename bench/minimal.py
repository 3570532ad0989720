# ruff: noqa: E402
"""The least that Django can do with a request of this size: one view, one insert, the same durability.

`DATABASE_URL` as for the product. `python -m bench.minimal table` makes the table, `... insert THREADS SECONDS` inserts
without any server and prints the rate; `application` is what the server serves, `static` answers fixed bytes.
"""

import os
import sys
import threading
import time
from pathlib import Path

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

from alongside.site import environment

INSERT = "INSERT INTO minimal (id, envelope) VALUES (%s, %s)"
ENVELOPE_BYTES = 22_882

STOCK = "django.db.backends.sqlite3"  # the product's own lets its writers queue

if not settings.configured:
    database = environment.database(os.environ.get("DATABASE_URL", ""), Path("data"))
    database["ENGINE"] = STOCK if "sqlite" in str(database["ENGINE"]) else database["ENGINE"]
    settings.configure(
        SECRET_KEY="bench",
        ROOT_URLCONF="bench.minimal",
        ALLOWED_HOSTS=["localhost"],
        DATABASES={"default": database},
        USE_TZ=True,
    )
    django.setup()

from django.db import connection, transaction


def insert(request: HttpRequest) -> HttpResponse:
    """Store the body."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, [os.urandom(16), request.body])
    answer = b'{"state":"stored"}'
    return HttpResponse(answer, status=201, content_type="application/json", headers={"Content-Length": len(answer)})


urlpatterns = [path("insert", insert)]


def static(environ, start_response):  # type: ignore[no-untyped-def]
    """Answer with the bytes of the file named by BENCH_STATIC."""
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(_static)))])
    return [_static]


_static = Path(os.environ["BENCH_STATIC"]).read_bytes() if "BENCH_STATIC" in os.environ else b""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()


def bare(threads: int, seconds: float) -> float:
    """Return the rows a second that so many threads insert, each in a transaction of its own."""
    counts = [0] * threads
    stop = time.monotonic() + seconds
    envelope = os.urandom(ENVELOPE_BYTES)

    def one(number: int) -> None:
        while time.monotonic() < stop:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(INSERT, [os.urandom(16), envelope])
            counts[number] += 1
        connection.close()

    workers = [threading.Thread(target=one, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / seconds


def main() -> None:
    """Make the table, or insert."""
    if sys.argv[1] == "table":
        kind = "BLOB" if connection.vendor == "sqlite" else "BYTEA"
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE minimal (id {kind} PRIMARY KEY, envelope {kind})")
    else:
        print(bare(int(sys.argv[2]), float(sys.argv[3])))


if __name__ == "__main__":
    main()
