"""A day's work by keys: take, reply, take back, send, close, next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import settings, setup
from helpdeskctl.queries import drafts, threads
from helpdeskctl.queries.threads import TicketDetail
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.tui.driver import NARROW, WIDE, opened, work

ADA, BEN = "ada@example.org", "ben@example.org"


@pytest.fixture
def build(desk: Desk) -> Builder:
    build = Builder(desk)
    build.agent(ADA, admin=True, support="lead")
    build.agent(BEN, support="agent")
    build.mailbox()
    return build


def detail(desk: Desk, number: int) -> TicketDetail:
    return threads.show(desk, SYSTEM, number)


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_take_reply_with_canned_send_undo_send_close_next(
    desk: Desk, build: Builder, clock: SteppedClock, size: tuple[int, int]
) -> None:
    fire = build.ticket("Printer on fire")
    clock.advance(60)
    login = build.ticket("Login link", requester="carla@example.net")
    setup.create(desk, SYSTEM, "canned", "safety", {"title": "Safety first", "shortcut": "ps", "body": "Unplug it."})

    async def flow() -> None:
        async with opened(desk, ADA, size=size) as screen:
            await screen.expect("2 unassigned: press g u")
            await screen.press("g", "u")
            await screen.expect("Printer on fire")
            await screen.press("A")
            await screen.expect(f"#{fire} taken")
            assert detail(desk, fire).row.assignee == ADA
            await screen.press("g", "m")
            await screen.expect("[Mine 1]")
            await screen.press("enter")
            await screen.at("ticket", "It is smoking again.")
            await screen.press("r")
            await screen.at("composer", "To alice@acme.example")
            await screen.press("ctrl+o")
            await screen.at("Picker", "> Safety first")
            await screen.press("enter")
            await screen.at("composer", "Unplug it.")
            await screen.press("ctrl+s")
            await screen.expect("z takes it back (10 s)")
            assert detail(desk, fire).row.status == "answered"
            await screen.press("z")
            await screen.at("composer", "Unplug it.")
            assert detail(desk, fire).row.status == "open"
            assert len(detail(desk, fire).messages) == 1
            await screen.press("ctrl+s")
            await screen.at("ticket", "z takes it back")
            assert detail(desk, fire).messages[-1].text == "Unplug it."
            await screen.press("e")
            await screen.expect(f"#{fire} closed")
            assert detail(desk, fire).row.status == "closed"
            await screen.press("N")
            await screen.at("ticket", f"#{login} Login link")

    work(flow)


def test_close_is_undone_with_z(desk: Desk, build: Builder) -> None:
    number = build.ticket(assignee=ADA, status="open")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("e")
            await screen.expect(f"#{number} closed; z undoes it")
            await screen.press("z")
            await screen.expect(f"#{number} set to open")

    work(flow)
    assert detail(desk, number).row.status == "open"


def test_a_note_is_internal_and_the_composer_says_so(desk: Desk, build: Builder) -> None:
    number = build.ticket(assignee=ADA)

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("n")
            await screen.at("composer", "NOT visible to the customer")
            await screen.expect("For agents only")
            await screen.type("same device")
            await screen.press("ctrl+s")
            await screen.at("desk", f"note kept on #{number}")

    work(flow)
    assert [(m.direction, m.text) for m in detail(desk, number).messages[1:]] == [("internal", "same device")]


def test_a_shortcut_and_tab_put_a_canned_reply_in_place(desk: Desk, build: Builder) -> None:
    build.ticket(assignee=ADA)
    setup.create(desk, SYSTEM, "canned", "safety", {"title": "Safety first", "shortcut": "ps", "body": "Unplug it."})

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("r")
            await screen.at("composer", "To alice@")
            await screen.type("Hi. /ps")
            await screen.press("tab")
            await screen.expect("Hi. Unplug it.")

    work(flow)


def test_selected_tickets_are_worked_on_together_and_undone_together(desk: Desk, build: Builder) -> None:
    numbers = [build.ticket(f"Spam {n}", assignee=ADA, status="open") for n in range(3)]

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Spam 2")
            await screen.press("x", "x")
            await screen.expect("2 SELECTED")
            await screen.press("s")
            await screen.at("Picker", "Status")
            await screen.type("hold")
            await screen.press("enter")
            await screen.expect("2 of 2 tickets set to hold")
            assert [detail(desk, n).row.status for n in numbers] == ["hold", "hold", "open"]
            await screen.press("z")
            await screen.expect("2 of 2 tickets set to open")

    work(flow)
    assert [detail(desk, n).row.status for n in numbers] == ["open"] * 3


@pytest.mark.parametrize(
    ("key", "typed", "told", "is_now"),
    [
        ("a", "ben", "assigned to ben@example.org", lambda found: found.row.assignee == BEN),
        ("p", "urgent", "priority urgent", lambda found: found.row.priority == 5),
        ("t", "vip", "tag vip", lambda found: found.tags == ("vip",)),
        ("b", "monday", "snoozed", lambda found: found.row.snoozed_until.date().isoformat() == "2026-03-16"),
        ("d", "billing", "moved to billing", lambda found: found.row.department == "billing"),
    ],
)
def test_each_picker_does_its_work(
    desk: Desk, build: Builder, key: str, typed: str, told: str, is_now: Callable[[TicketDetail], bool]
) -> None:
    build.department("billing")
    number = build.ticket(assignee=ADA)

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press(key)
            await screen.at("Picker")
            await screen.type(typed)
            await screen.press("enter")
            await screen.expect(f"#{number} {told}")

    work(flow)
    assert is_now(detail(desk, number))


def test_a_draft_survives_leaving_and_opens_again(desk: Desk, build: Builder) -> None:
    number = build.ticket(assignee=ADA)

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("r")
            await screen.at("composer", "To alice@")
            await screen.type("half a sen")
            await screen.press("escape")
            await screen.at("desk")
            await screen.quiet()
        saved = drafts.mine(desk, build.actor(ADA), number)
        assert saved is not None and saved.content["body"] == "half a sen"
        async with opened(desk, ADA) as screen:
            await screen.expect(f"D  {number}")
            await screen.press("r")
            await screen.at("composer", "half a sen")

    work(flow)


def test_search_finds_words_in_messages(desk: Desk, build: Builder) -> None:
    build.ticket("Printer", body="the zeppelin burns")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.press("S")
            await screen.at("search")
            await screen.type("zeppelin")
            await screen.expect("1 found")
            await screen.press("enter", "enter")
            await screen.at("ticket", "the zeppelin burns")
            await screen.press("u")
            await screen.at("search")

    work(flow)


def test_a_filter_becomes_a_view(desk: Desk, build: Builder) -> None:
    build.ticket("Printer", assignee=ADA)
    build.ticket("Invoice", assignee=ADA)

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Invoice")
            await screen.press("slash")
            await screen.type("subject~Printer")
            await screen.expect_gone("Invoice")
            await screen.press("enter", "V")
            await screen.at("Ask")
            await screen.type("mine burning")
            await screen.press("enter")
            await screen.expect("view mine-burning saved")
            await screen.press("escape")
            await screen.expect("Invoice")
            await screen.quiet()
            await screen.press("v")
            await screen.at("Picker")
            await screen.type("burning")
            await screen.press("enter")
            await screen.expect_gone("Invoice")

    work(flow)


def test_a_faulty_filter_says_what_is_wrong_and_keeps_the_list(desk: Desk, build: Builder) -> None:
    build.ticket("Printer", assignee=ADA)

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.press("slash")
            await screen.type("status:nonsense")
            await screen.expect("! no status")
            assert "Printer" in screen.text

    work(flow)


def test_a_read_only_screen_changes_nothing(desk: Desk, build: Builder) -> None:
    number = build.ticket("Printer", assignee=ADA, status="open")

    async def flow() -> None:
        async with opened(desk, ADA, read_only=True) as screen:
            await screen.expect("Printer")
            await screen.press("e")
            await screen.expect("this screen is read-only")
            await screen.press("r")
            await screen.press("enter")
            await screen.at("ticket", "It is smoking again.")
            await screen.quiet()

    work(flow)
    assert detail(desk, number).row.status == "open"
    assert threads.show(desk, build.actor(ADA), number).row.unread


def test_a_sent_reply_leaves_when_it_can_no_longer_be_taken_back(desk: Desk, build: Builder, tmp_path: Path) -> None:
    keeper = tmp_path / "keep"
    keeper.write_text(f"#!/bin/sh\ncat > {tmp_path}/sent.eml\n")
    keeper.chmod(0o700)
    build.mailbox("billing@example.org", department="billing", smtp_url=f"sendmail:{keeper}")
    build.ticket("Invoice", department="billing", assignee=ADA)
    settings.put(desk, SYSTEM, "undo_seconds", "0")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Invoice")
            await screen.press("r")
            await screen.at("composer", "To alice@")
            await screen.type("Corrected")
            await screen.press("ctrl+s")
            await screen.at("desk", "sent to")
            await screen.expect((tmp_path / "sent.eml").exists)
            await screen.quiet()

    work(flow)
    assert "Corrected" in (tmp_path / "sent.eml").read_text()


def test_search_shows_what_became_of_a_ticket_that_was_worked_on(desk: Desk, build: Builder) -> None:
    build.ticket("Printer", body="the zeppelin burns")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.press("S")
            await screen.at("search")
            await screen.type("zeppelin")
            await screen.expect("1 found")
            await screen.press("enter", "enter")
            await screen.at("ticket", "the zeppelin burns")
            await screen.press("e")
            await screen.expect("closed · Support")
            await screen.press("u")
            await screen.at("search")
            await screen.expect(lambda: any("Printer" in line and line.endswith("closed") for line in screen.lines))

    work(flow)


def test_a_narrow_list_says_in_full_when_a_snoozed_ticket_wakes(desk: Desk, build: Builder) -> None:
    number = build.ticket(assignee=ADA)

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("b")
            await screen.at("Picker")
            await screen.press("enter")
            await screen.expect(f"#{number} snoozed")
            await screen.expect(lambda: any(line.endswith(("wakes 1h", "wakes 59m")) for line in screen.lines))

    work(flow)
