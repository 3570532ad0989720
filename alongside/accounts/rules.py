"""Who may do what."""

from collections.abc import Collection, Iterable, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ROLES = ("supporter", "coordinator", "clinician", "leader", "manager", "operator")
# A clinician advises and never serves as a supporter (M-03); an operator stands outside every organisation (M-21).
APART = ({"clinician", "supporter"},)


class RolesApart(ValueError):
    """Two of the roles may not be held by one person."""


def may(capability: str, roles: Iterable[str], register: Mapping[str, Iterable[str]]) -> bool:
    """Say whether one of the roles holds the capability; raises KeyError for a capability not in the register."""
    return not set(register[capability]).isdisjoint(roles)


def check_roles(roles: Iterable[str]) -> None:
    """Refuse roles that must stay with different people (RolesApart) and unknown ones (ValueError)."""
    held = set(roles)
    if unknown := held - set(ROLES):
        raise ValueError(f"unknown roles: {sorted(unknown)}")
    if any(pair <= held for pair in APART):
        raise RolesApart


def check_invitation(wanted: Collection[str], *, held: Iterable[str], outside: bool) -> None:
    """Refuse an invitation to no role, to roles that cannot be together with those held (RolesApart), or in the wrong
    place.

    An operator stands outside every organisation, everybody else in one (ValueError).
    """
    check_roles([*wanted, *held])
    if not wanted or ("operator" in wanted) != outside or (outside and len(wanted) > 1):
        raise ValueError("these roles cannot be given here")


def check_zone(name: str) -> None:
    """Refuse the name of a time zone that does not exist (ValueError)."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone: {name!r}") from None
