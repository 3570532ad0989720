"""Public keys as templates carry them to scripts."""

from django import template

from alongside.sealing import rules as seals

register = template.Library()


@register.filter
def base64url(key: bytes | None) -> str:
    """Return a public key as text; nothing for none."""
    return seals.base64url(key) if key else ""
