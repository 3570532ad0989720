"""What people type about organisations, themselves and their way in."""

from alongside.accounts.forms.oneself import (
    ChangePasswordForm,
    CodeForm,
    ContactPointForm,
    FirstCodeForm,
    ForgottenForm,
    FreshCodeForm,
    FreshPasswordForm,
    NewPasswordForm,
    NewPersonForm,
    NoCredentialForm,
    PushForm,
    QuietForm,
    SignInForm,
)
from alongside.accounts.forms.organisations import (
    PHONE,
    SLUG,
    NewOrganisationForm,
    OperatorForm,
    OrganisationForm,
    PackForm,
    hours_forms,
)

__all__ = [
    "PHONE",
    "SLUG",
    "ChangePasswordForm",
    "CodeForm",
    "ContactPointForm",
    "FirstCodeForm",
    "ForgottenForm",
    "FreshCodeForm",
    "FreshPasswordForm",
    "NewOrganisationForm",
    "NewPasswordForm",
    "NewPersonForm",
    "NoCredentialForm",
    "OperatorForm",
    "OrganisationForm",
    "PackForm",
    "PushForm",
    "QuietForm",
    "SignInForm",
    "hours_forms",
]
