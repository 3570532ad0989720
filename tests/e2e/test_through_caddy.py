"""One small server behind Caddy, as deploy/caddy/one.Caddyfile has it: what arrives, what is graded, what is logged."""

import json
import os
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.fronted import Front, caddy_is_here, fronted
from tests.e2e.grader import grade
from tests.e2e.installation import Installation, installed
from tools.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(not caddy_is_here(), reason="needs Caddy: apt install caddy")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Front]]:
    """Pine County, served behind Caddy with HTTPS."""
    folder, port = tmp_path_factory.mktemp("caddy"), free_port()
    settings = {"ALONGSIDE_HTTPS": "yes", "ALONGSIDE_PROXIES": "1", "ALONGSIDE_HOSTS": "localhost"}
    with installed(folder, demo=False, **settings) as made:
        made.env["ALONGSIDE_ADDRESS"] = f"https://localhost:{port}"
        made.start()
        with fronted(folder, "one.Caddyfile", [made.port], port=port) as front:
            made.env["SSL_CERT_FILE"] = str(front.authority)
            yield made, front


def findings(made: Installation, **more: str) -> dict[str, tuple[str, str]]:
    """Return what the doctor says, by name."""
    before = dict(made.env)
    made.env.update(more)
    try:
        said = json.loads(made.command("doctor", "--json").stdout)
    finally:
        made.env.clear()
        made.env.update(before)
    return {one["name"]: (one["level"], one["says"]) for one in said["findings"]}


@pytest.mark.req("K-24")
@pytest.mark.parametrize(
    "path", ["/ask/pine-county/en/", "/ask/pine-county/en/ask", "/in/enter/login/", "/kept", "/nowhere"]
)
def test_a_standard_grader_gives_every_page_an_a_plus(site: tuple[Installation, Front], path: str) -> None:
    _made, front = site
    with front.client() as visitor:
        answer = visitor.get(path)
        plain = visitor.get(f"http://localhost:{front.plain_port}{path}")
    to_https = plain.status_code in {301, 308} and plain.headers["location"].startswith("https://localhost")
    got, given = grade(answer.headers, answer.headers.get_list("set-cookie"), answer.text, to_https)
    assert got == "A+", given
    assert min(given.values()) >= 0, given
    assert bool(answer.cookies) == path.startswith("/in/")


def test_the_grader_sees_what_is_missing() -> None:
    assert grade({}, [], "", to_https=False)[0] == "F"
    loose = {"content-security-policy": "script-src 'self' 'unsafe-inline'", "strict-transport-security": "max-age=60"}
    assert grade(loose, ["in_session=1; Path=/"], "", to_https=True)[0] == "F"


@pytest.mark.req("K-24")
def test_cookies_of_the_team_are_for_https_only_and_for_their_pages(site: tuple[Installation, Front]) -> None:
    with site[1].client() as visitor:
        lines = visitor.get("/in/enter/login/").headers.get_list("set-cookie")
    assert lines
    for line in lines:
        assert line.startswith("__Secure-in_")
        assert {"Path=/in/", "Secure", "HttpOnly", "SameSite=Strict"} <= {part.strip() for part in line.split(";")}
        assert "max-age" not in line.lower()


@pytest.mark.req("A-25")
def test_http_2_is_spoken_and_nothing_older_than_tls_1_2(site: tuple[Installation, Front]) -> None:
    front = site[1]
    context = ssl.create_default_context(cafile=str(front.authority))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", front.port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as safe,
    ):
        assert safe.selected_alpn_protocol() == "h2"
        assert safe.version() == "TLSv1.3"
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(front.authority)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.options &= ~(ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1)
    with pytest.warns(DeprecationWarning):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", front.port)) as plain, pytest.raises(ssl.SSLError):
        old.wrap_socket(plain, server_hostname="localhost")


@pytest.mark.req("K-26")
def test_no_log_names_a_visitor_or_a_page_even_when_the_server_is_gone(site: tuple[Installation, Front]) -> None:
    made, front = site
    with front.client(headers={"User-Agent": "Planted-Agent"}) as visitor:
        assert visitor.get("/ask/pine-county/en/?planted-page").status_code == 200
        made.stop()
        gone = visitor.get("/ask/pine-county/en/?planted-page")
        assert gone.status_code == 502
        assert 'href="tel:911"' in gone.text
        assert 'href="tel:988"' in gone.text
        assert "Planted" not in gone.text
        got, _given = grade(gone.headers, [], gone.text, to_https=True)
        assert got in {"A+", "A"}
        made.start()
        assert visitor.get("/ask/pine-county/en/").status_code == 200
    for log in (front.log, made.log):
        text = log.read_text()
        assert "Planted-Agent" not in text
        assert "planted-page" not in text
        assert "pine-county" not in text


@pytest.mark.req("K-24")
def test_a_body_larger_than_any_page_of_ours_ends_at_the_front(site: tuple[Installation, Front]) -> None:
    with site[1].client() as visitor:
        answer = visitor.post("/ask/pine-county/requests", content=bytes(300_000))
    assert answer.status_code in {413, 502}


def test_the_doctor_finds_the_way_in_right(site: tuple[Installation, Front]) -> None:
    found = findings(site[0])
    assert {name: found[name][0] for name in ("address", "certificate", "proxies")} == dict.fromkeys(
        ("address", "certificate", "proxies"), "ok"
    )


@pytest.mark.parametrize(
    ("proxies", "says"),
    [("0", "one guesser locks everybody out"), ("2", "only 1 stand in front")],
)
def test_the_doctor_names_a_wrong_number_of_proxies(site: tuple[Installation, Front], proxies: str, says: str) -> None:
    level, text = findings(site[0], ALONGSIDE_PROXIES=proxies)["proxies"]
    assert (level, says in text) == ("failure", True), text


def test_the_doctor_names_a_certificate_nobody_knows_and_one_for_another_name(
    site: tuple[Installation, Front], tmp_path: Path
) -> None:
    made, front = site
    nobody = findings(made, SSL_CERT_FILE=os.devnull)["certificate"]
    assert nobody[0] == "failure"
    assert "not signed by anybody" in nobody[1]
    other = findings(made, ALONGSIDE_ADDRESS=f"https://127.0.0.1:{front.port}", ALONGSIDE_HOSTS="127.0.0.1")
    assert other["certificate"][0] == "failure"
    assert other["address"][0] == "ok"
    silent = findings(made, ALONGSIDE_ADDRESS=f"https://localhost:{free_port()}")["certificate"]
    assert "Nothing answers" in silent[1]


def test_nobody_but_the_doctor_is_told_what_arrives(site: tuple[Installation, Front]) -> None:
    with site[1].client() as visitor:
        assert visitor.get("/in/enter/looking/forged-token").status_code == 404


@pytest.mark.req("A-25")
def test_the_settled_secret_opens_everything_and_the_former_one_nothing(site: tuple[Installation, Front]) -> None:
    made, _front = site
    assert made.command("secret", "settle").returncode == 1
    renewed = made.command("secret", "renew")
    assert renewed.returncode == 0, renewed.stderr
    assert oct((made.data / "secret_key").stat().st_mode & 0o777) == "0o600"
    early = made.command("secret", "settle")
    assert (early.returncode, "Restart it first" in early.stderr) == (1, True), early.stderr
    assert "former" in findings(made)
    made.stop()
    made.start()
    time.sleep(1)
    settled = made.command("secret", "settle")
    assert settled.returncode == 0, settled.stderr
    assert not (made.data / "secret_key_former").exists()
    made.stop()
    made.start()
    found = findings(made)
    assert "former" not in found
    assert found["proxies"][0] == "ok"
