"""Writes vectors/python.json, which the browser's tests open: `python -m tests.sealing.python_vector`."""

import base64
import hashlib
import json

from tests import age_reader
from tests.sealing import vectors

TEXT = '{"v":1,"how":"text","reach":"555 0101","words":"Écrit par un autre programme."}'


def main() -> None:
    """Seal with known keys for the browser's tests; sealing is random, so each run writes another file."""
    names = ("first", "second", "box", "wrap", "week")
    keys = {name: age_reader.new_identity(hashlib.sha256(name.encode()).digest()) for name in names}
    people = [keys["first"], keys["second"]]
    made = {
        "request": ([one for one, _ in people], age_reader.seal_for([key for _, key in people], TEXT, 12), TEXT),
        "reply": ([keys["box"][0]], age_reader.seal_to_box(keys["box"][1], TEXT), TEXT),
        "wrap": ([keys["wrap"][0]], age_reader.wrap(keys["week"][0], keys["wrap"][1]), keys["week"][1]),
    }
    content: dict[str, object] = {
        name: {"identities": identities, "text": text, "sealed": base64.b64encode(sealed).decode()}
        for name, (identities, sealed, text) in made.items()
    }
    secret, ring_key = hashlib.sha256(b"secret").digest(), hashlib.sha256(b"ring key").digest()
    sealed = age_reader.seal_ring_key(ring_key, "p" * 43, secret)
    content["ring"] = {
        "name": "p" * 43,
        "secret": secret.hex(),
        "key": ring_key.hex(),
        "sealed": base64.b64encode(sealed).decode(),
    }
    path = vectors.FOLDER / "python.json"
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
