"""Every page judged by axe-core: wide and light, narrow and dark from right to left (security 66, POR-9)."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from helpdeskctl.store.tables import Contact
from tests.portald.conftest import Portal
from tests.portald.matrix import TABLE
from tests.portald.world import World, world
from tests.servers.chromium import MARKS

pytestmark = MARKS
LOOKS: dict[str, dict[str, Any]] = {  # by database: the pages are the same on both
    "sqlite": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "locale": "en-GB"},
    "postgres": {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark", "locale": "he-IL"},
}
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def judged(page: Page, path: str) -> list[str]:
    """What axe-core finds wrong with a page, and whether it has to be moved sideways."""
    page.goto(path)
    found = Axe().run(page, options=_RULES).response["violations"]
    wrong = [f"{path}: {each['id']}: {node['target']} {node['html'][:200]}" for each in found for node in each["nodes"]]
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return wrong + ([f"{path}: {size[0]} px wide on {size[1]}"] if size[0] > size[1] else [])


def pages(there: World, who: str) -> dict[str, str]:
    """Route and kind -> address of every page of the table that `who` is shown, and of one that is not there.

    Where the policy is a sandbox no script runs, axe-core neither: a formatted mail is its sender's page, not ours.
    """
    found = {"missing": "/nothing"}
    browser = there.browser(who)
    for name, row in TABLE.items():
        shown = {kind: "" for kind, people in row.opens.items() if who in people.split()}
        for more in ("", *row.also) if name.startswith("GET ") else ():
            for kind in shown:
                path = there.path(name, kind) + more
                answer = browser.request("GET", path)
                ours = "sandbox" not in answer.header("Content-Security-Policy")
                if ours and answer.text.startswith("<!doctype html>"):
                    found[f"{name} {kind}{more}"] = path
    return found


def test_no_page_hinders_anybody(chromium: Browser, portal: Portal) -> None:
    there, look = world(portal), LOOKS[portal.desk.database.kind]
    Contact.update(language=look["locale"][:2]).where(Contact.id == there.contacts["carl"]).execute()
    wrong: list[str] = []
    for who, least in (("nobody", 25), ("carl", 20)):
        context = chromium.new_context(base_url=f"http://127.0.0.1:{portal.port}", **look)
        jar = there.browser(who).cookies
        context.add_cookies([{"name": n, "value": v, "url": f"http://127.0.0.1:{portal.port}"} for n, v in jar.items()])
        page, places = context.new_page(), pages(there, who)
        assert len(places) > least, list(places)
        for path in places.values():
            wrong += judged(page, path)
        context.close()
    assert not wrong, "\n".join(wrong)
