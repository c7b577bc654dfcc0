"""What a customer said of a ticket stands in its head."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import Rating
from tests.builders import Builder
from tests.tui.driver import WIDE, opened, work

ADA = "ada@example.org"


def test_the_head_of_a_ticket_has_its_rating_on_one_line_with_what_was_said(desk: Desk) -> None:
    build = Builder(desk)
    build.agent(ADA, admin=True, support="lead")
    build.mailbox()
    number = build.ticket("Alpha")
    Rating.insert(ticket_id=number, good=False, words=f"[red]Slow\n{'and late ' * 9}", at=desk.now()).execute()

    async def flow() -> None:
        async with opened(desk, ADA, size=WIDE) as screen:
            await screen.press("g", "u")
            await screen.expect("rated bad: [red]Slow and")

    work(flow)
