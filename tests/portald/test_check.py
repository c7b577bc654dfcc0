"""`portal check`: the running portal is known again, and what stands between it and customers is told of."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import portal_probe, settings
from helpdeskctl.queries.doctor import Level
from helpdeskctl.queries.portal_proof import proof
from tests.portald.conftest import Portal
from tests.servers.certificates import Certificate, Certificates

GOOD = {
    "Content-Security-Policy": "default-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=1",
}


def told(desk: Desk) -> list[tuple[Level, str]]:
    """What is not well, asked from outside."""
    found = [each.finding for each in portal_probe.probe(desk, external=True)]
    assert all(each.mend for each in found if each.level > Level.NOTE)
    return [(each.level, each.text) for each in found if each.level is not Level.OK]


def test_the_running_portal_is_this_desks_and_tells_a_stranger_nothing(portal: Portal) -> None:
    assert told(portal.desk) == []
    browser = portal.browser()
    assert browser.get("/healthz").text == "ok\n"
    assert browser.get("/healthz?check=guess").text == "ok\n"
    answered = browser.get("/healthz?check=" + "0" * 32).text
    assert answered == f"ok {proof(portal.desk, '0' * 32)}\n"


@contextmanager
def stand_in(desk: Desk, certificate: Certificate | None = None, **odd: object) -> Iterator[None]:
    """A server in the portal's place, whose answers are right but for what is `odd`."""
    headers: Mapping[str, str] = {name: value for name, value in GOOD.items() if name != odd.get("without")}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            health = self.path.startswith("/healthz")
            self.send_response(200 if health else int(str(odd.get("status", 200))))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            nonce = self.path.rpartition("=")[2]
            said = f"ok {proof(desk, nonce, **({'version': str(odd['version'])} if 'version' in odd else {}))}\n"
            self.wfile.write((str(odd.get("says", said)) if health else "page").encode())

        def log_message(self, *words: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        server.socket = certificate.server_context().wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who hangs up is no fault here
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    settings.put(desk, SYSTEM, "portal_url", f"{'https' if certificate else 'http'}://localhost:{server.server_port}")
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("odd", "level", "words"),
    [
        ({"says": "ok"}, Level.ERROR, "not this desk's portal"),
        ({"version": "0.0.0"}, Level.ERROR, "another version"),
        ({"status": 400}, Level.ERROR, "answers 400"),
        ({"without": "Content-Security-Policy"}, Level.WARNING, "without Content-Security-Policy"),
    ],
)
def test_what_is_odd_at_the_address_is_told(desk: Desk, odd: dict[str, object], level: Level, words: str) -> None:
    with stand_in(desk, **odd):
        ((found, text),) = told(desk)
    assert found is level and words in text


def test_certificates_are_looked_at(desk: Desk, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca_file))
    with stand_in(desk, certificates.good):
        assert [text for level, text in told(desk) if level is Level.ERROR] == []
    for certificate in (certificates.wrong_host, certificates.untrusted):
        with stand_in(desk, certificate):
            ((level, text),) = told(desk)
            assert level is Level.ERROR and "certificate" in text
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED


def test_nothing_at_the_address_is_told(desk: Desk) -> None:
    settings.put(desk, SYSTEM, "portal_url", "http://localhost:1")
    ((level, text),) = told(desk)
    assert level is Level.ERROR and "nothing answers" in text


def test_a_name_without_an_address_is_no_fault_of_the_daemon(desk: Desk) -> None:
    settings.put(desk, SYSTEM, "portal_url", "https://help.invalid")
    (found,) = (each.finding for each in portal_probe.probe(desk, external=True) if each.finding.level is Level.ERROR)
    assert "nothing answers" in found.text and "name server" in (found.mend or "")


def test_the_daemons_own_door_is_asked_as_the_host_that_customers_use() -> None:
    inner = portal_probe._inner  # what a socket or an open address becomes is not seen from outside
    assert inner("unix:/run/portal.sock", "https://help.example.org").at == "/run/portal.sock"
    assert inner("0.0.0.0:8080", None).at == ("127.0.0.1", 8080)
    assert inner("[::1]:8080", "https://help.example.org:8443").host == "help.example.org:8443"
