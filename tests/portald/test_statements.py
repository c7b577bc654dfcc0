"""How often a page asks the database: each statement is a wait on Postgres, and most of a page's cost."""

from __future__ import annotations

import io
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.operations import sessions
from helpdeskctl.store.tables import Contact
from portald.app import make_app, make_site
from tests.builders import Builder
from tests.queries.counting import counted

AGENT, CUSTOMER = "ann@example.org", "alice@acme.example"


@pytest.fixture
def number(desk: Desk) -> int:
    """One of thirty requests of a customer, with messages of both sides."""
    build = Builder(desk)
    build.department("support", public=True)
    build.agent(AGENT, support="agent")
    build.contact(CUSTOMER, portal_access=True)
    numbers = [build.ticket(f"Request {n}", requester=CUSTOMER) for n in range(30)]
    for _ in range(5):
        build.message(numbers[0], "An answer", direction="out", agent=AGENT)
    return numbers[0]


def statements(desk: Desk, path: str) -> int:
    """How many statements a signed-in customer's page takes, once their texts are written."""
    app = make_app(make_site(desk))
    secret = sessions.open_session(desk, Contact.get(Contact.name == "Alice").id, sessions.Browser())
    ask(app, path, secret)
    with counted(desk) as seen:
        assert ask(app, path, secret).startswith("200")
    return len(seen)


def ask(app: Any, path: str, secret: str) -> str:
    said: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "HTTP_HOST": "127.0.0.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_COOKIE": f"portal={secret}",
        "wsgi.input": io.BytesIO(),
    }
    b"".join(app(environ, lambda status, headers, *rest: said.append(status)))
    return said[0]


def test_a_page_asks_no_more_often_than_it_must(desk: Desk, number: int) -> None:
    found = {path: statements(desk, path) for path in ("/tickets", f"/tickets/{number}", "/account", "/new", "/kb")}
    most = {"/tickets": 5, f"/tickets/{number}": 10, "/account": 5, "/new": 7, "/kb": 8}
    assert {path: count for path, count in found.items() if count > most[path]} == {}
