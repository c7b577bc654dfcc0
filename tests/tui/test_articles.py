"""F8 puts a help article into a reply, as its link or its text (KB-3)."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import articles, settings, setup
from helpdeskctl.operations.articles import Wanted
from tests.builders import Builder
from tests.tui.driver import WIDE, opened, work

ADA = "ada@example.org"


def test_an_article_is_read_and_put_in_place_as_link_or_text(desk: Desk) -> None:
    build = Builder(desk)
    build.agent(ADA, support="lead")
    build.mailbox()
    build.ticket("Alpha", assignee=ADA)
    settings.put(desk, SYSTEM, "portal_url", "https://help.example.org")
    setup.create(desk, SYSTEM, "article_category", "printing", {"name": "Printing"})
    wanted = Wanted(title="If it smokes", body="Unplug it.", category="printing", status="published")
    key = articles.create(desk, SYSTEM, None, wanted).key

    async def flow() -> None:
        async with opened(desk, ADA, size=WIDE) as screen:
            await screen.expect("Alpha")
            await screen.press("r")
            await screen.at("composer")
            await screen.press("f8")
            await screen.at("Picker", "Unplug it.")
            await screen.press("enter")
            await screen.expect(f"https://help.example.org/kb/en/{key}")
            await screen.press("enter")
            await screen.at("composer", f"https://help.example.org/kb/en/{key}")
            await screen.press("f8")
            await screen.at("Picker", "Unplug it.")
            await screen.press("enter")
            await screen.expect("2 of 2")
            await screen.press("down", "enter")
            await screen.at("composer", "Unplug it.")

    work(flow)
