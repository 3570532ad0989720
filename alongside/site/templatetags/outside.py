"""One entry of outside help, as members and the team see it."""

from typing import Any
from urllib.parse import quote

from django import template
from django.utils import translation
from django.utils.translation import gettext as _

from alongside.content import resources as content
from alongside.directory.queries import Resource

register = template.Library()


@register.inclusion_tag("parts/resource.html")
def outside(one: Resource, share: bool = False) -> dict[str, Any]:
    """Show an entry in the active language; with `share`, ways to pass it on that send nothing to this server."""
    language = translation.get_language() or "en"
    spoken = content.labels("languages", language)
    said = one.says(language)
    shown = {
        "one": one,
        "language": language,
        "said": said,
        "spoken": ", ".join(spoken[key] for key in one.entry.languages),
        "needs": " ".join(one.entry.needs),
    }
    if share:
        text = shared(one, language)
        # A neutral subject: whoever sees a list of mails learns nothing.
        shown |= {"share": text, "mail": f"mailto:?subject={quote(_('Information'))}&body={quote(text)}"}
        shown |= {"sms": f"sms:?&body={quote(text)}"}
    return shown


@register.filter
def called(one: Resource) -> str:
    """Return the name of an entry in the active language."""
    return one.says(translation.get_language() or "en")["name"].text


def shared(one: Resource, language: str) -> str:
    """Return an entry as a few lines to pass on."""
    said = one.says(language)
    lines = [said["name"].text, one.number]
    if one.text_number:
        lines.append(_("Text %s") % one.text_number)
    lines.append(one.entry.site)
    lines += [said[name].text for name in ("hours", "cost") if name in said]
    return "\n".join(filter(None, lines))
