"""The demonstration's known words and keys (vectors/demo.json). Outside the demonstration these keys are refused."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# In a checkout the vectors stand beside the package; a wheel carries its own copy.
PLACES = (HERE / "demo.json", HERE.parents[2] / "vectors" / "demo.json")


@dataclass(frozen=True)
class Known:
    """One demo supporter's words and the keys made from them."""

    words: str
    wrap_recipient: str
    public_key: str
    wrap: str
    ring_key: str
    ring_seal: str
    vouch_seed: str
    vouch: str


@cache
def supporters() -> tuple[Known, ...]:
    """Return the known supporters in order."""
    rows = _read()["supporters"]
    names = [one.name for one in fields(Known)]
    return tuple(Known(**{name: row[name] for name in names}) for row in rows.values())


@cache
def signing() -> Mapping[str, str]:
    """Return the known signing words, the root that follows from them (seed and public half), and the poster's code."""
    found: Mapping[str, str] = _read()["signing"]
    return found


def _read() -> Any:
    source = next(place for place in PLACES if place.exists())
    return json.loads(source.read_text(encoding="utf-8"))


def known_keys() -> frozenset[str]:
    """Return every public key whose private half the world knows; a real installation refuses them."""
    return frozenset(key for one in supporters() for key in (one.wrap_recipient, one.public_key))
