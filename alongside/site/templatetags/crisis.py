"""What stands on every page, with or without sign-in or database: the crisis block (A-25) and a place to leave to."""

from django import template
from django.utils import translation

from alongside.content import law

register = template.Library()


@register.inclusion_tag("parts/crisis.html")
def crisis(pack: str = "") -> dict[str, object]:
    """Show the crisis lines of a pack's country; of the default country where no pack is known."""
    return {"lines": law.crisis_lines(law.country_of(pack), translation.get_language() or "en")}


@register.simple_tag
def neutral_place() -> str:
    """Return where "Leave now" goes on pages that belong to no organisation."""
    return law.pack("generic-us", translation.get_language() or "en").leave_to
