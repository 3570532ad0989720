"""The code of the demonstration's poster, which the world knows; a real one never comes to a server."""

import base64

POSTER_CODE = bytes.fromhex("50696e6520436f756e747920706f7374")
ROOT_BYTES = 32


def poster_part() -> str:
    """Return what stands behind the `#` of the poster's link: a verifying key (here all zeros), then the code."""
    return "p=" + base64.urlsafe_b64encode(bytes(ROOT_BYTES) + POSTER_CODE).rstrip(b"=").decode()
