"""Sends an IP address to the name: passkeys and this device's storage belong to a host name."""

import ipaddress
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

Handler = Callable[[HttpRequest], HttpResponse]


class NameNotNumber:
    """Redirects http://127.0.0.1:8000/... to http://localhost:8000/..."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host, _, port = request.META.get("HTTP_HOST", "").rpartition(":")
        try:
            ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            return self.get_response(request)
        return HttpResponsePermanentRedirect(f"http://localhost:{port}{request.get_full_path()}")
