"""Settings and logs that keep members unknown: cookies stay below /in/, log lines name nobody."""

import importlib
import io
import logging
import logging.config
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.world import World, sign_in


@pytest.mark.req("K-26")
def test_every_cookie_lives_below_the_signed_in_pages() -> None:
    for name in ("SESSION_COOKIE_PATH", "CSRF_COOKIE_PATH", "LANGUAGE_COOKIE_PATH"):
        assert getattr(settings, name) == "/in/", name
    for name in ("SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY", "SESSION_EXPIRE_AT_BROWSER_CLOSE"):
        assert getattr(settings, name) is True, name
    for name in ("SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_SAMESITE"):
        assert getattr(settings, name) == "Strict", name


@pytest.mark.req("K-26")
def test_a_cookie_that_a_page_really_sets_has_that_path_too(world: World, client: Client) -> None:
    answer = client.get("/in/enter/login/")
    assert answer.status_code == 200
    assert answer.cookies
    assert {morsel["path"] for morsel in answer.cookies.values()} == {"/in/"}


@pytest.mark.req("K-26")
def test_member_and_public_pages_set_no_cookie_even_for_a_signed_in_person(world: World, client: Client) -> None:
    sign_in(client, world.hana)
    for path in ("/", "/kept", "/health", "/ask/pine/en/", "/ask/pine/fr/limits", "/ask/nowhere/en/"):
        answer = client.get(path)
        assert not answer.cookies, path
        assert "Cookie" not in answer.headers.get("Vary", ""), path


@pytest.mark.req("K-24")
def test_nothing_is_left_open_by_mistake() -> None:
    product = importlib.import_module("alongside.site.settings")
    assert product.DEBUG is False
    assert product.SESSION_COOKIE_AGE <= 12 * 3600
    assert product.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    assert product.FILE_UPLOAD_HANDLERS == []
    assert "*" not in product.ALLOWED_HOSTS


MARKERS = ("marker-path", "marker-agent", "203.0.113.7", "marker-typed")


@pytest.fixture
def console() -> Any:
    """The product's own log handler, writing where the test can read."""
    config = importlib.import_module("alongside.site.settings").LOGGING
    stream = io.StringIO()
    resolver = logging.config.DictConfigurator(config)
    handler = logging.StreamHandler(stream)
    for name in config["handlers"]["console"]["filters"]:
        handler.addFilter(resolver.configure_filter(dict(config["filters"][name])))
    handler.setFormatter(resolver.configure_formatter(dict(config["formatters"]["plain"])))
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


@pytest.mark.req("K-26")
def test_a_broken_page_leaves_a_log_line_without_path_person_or_text(
    world: World, console: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alongside.help_requests.views import member

    def fail(*args: object) -> None:
        raise ValueError("marker-typed " + str(args))

    monkeypatch.setattr(member.standing, "organisation", fail)
    client = Client(raise_request_exception=False, HTTP_USER_AGENT="marker-agent", REMOTE_ADDR="203.0.113.7")
    answer = client.post(
        "/ask/pine/progress?marker-path",
        data=b"marker-typed" + b"1234",
        content_type="application/octet-stream",
        HTTP_SEC_FETCH_SITE="same-origin",
    )
    said = console.getvalue()
    assert answer.status_code == 500
    assert said
    assert [marker for marker in MARKERS if marker in said + answer.content.decode()] == []


@pytest.mark.req("K-26")
def test_refused_pages_leave_no_line_that_names_them(world: World, console: io.StringIO) -> None:
    client = Client(HTTP_USER_AGENT="marker-agent", REMOTE_ADDR="203.0.113.7", enforce_csrf_checks=True)
    for path in ("/ask/pine/marker-path", "/marker-path", "/in/marker-path"):
        client.get(path)
        client.post(path, {"x": "marker-typed"})
    client.get("/", HTTP_HOST="marker-path.example")
    assert [marker for marker in MARKERS if marker in console.getvalue()] == []


@pytest.mark.req("K-26")
def test_what_any_library_logs_about_a_request_is_stripped(console: io.StringIO) -> None:
    logger = logging.getLogger("django.request")
    logger.error("Internal Server Error: %s", "/ask/marker-path", extra={"status_code": 500, "request": "marker-agent"})
    try:
        raise ValueError("marker-typed")
    except ValueError:
        logging.getLogger("anything").exception("a job failed")
    said = console.getvalue()
    assert "a job failed" in said
    assert "ValueError at " in said
    assert [marker for marker in MARKERS if marker in said] == []
