"""What every signed-in page shows of the person: their places to go, their organisation, the crisis card."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alongside.accounts import queries as accounts
from alongside.accounts import rules, sso
from alongside.accounts.models import Organisation, Person
from alongside.content import crisis, guides, load
from alongside.kernel import clock
from alongside.site.member_pages import Phone

register = template.Library()

# In the order of the tabs; each is shown to whoever holds its capability (content/roles.toml).
PLACES: tuple[tuple[str, str, str | Promise], ...] = (
    ("team.serve", "in_inbox", _("Inbox")),
    ("shifts.exchange", "in_shifts", _("My shifts")),
    ("team.serve", "in_me", _("My service")),
    ("team.serve", "in_keys", _("My keys")),
    ("team.serve", "in_directory", _("Help outside")),
    ("team.serve", "in_card", _("My card")),
    ("board.see", "in_board", _("Board")),
    ("rota.change", "in_rota", _("Rota")),
    ("team.change", "in_team", _("Team")),
    ("resources.change", "in_resources", _("Numbers")),
    ("roster.sign", "in_signing", _("Signing")),
    ("policy.change", "in_settings", _("Settings")),
    ("audit.see", "in_audit", _("Changes")),
    ("lead.see", "in_lead", _("Programme")),
    ("manage.see", "in_manage", _("For managers")),
    ("operate.see", "in_operate", _("This installation")),
    ("operate.change", "in_organisations", _("Organisations")),
    ("operate.change", "in_operators", _("Operators")),
)

# Pages that are reached from a tab whose address theirs does not begin with.
BELOW = {
    "in_team_rota": "in_shifts",
    "in_availability": "in_shifts",
    "in_calendar": "in_shifts",
    "in_partners": "in_settings",
    "in_law": "in_settings",
    "in_poster": "in_signing",
}


@dataclass(frozen=True)
class Place:
    """One tab."""

    address: str
    label: str | Promise
    here: bool


@dataclass(frozen=True)
class Standing:
    """Who looks at the page, and where they may go."""

    person: Person
    organisation: str
    pack: str
    places: tuple[Place, ...]
    roles: frozenset[str]
    crisis: str
    seats: tuple[accounts.Seat, ...] = ()
    home: Organisation | None = None

    @property
    def serves(self) -> bool:
        """Say whether they hold the role of a supporter."""
        return "supporter" in self.roles

    @property
    def first_name(self) -> str:
        """Return the name's first word: what fits on a phone."""
        return (self.person.name.split(maxsplit=1) or [self.person.email])[0]


@register.simple_tag(takes_context=True)
def standing(context: dict[str, Any]) -> Standing | None:
    """Return what the frame of a signed-in page needs; None where nobody is signed in."""
    request = context.get("request")
    person = getattr(request, "user", None)
    if request is None or not isinstance(person, Person):
        return None
    if not hasattr(request, "standing"):
        request.standing = _standing(request, person)
    return request.standing  # type: ignore[no-any-return]


def _standing(request: HttpRequest, person: Person) -> Standing:
    seats = tuple(accounts.seats(person))
    roles = frozenset(role for seat in seats for role in seat.roles)
    home = next((seat.of for seat in seats if seat.of), None)
    language = (translation.get_language() or "en")[:2]
    return Standing(
        person=person,
        organisation=home.name if home else "",
        pack=home.pack if home else "",
        places=_places(request, roles),
        roles=roles,
        crisis=reverse("in_crisis_path", args=[home.slug, language]) if home else reverse("in_crisis"),
        seats=seats,
        home=home,
    )


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], capability: str) -> bool:
    """Say whether whoever looks at the page holds a capability in the organisation it is about, its `seat`, so that it
    leads nobody to a closed door or into another organisation.
    """
    return rules.may(capability, context["seat"].roles, load.capabilities())


@register.simple_tag(takes_context=True)
def same_place(context: dict[str, Any]) -> str:
    """Return what a supporter's page puts behind the address of another one, so that it is about the same organisation:
    nothing for whoever serves in one alone.
    """
    who = standing(context)
    many = who is not None and sum("supporter" in seat.roles for seat in who.seats) > 1
    return f"?of={context['seat'].organisation.slug}" if many else ""


@dataclass(frozen=True)
class PasskeyPlace:
    """Whether passkeys work on the page as it was asked for: `host` they are bound to (empty: none), `works` here."""

    host: str
    works: bool
    address: str


@register.simple_tag(takes_context=True)
def passkey_place(context: dict[str, Any]) -> PasskeyPlace:
    """Return where passkeys work, and whether that is here."""
    address, host = str(settings.ALONGSIDE_ADDRESS), sso.passkey_host()
    request = context.get("request")
    # Names only: whether the way here is HTTPS, a proxy may have kept to itself, and the browser knows.
    scheme = address.partition("://")[0]
    here = rules.origin(f"{scheme}://{request.get_host()}") if request else ""
    return PasskeyPlace(host, bool(host) and here == rules.origin(address), address)


@register.simple_tag
def passkeys_of(person: Person) -> list[accounts.Passkey]:
    """Return a person's own passkeys."""
    return accounts.passkeys_of(person.id)


@dataclass(frozen=True)
class Advice:
    """Where clinical advice can be had, and whether it can now."""

    label: str
    phone: Phone
    says: str


@register.simple_tag
def clinical_advice(who: Standing) -> Advice | None:
    """Return whom a supporter may ask for clinical advice; None where the programme entered no number (D-11)."""
    language = (translation.get_language() or "en")[:2]
    phone = who.home and Phone.of(who.home.clinical_number, "")
    if not who.home or not phone:
        return None
    now = clock.now().astimezone(ZoneInfo(who.home.time_zone))
    found = accounts.clinical_reach(who.home, now)
    until = found.until and found.until.astimezone(now.tzinfo)
    return Advice(crisis.words(language)["clinical"], phone, crisis.reachable(found.now, until, now, language))


@register.simple_tag
def crisis_card() -> guides.Guide:
    """Return the card for a crisis: one tap from every supporter's page (D-09)."""
    return guides.guide("guide-crisis-card", translation.get_language() or "en")


def _places(request: HttpRequest, roles: frozenset[str]) -> tuple[Place, ...]:
    allowed = load.capabilities()
    addresses = [(reverse(name), label) for may, name, label in PLACES if rules.may(may, roles, allowed)]
    path = next((reverse(tab) for page, tab in BELOW.items() if request.path.startswith(reverse(page))), request.path)
    # A page below a tab belongs to the longest address that it begins with.
    here = max((one for one, _label in addresses if path.startswith(one)), key=len, default="")
    return tuple(Place(address, label, address == here) for address, label in addresses)
