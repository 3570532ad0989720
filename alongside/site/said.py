"""One-time sentences between two pages, carried by the browser: the server writes nothing down for them."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse


class InCookie(CookieStorage):
    """Django's signed cookie of messages, below /in/ like every other cookie."""

    cookie_name = "in_said"

    def _update_cookie(self, encoded_data: str, response: HttpResponse) -> None:
        super()._update_cookie(encoded_data, response)  # type: ignore[misc]
        if self.cookie_name in response.cookies:
            response.cookies[self.cookie_name]["path"] = settings.SESSION_COOKIE_PATH
