"""Whether the file of a backup is whole, told before anything of it is taken for a header or a row (decision 0009)."""

import gzip
import hashlib
import json
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from django.conf import settings

PIECE = 1 << 18  # bytes read at a time
LAST_LINE = 4096  # bytes in which the last line has room, many times over


class Damaged(Exception):
    """The file is not a whole backup as it was written."""


class NotKept(Exception):
    """What comes through a pipe cannot be kept while it is read; the text is the system's reason."""


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file once, in a way that it can be read again from its start; raises OSError, NotKept.

    What comes through a pipe is kept meanwhile in the data folder, where the system lets it under no name at all.
    """
    with _open(path) as file:
        if file.seekable():
            file.seek(0)
            yield file
        else:
            with _kept(file) as copy:
                yield copy


def _open(path: Path) -> IO[bytes]:
    # What is open here already is not opened anew: a pipe may belong to whoever started us as another user.
    if named := re.fullmatch(r"/dev/(?:stdin|fd/([0-9]{1,6}))", str(path)):
        with suppress(OSError):
            return os.fdopen(os.dup(int(named[1] or 0)), "rb")
    return path.open("rb")


def _kept(file: IO[bytes]) -> IO[bytes]:
    try:
        copy: IO[bytes] = tempfile.TemporaryFile(dir=settings.DATA, prefix="restore-")  # noqa: SIM115
    except OSError as error:
        raise NotKept(error.strerror) from None
    try:
        shutil.copyfileobj(file, copy, PIECE)
        copy.seek(0)
    except OSError as error:
        copy.close()
        raise NotKept(error.strerror) from None
    except BaseException:
        copy.close()
        raise
    return copy


def is_whole(path: Path) -> bool:
    """Say whether a backup can be read from end to end and is what was written."""
    try:
        with path.open("rb") as file:
            check(file)
    except (OSError, EOFError, zlib.error, Damaged):
        return False
    return True


def check(packed: IO[bytes]) -> None:
    """Refuse a file that is not, to the last bit, what a backup wrote; raises Damaged, OSError, EOFError, zlib.error.

    However long its lines are, no more than a piece of them is in memory.
    """
    checksum, lines, held = hashlib.sha256(), 0, b""
    with gzip.GzipFile(fileobj=packed, mode="rb") as file:
        while piece := file.read(PIECE):
            held += piece
            sure, held = held[:-LAST_LINE], held[-LAST_LINE:]
            checksum.update(sure)
            lines += sure.count(b"\n")
    at = held.rfind(b"\n", 0, -1) + 1
    checksum.update(held[:at])
    lines += held[:at].count(b"\n")
    # All but the header are rows.
    if held[at:] != last_line(lines - 1, checksum.hexdigest()):
        raise Damaged


def last_line(rows: int, checksum: str) -> bytes:
    """Return the line by which the file of a backup is told to be whole."""
    return json.dumps({"rows": rows, "sha256": checksum}).encode() + b"\n"
