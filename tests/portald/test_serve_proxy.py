"""Behind a reverse proxy as docs/portal.md sets one up, and beside clients that never finish (L4, L5, L7)."""

from __future__ import annotations

import re
import resource
import shutil
import signal
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk, open_desk
from helpdeskctl.store.tables import RateLimit, Setting
from tests import desks
from tests.portald.browser import Browser
from tests.portald.conftest import Portal, daemon

SLOW = 500


@pytest.fixture
def behind(sqlite_template: Path, tmp_path: Path) -> Iterator[tuple[Desk, int]]:
    """A desk whose portal stands behind a proxy on this machine, and the port that the proxy asks."""
    shutil.copyfile(sqlite_template, tmp_path / "desk.db")
    more = '[portal]\ntrusted_proxies = ["127.0.0.1"]\n'
    config = desks.write_config(tmp_path / "desk", f"sqlite:///{tmp_path}/desk.db", more=more)
    desk = open_desk(config)
    with desk.connected(), daemon(config, tmp_path / "log") as (_, port):
        Setting.insert(key="portal_url", value="https://help.example.org").execute()
        yield desk, port


def test_the_portals_own_name_makes_it_secure_whatever_the_proxy_claims(behind: tuple[Desk, int]) -> None:
    _, port = behind
    ours, evil = Browser(port, host="help.example.org"), {"X-Forwarded-Host": "evil.example"}
    page = ours.request("GET", "/login", headers=evil | {"X-Forwarded-Proto": "http"})
    assert page.status == 200 and page.header("Strict-Transport-Security")
    assert "evil.example" not in page.text and "not encrypted" not in page.text
    moved = ours.request("GET", "/tickets", headers=evil)
    assert (moved.status, moved.header("Location")) == (303, "/login?next=/tickets")
    theirs = Browser(port, host="evil.example")
    assert theirs.request("GET", "/login").status == 400
    assert theirs.request("GET", "/login", headers={"X-Forwarded-Host": "help.example.org"}).status == 400


def test_limits_count_the_client_that_the_proxy_names_last(behind: tuple[Desk, int]) -> None:
    _, port = behind
    browser = Browser(port, host="help.example.org", https=True)
    browser.get("/login")
    typed = {"email": "a@acme.example", "password": "wrong words here", "action": "password"}
    for claimed in ("198.51.100.7, 203.0.113.9", "198.51.100.8, 203.0.113.9", "198.51.100.7, 203.0.113.10"):
        browser.submit("/login", typed, X_Forwarded_For=claimed)
    counted = [row.hits for row in RateLimit.select().where(RateLimit.key.startswith("login:peer:"))]
    assert sorted(counted) == [1, 2]


def test_a_customer_is_served_beside_five_hundred_who_never_finish(portal: Portal) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * SLOW)), hard))
    seconds = []
    with ExitStack() as held:
        for n in range(SLOW):
            slow = held.enter_context(socket.create_connection(("127.0.0.1", portal.port)))
            body = b"POST /new HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\nform="
            slow.sendall(body if n % 2 else b"GET / HTTP/1.1\r\nHost: 127")
        for _ in range(20):
            began = time.monotonic()
            assert portal.browser().get("/login").status == 200
            seconds.append(time.monotonic() - began)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert statistics.median(seconds) < 0.5


def test_the_log_goes_on_in_a_new_file_after_the_old_one_was_moved(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "desk.db")
    file = tmp_path / "portal.log"
    more = f'[log]\nfile = "{file}"\nformat = "json"\n'
    config = desks.write_config(tmp_path / "desk", f"sqlite:///{tmp_path}/desk.db", more=more)
    with daemon(config, tmp_path / "log") as (process, port):
        Browser(port).get("/login")
        assert '"event": "portal.request"' in file.read_text() and '"status": 200' in file.read_text()
        file.rename(tmp_path / "portal.log.1")
        process.send_signal(signal.SIGHUP)
        Browser(port).get("/forgot")
        assert re.findall(r'"page": "([^"]*)"', file.read_text()) == ["/forgot"]
        assert Browser(port).get("/healthz").status == 200, "SIGHUP ended it"
