"""Changes to organisations, people and their way in."""

from alongside.accounts.actions.audit import (
    hold,
    note_change,
)
from alongside.accounts.actions.entering import (
    DAYS_AT_INSTALLATION,
    AlreadyHere,
    NotInvited,
    accept_invitation,
    invite,
    join,
    purge_invitations,
    withdraw_invitation,
)
from alongside.accounts.actions.oneself import (
    LastContactPoint,
    add_contact_point,
    change_language,
    remove_contact_point,
    try_contact_point,
)
from alongside.accounts.actions.organisations import (
    change_organisation,
    make_organisation,
    set_open,
)
from alongside.accounts.actions.passkeys import (
    LastWayIn,
    NotTheirs,
    TooManyPasskeys,
    add_passkey,
    remove_passkey,
    rename_passkey,
    start_afresh,
)
from alongside.accounts.actions.roles import (
    LastCoordinator,
    give_role,
    revoke,
    sign_out_everywhere,
)

__all__ = [
    "DAYS_AT_INSTALLATION",
    "AlreadyHere",
    "LastContactPoint",
    "LastCoordinator",
    "LastWayIn",
    "NotInvited",
    "NotTheirs",
    "TooManyPasskeys",
    "accept_invitation",
    "add_contact_point",
    "add_passkey",
    "change_language",
    "change_organisation",
    "give_role",
    "hold",
    "invite",
    "join",
    "make_organisation",
    "note_change",
    "purge_invitations",
    "remove_contact_point",
    "remove_passkey",
    "rename_passkey",
    "revoke",
    "set_open",
    "sign_out_everywhere",
    "start_afresh",
    "try_contact_point",
    "withdraw_invitation",
]
