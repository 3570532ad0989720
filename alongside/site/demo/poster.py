"""The demonstration's poster, which the world knows; the code of a real one never comes to a server."""

import base64

from alongside.site.demo.words import signing

POSTER_CODE = bytes.fromhex(signing()["code"])


def poster_part() -> str:
    """Return what stands behind the `#` of the poster's link: the verifying key, then the code."""
    return "p=" + base64.urlsafe_b64encode(base64.b64decode(signing()["root"]) + POSTER_CODE).rstrip(b"=").decode()
