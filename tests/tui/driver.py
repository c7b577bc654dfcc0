"""Keys in, text out: an app under Pilot, and the one look at what is on the screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from textual import events
from textual.pilot import Pilot

from helpdeskctl.desk import Desk
from helpdeskctl.queries import access
from helpdeskctl.tui.app import DeskApp
from helpdeskctl.tui.screens.base import DeskScreen

PATIENCE = 10.0
NARROW, WIDE = (80, 24), (140, 40)


class Screen:
    """One agent at one app."""

    def __init__(self, app: DeskApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def lines(self) -> list[str]:
        """What is on the screen, line by line, without spaces at the ends."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)

    @property
    def here(self) -> str:
        """The place of the key table that is on top, or the name of a picker's class."""
        screen = self.app.screen
        return screen.PLACE if isinstance(screen, DeskScreen) else type(screen).__name__

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type letters."""
        await self.press(*("space" if c == " " else "slash" if c == "/" else c for c in text))

    async def paste(self, text: str) -> None:
        """Put a text into the field at once, as a terminal pastes it: paths are long."""
        focused = self.app.focused
        assert focused is not None
        focused.post_message(events.Paste(text))
        await self.pilot.pause()

    async def expect(self, met: str | Callable[[], object]) -> None:
        """Wait for a text on the screen, or for a condition."""
        ends = time.monotonic() + PATIENCE
        while not (met in self.text if isinstance(met, str) else met()):
            assert time.monotonic() < ends, f"never saw {met!r}:\n{self.text}"
            await self.pilot.pause(0.02)

    async def expect_gone(self, text: str) -> None:
        """Wait until a text is no longer there."""
        await self.expect(lambda: text not in self.text)

    async def at(self, place: str, seen: str = "") -> None:
        """Wait until a place is on top and shows a text."""
        await self.expect(lambda: self.here == place and seen in self.text)

    async def quiet(self) -> None:
        """Wait until no question is under way."""
        for _ in range(2):
            await self.expect(lambda: not self.app.calls.waiting)
            await self.pilot.pause(0.05)


@asynccontextmanager
async def opened(
    desk: Desk, agent: str, *, size: tuple[int, int] = NARROW, read_only: bool = False, at_door: bool = False
) -> AsyncIterator[Screen]:
    """The app of one agent."""
    app = DeskApp(desk, access.agent_actor(desk, agent), read_only=read_only, at_door=at_door)
    async with app.run_test(size=size) as pilot:
        screen = Screen(app, pilot)
        await screen.expect("live" if not read_only else "read-only")
        await screen.quiet()
        yield screen


def work(flow: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a flow to its end."""
    asyncio.run(flow())
