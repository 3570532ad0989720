"""Whose tries at the door are counted together; how many there may be stands in settings (ACCOUNT_RATE_LIMITS).

Counted in the memory of this process for minutes and nowhere else; two web servers count each for themselves. Tries
at a password are counted by who tries and at whose, together: somebody who hammers at a supporter's address locks only
themselves out.
"""

from typing import Any

from allauth.core.internal.ratelimit import get_ip
from django.http import HttpRequest

from alongside.accounts import sso


class AccountAdapter(sso.AccountAdapter):
    """Counts tries by network address and e-mail address together."""

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        login = str(credentials.get("email", credentials.get("username", ""))).lower()
        return f"{get_ip(request)}:{login}"
