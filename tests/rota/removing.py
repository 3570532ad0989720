"""What tests of a removal share: the page that asks, and what its form sends."""

import re

from django.test import Client


def looked_at(client: Client, path: str) -> dict[str, str]:
    """Open the page that asks; return what its button would send."""
    page = client.get(path)
    assert page.status_code == 200
    return dict(re.findall(r'<input type="hidden" name="(seen|view)" value="([^"]*)"', page.content.decode()))
