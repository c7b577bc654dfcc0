"""Two agents at one desk, and a desk that is slow or away (TIC-11, TIC-12)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import TryAgain
from helpdeskctl.operations.drafts import Draft
from helpdeskctl.queries import drafts, threads
from helpdeskctl.tui import local_drafts
from tests.builders import Builder
from tests.clock import A_TUESDAY
from tests.tui.driver import opened, work

ADA, BEN = "ada@example.org", "ben@example.org"


@dataclass
class Trouble:
    """What a connection meets: so many seconds of delay, or no answer."""

    delay: float = 0
    away: bool = False


@dataclass(frozen=True)
class Troubled(Desk):
    """A desk whose database is slow or away while a test says so."""

    trouble: Trouble = field(default_factory=Trouble)

    @contextmanager
    def connected(self) -> Iterator[None]:
        if self.trouble.away:
            raise TryAgain("the database is not reachable: connection refused")
        time.sleep(self.trouble.delay)
        with super().connected():
            yield


@pytest.fixture
def build(desk: Desk) -> Builder:
    build = Builder(desk)
    build.agent(ADA, support="lead")
    build.agent(BEN, support="agent")
    build.mailbox()
    return build


@pytest.fixture
def troubled(desk: Desk) -> Troubled:
    return Troubled(**{each.name: getattr(desk, each.name) for each in fields(Desk)})


def test_each_agent_sees_that_the_other_writes(desk: Desk, build: Builder) -> None:
    build.ticket(assignee=ADA)

    async def flow() -> None:
        async with opened(desk, ADA) as ada:
            await ada.expect("Printer on fire")
            await ada.press("r")
            await ada.at("composer", "To alice@")
            await ada.quiet()
            async with opened(desk, BEN) as ben:
                await ben.press("g", "d")
                await ben.expect(" w  1001")
                await ben.press("enter")
                await ben.at("ticket", "Ada is writing a reply here since 09:00")
            await ada.press("escape")
            await ada.quiet()
        assert threads.show(desk, build.actor(BEN), 1001).present == ()

    work(flow)


def test_a_reply_is_held_back_once_when_something_newer_arrived(desk: Desk, build: Builder) -> None:
    number = build.ticket(assignee=ADA)

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("r")
            await screen.at("composer", "To alice@")
            await screen.type("unplug")
            build.message(number, "It is out again, never mind!")
            await screen.press("ctrl+s")
            await screen.expect("not sent yet: 1 new message. Read it; ^s sends anyway")
            await screen.expect("It is out again, never mind!")
            assert len(threads.show(desk, SYSTEM, number).messages) == 2
            await screen.press("ctrl+s")
            await screen.at("desk", "sent to alice@acme.example")

    work(flow)
    assert [m.text for m in threads.show(desk, SYSTEM, number).messages][-1] == "unplug"


def test_what_others_do_appears_by_itself(desk: Desk, build: Builder) -> None:
    async def flow() -> None:
        async with opened(desk, BEN) as ben:
            await ben.expect("Nothing assigned to you")
            number = build.ticket("Something new")
            async with opened(desk, ADA) as ada:
                await ada.press("g", "u")
                await ada.expect("Something new")
                await ada.press("a")
                await ada.at("Picker")
                await ada.type("ben")
                await ada.press("enter")
                await ada.expect(f"#{number} assigned to")
            await ben.expect("[Mine 1]")
            await ben.expect("Something new")

    work(flow)


def test_keys_are_answered_while_the_database_sleeps(troubled: Troubled, build: Builder) -> None:
    for n in range(5):
        build.ticket(f"Ticket {n}", assignee=ADA)

    async def flow() -> None:
        async with opened(troubled, ADA) as screen:
            await screen.expect("Ticket 4")
            troubled.trouble.delay = 3
            await screen.press("ctrl+r")
            began = time.monotonic()
            await screen.press("j")
            await screen.expect("2/5 in Mine")
            assert time.monotonic() - began < 1
            await screen.expect("database slow")
            troubled.trouble.delay = 0

    work(flow)


def test_a_lost_database_is_said_and_what_is_written_stays(troubled: Troubled, build: Builder, desk: Desk) -> None:
    number = build.ticket(assignee=ADA)

    async def flow() -> None:
        async with opened(troubled, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("r")
            await screen.at("composer", "To alice@")
            troubled.trouble.away = True
            await screen.press("ctrl+r")
            await screen.expect("! the database is not reachable")
            await screen.type("while away")
            await screen.press("ctrl+s")
            await screen.expect("not sent: the database is out of reach")
            folder = screen.app.calls.drafts_folder
            await screen.expect(lambda: local_drafts.kept(folder, ADA, number))
            await screen.press("escape")
            await screen.at("desk", "OFFLINE")
            assert "Printer on fire" in screen.text
            troubled.trouble.away = False
            await screen.press("ctrl+r")
            await screen.expect("live")
            await screen.press("r")
            await screen.at("composer", "while away")
            await screen.press("ctrl+s")
            await screen.at("desk", "sent to")
            assert local_drafts.kept(folder, ADA, number) is None

    work(flow)
    assert threads.show(desk, SYSTEM, number).messages[-1].text == "while away"


def test_a_dropped_line_leaves_the_draft_on_this_machine(desk: Desk, build: Builder) -> None:
    number = build.ticket(assignee=ADA)

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("Printer on fire")
            await screen.press("r")
            await screen.at("composer", "To alice@")
            await screen.type("half a")
            screen.app._hung_up()
            folder = screen.app.calls.drafts_folder
        kept = local_drafts.kept(folder, ADA, number)
        assert kept is not None and kept[0].content["body"] == "half a"
        assert drafts.mine(desk, build.actor(ADA), number) is None
        assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]

    work(flow)


def test_a_local_draft_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    draft = Draft(kind="reply", content={"body": "x"})
    local_drafts.keep(tmp_path, ADA, 1, draft, at=A_TUESDAY)
    (written,) = tmp_path.iterdir()
    written.write_text("{")
    assert local_drafts.kept(tmp_path, ADA, 1) is None


def test_a_long_list_grows_as_it_is_read_and_stays_where_it_is(desk: Desk, build: Builder) -> None:
    with desk.database.orm.atomic():
        numbers = [build.ticket(f"Ticket {n}", assignee=ADA) for n in range(230)]

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("1/200+ in Mine")
            await screen.press("G")
            await screen.expect("200/230 in Mine")
            await screen.press("G")
            await screen.expect(f"{numbers[-1]} Ticket 229")
            await screen.press("ctrl+r")
            await screen.quiet()
            await screen.expect("230/230 in Mine")

    work(flow)
