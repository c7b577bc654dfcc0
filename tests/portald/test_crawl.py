"""Every address of the portal: headers and cookies of all answers, no change by looking, no change by a forged form,
and no secret left anywhere (security 34, 38, 42)."""

from __future__ import annotations

import re
import socket
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest

from helpdeskctl.store.tables import PortalDraft
from tests.portald.browser import Answer
from tests.portald.conftest import Portal
from tests.portald.matrix import TABLE
from tests.portald.world import MISSING, World, every_row, filled_in, routes, world

HTTPS = "help.example.org"
ABROAD = {"host": HTTPS, "https": True}
INSIDE_OUT = re.compile(r"(?i)waitress|python|bottle|peewee|jinja|traceback|/work|\.py\b|site-packages|sqlite|psycopg")


@pytest.fixture(scope="module")
def there(running: Portal) -> World:
    """The world of this module, once on each database."""
    return world(running)


@pytest.fixture
def https(portal: Portal) -> Portal:
    """The portal as it stands behind a proxy that speaks https."""
    portal.set("portal_url", f"https://{HTTPS}")
    return portal


SECRET = tuple(name.partition(" ")[2].partition("<secret>")[0] for name in TABLE if "<secret>" in name)
"""Where addresses begin that open something."""


COUNTED = ("rate_limit",)
"""What looking may leave: that somebody knocked."""


def check(answer: Answer) -> None:
    """What holds for every answer over https."""
    where = (answer.url, answer.status, answer.headers)
    policy = answer.header("Content-Security-Policy")
    assert all(each in policy for each in ("default-src", "object-src 'none'", "base-uri 'none'")), where
    assert "'unsafe" not in policy, where
    assert "frame-ancestors 'none'" in policy or answer.url.startswith("/embed/"), where
    assert answer.header("X-Content-Type-Options") == "nosniff", where
    assert answer.header("Referrer-Policy") in ("same-origin", "strict-origin"), where
    assert answer.header("Strict-Transport-Security") == "max-age=31536000; includeSubDomains", where
    assert answer.header("Server") == "", where
    if answer.status != 200:
        assert not INSIDE_OUT.search(answer.text), where
    if answer.url.startswith(SECRET) and answer.status == 200:
        assert answer.header("Referrer-Policy") == "strict-origin", where
    for line in answer.all("Set-Cookie"):
        for name, morsel in SimpleCookie(line).items():
            assert name.startswith("__Host-") or name == "lang", where
            flags = [morsel["secure"], morsel["httponly"], morsel["samesite"].lower(), morsel["path"], morsel["domain"]]
            assert flags == [True, True, "lax", "/", ""], where


def test_every_answer_has_its_headers_and_looking_changes_no_row(there: World, https: Portal) -> None:
    addresses = {there.path(name, kind) for name, row in TABLE.items() for kind in (*row.opens, "missing")}
    addresses |= {f"{there.path(name, '')}{more}" for name, row in TABLE.items() for more in row.also}
    addresses |= {"/?lang=de", "/nothing", "/..%2f..%2fetc/passwd", "/%00", "/%c3%a4", "/%ff", "/tickets/x", *NOT_THERE}
    people = [there.browser(who, **ABROAD) for who in ("nobody", "carl")]
    before = every_row(COUNTED)
    for browser in people:
        waiting, seen = sorted(addresses), set[str]()
        while waiting:
            path = waiting.pop()
            seen.add(path)
            answer = browser.request("GET", path)
            assert answer.status < 500, path
            check(answer)
            waiting += [link for link in leads(answer) if link not in seen and link not in waiting]
        assert len(seen) > len(addresses) + 5
    for number, path in enumerate(sorted(addresses)):
        for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "TRACE") if number % 5 == 0 else ("HEAD",):
            check(people[0].request(method, path))
    assert every_row(COUNTED) == before


NOT_THERE = (
    "/setup",
    "/install",
    "/debug",
    "/console",
    "/metrics",
    "/.git/config",
    "/config.toml",
    "/admin/",
    "/favicon",
)


def leads(answer: Answer) -> list[str]:
    """Where a page leads to here."""
    found = answer.links if answer.header("Content-Type").startswith("text/html") else []
    found = [*found, answer.header("Location").removeprefix(f"https://{HTTPS}")]
    return [link.partition("#")[0] for link in found if link.startswith("/") and not link.startswith("//")]


def test_there_is_no_set_up_no_debugger_and_no_inside_to_see(portal: Portal) -> None:
    guest = portal.browser()
    assert {path: guest.get(path).status for path in NOT_THERE} == dict.fromkeys(NOT_THERE, 404)


def test_errors_have_the_headers_too_and_tell_nothing_of_the_inside(there: World, https: Portal) -> None:
    alice = there.browser("alice", **ABROAD)
    token = {"form": there.token("alice", alice)}
    answers = [
        alice.post("/new", token | {"body": "x" * 600_000}, follow=False),
        alice.post("/new", {}, follow=False),
        alice.request("POST", "/new", b"{}", {"Content-Type": "application/json"}),
    ]
    kept = PortalDraft.get(PortalDraft.route == "/new")
    there_it_is = PortalDraft.nonce_sha256 == kept.nonce_sha256
    PortalDraft.update(content=[5]).where(there_it_is).execute()  # nothing that anybody expects
    answers.append(alice.request("GET", there.path("GET /sent/<nonce>", "alices")))
    PortalDraft.update(content=kept.content).where(there_it_is).execute()
    assert [answer.status for answer in answers] == [413, 403, 400, 500]
    for answer in answers:
        check(answer)
    for sent in (
        b"GARBAGE\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: help.example.org\r\nContent-Length: 999999999\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: help.example.org\r\nContent-Length: -1\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: help.example.org\r\nTransfer-Encoding: odd\r\n\r\n",
    ):
        answer = raw(https, sent)
        assert re.match(rb"HTTP/1.[01] [45]", answer), sent
        assert b"Content-Security-Policy" in answer and b"nosniff" in answer, sent
        assert not INSIDE_OUT.search(answer.decode("latin-1")), answer


def raw(portal: Portal, sent: bytes) -> bytes:
    """What comes back for octets that no browser would send."""
    with socket.create_connection(("127.0.0.1", portal.port), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_form_without_a_right_token_or_from_elsewhere_is_refused_and_changes_nothing(
    there: World, portal: Portal
) -> None:
    alice, eve, nobody = there.browser("alice"), there.browser("eve"), there.browser("nobody")
    own = there.token("alice", alice)
    tokens = {
        "none": "",
        "eve's": there.token("eve", eve),
        "another session's": there.token("alice", there.browser("alice")),
        "a guest's": there.token("nobody", nobody),
        "an old one": there.token("alice", alice, age=timedelta(hours=25)),
        "shortened": own[:-1],
        "changed": own.replace(own[:3], "999", 1),
        "nonsense": "1.2.3.4.5",
    }
    here = f"127.0.0.1:{portal.port}"
    before = every_row(COUNTED)
    for name, takes in routes(portal).items():
        if not name.startswith("POST ") or takes == "one_click":  # a mail program has the address and nothing else
            continue
        row, kind = TABLE[name], next(iter(TABLE[name].opens))
        path = there.path(name, kind if row.thing != "secret" else "missing")
        fields = filled_in(row.fields, MISSING | dict(there.values(row.thing, kind if row.thing != "secret" else "")))
        for what, token in tokens.items():
            if not (what == "a guest's" and takes == "guest"):
                answer = alice.post(path, fields | {"form": token}, follow=False)
                assert answer.status == 403, (name, what, answer.status)
        for origin in ("https://evil.example", "null", f"http://{here}.evil.example", f"https://{here}"):
            assert alice.post(path, fields | {"form": own}, follow=False, Origin=origin).status == 403, (name, origin)
        crossed = alice.post(path, fields | {"form": own}, follow=False, Origin="", Sec_Fetch_Site="cross-site")
        assert crossed.status == 403, name
    assert every_row(COUNTED) == before


def test_no_secret_is_left_in_the_log_or_the_database(there: World, portal: Portal) -> None:
    for name in TABLE:
        if "<secret>" in name:
            for purpose in TABLE[name].opens:
                there.browser("nobody").request("GET", there.path(name, purpose))
    browser = there.browser("nobody")
    typed = {"email": there.addresses["eve"], "password": "canary otter password", "action": "password"}
    browser.post("/login", typed | {"form": there.token("nobody", browser)})
    number = there.things["number"]["tinas"]["number"]
    link = there.path("POST /t/<secret>/reply", "ticket_link")
    answer = browser.post(
        link, {"form": there.token("nobody", browser), "body": "By link.", "seen": "9" * 12}, follow=False
    )
    assert answer.status == 303, number
    secrets = [*there.secrets, typed["password"]]
    written = portal.log.read_text() + "".join(line for rows in every_row().values() for line in rows)
    assert [secret for secret in secrets if secret in written] == []
    if portal.desk.database.kind == "sqlite":
        files = [path for path in portal.desk.config.path.parent.parent.glob("desk.db*") if path.is_file()]
        kept = b"".join(path.read_bytes() for path in files)
        assert files and [secret for secret in secrets if secret.encode() in kept] == []
