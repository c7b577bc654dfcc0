"""What pages keep from one reader to the next: it looks the same to both, and nothing in it is anybody's."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.presentation import Shown
from helpdeskctl.operations import sessions
from helpdeskctl.queries.portal_tickets import Line
from portald.app import make_app, make_site
from portald.pages import Pages
from tests.builders import Builder

NOW = datetime(2026, 5, 3, 13, 5, tzinfo=UTC)
LINE = Line(7, "{0} <b> {last}", Shown("received", {}, 1), "{subject} & sons", NOW, NOW, mine=False)


def page(app: Any, secret: str, path: str = "/tickets") -> str:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": "127.0.0.1", "REMOTE_ADDR": "127.0.0.1"}
    return b"".join(app(environ | {"HTTP_COOKIE": f"portal={secret}"}, lambda *said: None)).decode()


def test_the_buttons_of_each_reader_carry_their_own_token(desk: Desk) -> None:
    build, site = Builder(desk), make_site(desk)
    app, tokens = make_app(site), {}
    for name in ("alice", "bob"):
        contact = build.contact(f"{name}@acme.example", portal_access=True)
        secret = sessions.open_session(desk, contact, sessions.Browser())
        found = set(re.findall(r'name="form" value="([^"]+)"', page(app, secret)))
        (tokens[contact],) = found
    read = {who: site.tokens.read(token, now=desk.now()) for who, token in tokens.items()}
    assert {who: token and token.contact_id for who, token in read.items()} == {who: who for who in tokens}


def test_a_main_contact_alone_is_led_to_the_companys_requests(desk: Desk) -> None:
    build, app = Builder(desk), make_app(make_site(desk))
    led = {}
    for name, main in (("alice", True), ("bob", False), ("carl", True)):
        contact = build.contact(f"{name}@acme.example", company="acme", main_contact=main, portal_access=True)
        led[name] = 'href="/company"' in page(app, sessions.open_session(desk, contact, sessions.Browser()))
    assert led == {"alice": True, "bob": False, "carl": True}


def test_a_row_shows_braces_and_markup_as_they_were_typed() -> None:
    rows = Pages().rows
    row = rows.of([LINE], "en", "UTC")
    assert "<bdi>{0} &lt;b&gt; {last}</bdi>" in row
    assert "Opened by {subject} &amp; sons<" in row
    assert "Opened by" not in rows.of([replace(LINE, mine=True)], "en", "UTC")
    assert "Opened by" not in rows.of([LINE], "de", "UTC")
