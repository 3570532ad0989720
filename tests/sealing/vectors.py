"""The examples in `vectors/`, which the browser's tests read too. How edits are written: vectors/README.md."""

import base64
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "vectors"


def read(name: str) -> Any:
    """Return the content of a vector file."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def sealed(name: str) -> bytes:
    """Return a sealed example of envelopes.json."""
    return base64.b64decode(read("envelopes.json")[name]["sealed"], validate=True)


def edited(data: bytes, edits: list[dict[str, Any]]) -> bytes:
    """Return `data` after the edits."""
    for edit in edits:
        data = _edited_once(data, edit)
    return data


def _edited_once(data: bytes, edit: dict[str, Any]) -> bytes:
    if edit.get("armor"):
        text = base64.b64encode(data)
        lines = [text[at : at + 64] for at in range(0, len(text), 64)]
        return b"\n".join([b"-----BEGIN AGE ENCRYPTED FILE-----", *lines, b"-----END AGE ENCRYPTED FILE-----", b""])
    if edit.get("crlf"):
        end = data.index(b"\n--- ") + 49
        return data[:end].replace(b"\n", b"\r\n") + data[end:]
    at: int = len(data) if edit["at"] is None else edit["at"] % len(data) if edit["at"] < 0 else edit["at"]
    if "xor" in edit:
        return data[:at] + bytes([data[at] ^ int(edit["xor"])]) + data[at + 1 :]
    removed: int = len(data) - at if edit.get("remove") == "rest" else edit.get("remove", 0)
    put: bytes
    if "copy" in edit:
        start, count = edit["copy"]
        put = data[start : start + count]
    else:
        put = edit.get("insert", "").encode() + bytes.fromhex(edit.get("insert_hex", ""))
    times: int = edit.get("times", 1)
    return data[:at] + put * times + data[at + removed :]
