"""Every page judged by axe-core: wide and light, narrow and dark from right to left (security 66, POR-9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from helpdeskctl.store.tables import Contact, ContactAddress
from tests.portald.conftest import Portal
from tests.portald.places import Places, furnish
from tests.servers.chromium import MARKS, chromium

pytestmark = MARKS
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", "locale": "en-GB"},
    "narrow": {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark", "locale": "he-IL"},
}
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module", name="chromium")
def running_chromium() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def judged(page: Page, path: str) -> list[str]:
    """What axe-core finds wrong with a page, and whether it has to be moved sideways."""
    page.goto(path)
    found = Axe().run(page, options=_RULES).response["violations"]
    wrong = [f"{path}: {each['id']}: {node['target']}" for each in found for node in each["nodes"]]
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return wrong + ([f"{path}: {size[0]} px wide on {size[1]}"] if size[0] > size[1] else [])


def visitor(context: BrowserContext, portal: Portal, places: Places, look: str) -> None:
    """Sign in as the main contact, whose account speaks the language of the look."""
    session = portal.signed_in(places.main_contact).cookies["portal"]
    context.add_cookies([{"name": "portal", "value": session, "url": f"http://127.0.0.1:{portal.port}"}])
    contact = ContactAddress.get(ContactAddress.address == places.main_contact).contact_id
    language = {"wide": "en", "narrow": "he"}[look]
    Contact.update(language=language).where(Contact.id == contact).execute()


def test_no_page_hinders_anybody(chromium: Browser, portal: Portal) -> None:
    look = {"sqlite": "wide", "postgres": "narrow"}[portal.desk.database.kind]  # the pages are the same on both
    places = furnish(portal)
    wrong: list[str] = []
    for signed_in, paths in ((False, places.for_guests), (True, places.for_customers)):
        context = chromium.new_context(base_url=f"http://127.0.0.1:{portal.port}", **LOOKS[look])
        if signed_in:
            visitor(context, portal, places, look)
        page = context.new_page()
        for path in paths:
            wrong += judged(page, path)
        context.close()
    assert not wrong, "\n".join(wrong)
