"""A list that is worked on: what was acted on stays where it is, so that the next key meets the same ticket."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.operations import tickets
from helpdeskctl.tui.widgets.ticket_list import TicketList
from tests.builders import Builder
from tests.tui.driver import NARROW, WIDE, Screen, opened, work

ADA, BEN = "ada@example.org", "ben@example.org"


@pytest.fixture
def build(desk: Desk) -> Builder:
    build = Builder(desk)
    build.agent(ADA, admin=True, support="lead")
    build.agent(BEN, support="agent")
    build.mailbox()
    return build


async def _in_unassigned(screen: Screen, count: int) -> None:
    await screen.press("g", "u")
    shown = screen.app.screen.query_one(TicketList)
    await screen.expect(lambda: "Unassigned ·" in screen.text and len(shown.rows) == count)
    await screen.quiet()


def _cursor(screen: Screen) -> tuple[int | None, frozenset[int]]:
    """The ticket under the cursor, and those that are no longer of the view."""
    shown = screen.app.screen.query_one(TicketList)
    return shown.row.number if shown.row else None, shown.left


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_a_ticket_that_was_taken_stays_under_the_cursor_for_the_reply(
    desk: Desk, build: Builder, size: tuple[int, int]
) -> None:
    first, second, third = (build.ticket(subject) for subject in ("Alpha", "Beta", "Gamma"))

    async def flow() -> None:
        async with opened(desk, ADA, size=size) as screen:
            await _in_unassigned(screen, 3)
            await screen.press("j", "A")
            await screen.expect(f"#{second} taken")
            await screen.quiet()
            assert _cursor(screen) == (second, {second})
            assert any(">-" in line and f"{second}" in line for line in screen.lines)
            await screen.press("r")
            await screen.at("composer", f"#{second} Beta")
            await screen.press("escape")
            await screen.at("desk")
            await screen.press("ctrl+r")
            await screen.expect_gone("Beta")
            assert [row.number for row in screen.app.screen.query_one(TicketList).rows] == [first, third]

    work(flow)


@pytest.mark.parametrize(
    ("key", "typed"), [("e", ""), ("!", "spam"), ("b", "monday"), ("d", "billing"), ("s", "closed")]
)
def test_whatever_a_key_does_to_a_ticket_the_next_key_meets_the_same(
    desk: Desk, build: Builder, key: str, typed: str
) -> None:
    build.department("billing")
    numbers = [build.ticket(subject) for subject in ("Alpha", "Beta", "Gamma")]

    async def flow() -> None:
        async with opened(desk, BEN) as screen:
            await _in_unassigned(screen, 3)
            await screen.press("j", key)
            if typed:
                await screen.at("Picker")
                await screen.type(typed)
                await screen.press("enter")
            await screen.expect(f"#{numbers[1]} ")
            await screen.expect(lambda: _cursor(screen) == (numbers[1], {numbers[1]}))
            await screen.press("j")
            assert _cursor(screen)[0] == numbers[2]
            await screen.press("A")
            await screen.expect(lambda: _cursor(screen) == (numbers[2], set(numbers[1:])))
            await screen.press("g", "u")
            await screen.expect_gone("Beta")
            assert "Gamma" not in screen.text

    work(flow)


def test_a_ticket_somebody_else_takes_stays_under_the_cursor(desk: Desk, build: Builder) -> None:
    number, _ = build.ticket("Alpha"), build.ticket("Beta")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await _in_unassigned(screen, 2)
            tickets.take(desk, build.actor(BEN), number)
            await screen.expect("[Unassigned 1]")
            await screen.quiet()
            assert _cursor(screen) == (number, {number})
            assert "Ben" in next(line for line in screen.lines if "Alpha" in line)

    work(flow)


def test_a_ticket_that_was_answered_keeps_its_place_and_the_next_one_follows(desk: Desk, build: Builder) -> None:
    numbers = [build.ticket(subject) for subject in ("Alpha", "Beta", "Gamma")]

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await _in_unassigned(screen, 3)
            await screen.press("r")
            await screen.at("composer", "#1001 Alpha")
            await screen.type("done")
            await screen.press("ctrl+s")
            await screen.at("desk", f"#{numbers[0]} sent to")
            await screen.expect(lambda: any("Alpha" in line and line.endswith("answered") for line in screen.lines))
            assert [row.number for row in screen.app.screen.query_one(TicketList).rows] == numbers
            await screen.press("j", "enter")
            await screen.at("ticket", f"#{numbers[1]} Beta")
            await screen.press("u", "ctrl+r")
            await screen.at("desk")
            await screen.quiet()
            shown = screen.app.screen.query_one(TicketList)
            assert [row.number for row in shown.rows] == [*numbers[1:], numbers[0]]
            assert all(subject in screen.text for subject in ("Alpha", "Beta", "Gamma"))

    work(flow)
