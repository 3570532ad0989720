"""What the places on call are called."""

from typing import TYPE_CHECKING

from django import template

from alongside.rota import queries as rota

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

register = template.Library()


@register.filter
def place(tier: int) -> "StrOrPromise":
    """Return what a tier is called: first, backup, third or fourth."""
    return rota.PLACES[tier]


@register.filter
def place_now(tier: int) -> "StrOrPromise":
    """Return what stands before the name of who is on call in a tier now."""
    return rota.place_now(tier)
