"""Takes the pictures of the README: the portal of a demo desk in a browser. `make pictures`; needs Chromium."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from helpdeskctl.desk import Desk, open_desk
from helpdeskctl.operations import demo, replies, sessions, tickets
from helpdeskctl.operations.replies import Reply
from helpdeskctl.queries import access
from helpdeskctl.store.tables import Contact, ContactAddress
from portald import cookies
from tests.servers.chromium import chromium
from tests.servers.ports import free_ports, wait_for

HERE = Path(__file__).parent
SHOTS: tuple[tuple[str, str, str, int, dict[str, Any]], ...] = (
    ("requests", "/tickets?show=all", "en", 1080, {"color_scheme": "light"}),
    ("request-phone", "/tickets/1001", "de", 360, {"color_scheme": "light"}),
    ("home-hebrew", "/", "he", 360, {"color_scheme": "dark"}),
)
"""Name, address, language, width in pixels, and what else the browser is."""


def main() -> int:
    """Write each picture beside this file."""
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory() as folder:
        config = demo.prepare(Path(folder), listen=f"127.0.0.1:{port}")
        desk = open_desk(config, check_schema=False)
        with desk.connected(), chromium() as browser:
            secret = _furnish(desk, port)
            with _served(folder, port):
                for shot in SHOTS:
                    _take(browser, desk, f"http://localhost:{port}", secret, shot)
    return 0


def _furnish(desk: Desk, port: int) -> str:
    demo.furnish(desk, portal_url=f"https://localhost:{port}")  # as behind a proxy: https
    demo.take_in_samples(desk)
    ada = access.agent_actor(desk, demo.AGENT)
    tickets.take(desk, ada, 1001)
    replies.reply(desk, ada, 1001, Reply(body="Please unplug it.\n\nWhat did it smell of?", status="question"))
    owner = ContactAddress.get(ContactAddress.address == demo.CUSTOMER).contact_id
    return sessions.open_session(desk, owner, sessions.Browser())


@contextlib.contextmanager
def _served(folder: str, port: int) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "portald.serve", "--config", f"{folder}/config.toml"])
    try:
        wait_for(port, alive=lambda: process.poll() is None)
        yield
    finally:
        process.terminate()
        process.wait(15)


def _take(browser: Browser, desk: Desk, base: str, secret: str, shot: tuple[str, str, str, int, Any]) -> None:
    name, path, language, width, look = shot
    Contact.update(language=language).where(Contact.name == "Ann Muster").execute()
    context = browser.new_context(base_url=base, viewport={"width": width, "height": 780}, **look)
    cookie = {
        "name": cookies.host_only(cookies.SESSION, secure=True),
        "value": secret,
        "secure": True,
        "domain": "localhost",
        "path": "/",
    }
    context.add_cookies([cookie])
    page = context.new_page()
    page.goto(path)
    page.screenshot(path=HERE / f"{name}.png")
    context.close()


if __name__ == "__main__":
    sys.exit(main())
