"""The app of the agents' screen: which screens there are, the connection's state, what can be undone."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.message_pump import MessagePump
from textual.screen import Screen

from helpdeskctl import desk as desks
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.queries.views import View
from helpdeskctl.tui import keys, messages, text
from helpdeskctl.tui.composing import Composition
from helpdeskctl.tui.outcomes import Outcomes
from helpdeskctl.tui.screens.ask import Ask
from helpdeskctl.tui.screens.base import DeskScreen, bindings
from helpdeskctl.tui.screens.composer import Composer
from helpdeskctl.tui.screens.desk import Desk
from helpdeskctl.tui.screens.go import Go
from helpdeskctl.tui.screens.help import Help
from helpdeskctl.tui.screens.outbox import Outbox
from helpdeskctl.tui.screens.quarantine import Quarantine
from helpdeskctl.tui.screens.search import Search
from helpdeskctl.tui.screens.ticket import Ticket
from helpdeskctl.tui.workers import Workers

TICK = 1.0
SLOW = 2.0  # seconds after which a question counts as slow


class DeskApp(Outcomes):
    """The agents' screen of one desk for one agent. `at_door`: nothing of this host may be reached, no editor."""

    TITLE = "helpdesk"
    CSS_PATH = "helpdesk.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(keys.EVERYWHERE)
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # Textual declares it as a plain attribute
        (0, "-tiny"), (80, "-narrow"), (100, "-medium"), (140, "-wide"), (180, "-xwide"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-low"), (30, "-high")]  # noqa: RUF012  # as above

    def __init__(self, desk: desks.Desk, actor: Actor, *, read_only: bool = False, at_door: bool = False) -> None:
        super().__init__(desk)
        self.calls = Workers(self, desk, actor, read_only=read_only)
        self.at_door = at_door
        self.views: tuple[View, ...] = ()
        self._since: datetime | None = None
        self._retry_in = 0.0
        self._skipped: frozenset[int] = frozenset()
        self._told = ""

    @property
    def actor(self) -> Actor:
        """Who works here."""
        return self.calls.actor

    def on_mount(self) -> None:
        """Open the desk, look for changes from now on."""
        self.push_screen(Desk())
        self.calls.watch.start()
        self.set_interval(TICK, self._tick)
        if hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._hung_up)

    def on_unmount(self) -> None:
        """Look no longer."""
        self.calls.watch.stop()

    # -- the connection ----------------------------------------------------------------------------------------------

    @on(messages.Lost)
    def _lost(self, lost: messages.Lost) -> None:
        self._since = self._since or self.now()
        self.offline, self._retry_in = lost.error.message, lost.retry_in
        self.tell_all()

    @on(messages.Back)
    def _back(self) -> None:
        if self.offline:
            self.offline, self._since = "", None
            self.tell_all()
            self.renew()

    @on(messages.Changed)
    def _changed(self) -> None:
        self.renew()

    def reconnect(self) -> None:
        """Look at once whether the database answers."""
        self.calls.watch.doubt()

    def state(self) -> Text:
        """Who, what time, and how the database is."""
        said = Text(f"{self.actor.label.partition('@')[0]}  {text.clock(self.now(), self.actor.timezone)}  ", end="")
        slow = self.calls.slowest()
        if self.offline and self._since is not None:
            return said.append("OFFLINE", "bold reverse")
        if self.calls.read_only:
            return said.append("read-only")
        return said.append(f"database slow ({slow:.0f} s)" if slow >= SLOW else "live")

    def banner(self) -> Text:
        """What is said above everything while the database is away."""
        if not self.offline:
            return Text()
        since = text.clock(self._since or self.now(), self.actor.timezone)
        known = f"Data from {since}; nothing is sent, drafts stay here. Retry in {self._retry_in:.0f} s, ^r"
        return text.line(f"! {self.offline}. {known}", "bold reverse")

    def _tick(self) -> None:
        self.count_down()
        for screen in self.screens():
            screen.tick()
        told = f"{self.state()}{self.banner()}"
        if told != self._told:
            self._told = told
            self.tell_all()

    def _hung_up(self) -> None:
        for screen in self.screens():
            if isinstance(screen, Composer):
                screen.rescue(self.now())
        self.exit()

    # -- going about -------------------------------------------------------------------------------------------------

    def open(self, number: int, order: tuple[int, ...] = (), view: str = "") -> None:
        """Show a ticket; in the ticket's screen if there is one already."""
        if isinstance(self.screen, Ticket):
            self.screen.turn_to(number)
        else:
            self.push_screen(Ticket(number, order, view))

    def write(self, number: int, made: Composition) -> None:
        """Open the composer."""
        if self.calls.read_only:
            self.say("this screen is read-only")
        else:
            self.push_screen(Composer(number, made))

    def search(self) -> None:
        """Open the search."""
        self.push_screen(Search())

    def ask_number(self) -> None:
        """Ask for a ticket's number and open it."""

        def given(typed: str | None) -> None:
            digits = (typed or "").removeprefix("#")
            if digits.isascii() and digits.isdecimal() and len(digits) < 18:
                self.open(int(digits))
            elif typed:
                self.say(f'"{typed}" is no ticket number')

        self.push_screen(Ask("Open ticket number"), given)

    def go_prefix(self) -> None:
        """Wait for the key after g."""
        self.push_screen(Go(), self._went)

    def _went(self, action: str | None) -> None:
        if action == "go_number":
            self.ask_number()
        elif action == "go_outbox":
            self.show_mails(None)
        elif action == "go_quarantine":
            self.show_quarantine()
        elif action == "go_top":
            self.screen.action_top()  # type: ignore[attr-defined]  # every place that knows g knows it
        elif action is not None:
            self.show_view(action.removeprefix("go_"))

    def show_view(self, key: str) -> None:
        """Back to the desk, at a view."""
        while not isinstance(self.screen, Desk):
            self.pop_screen()
        self.screen.show_view(key)

    def show_mails(self, number: int | None) -> None:
        """The outbox; of one ticket, all its mail."""
        self.push_screen(Outbox(number))

    def show_quarantine(self) -> None:
        """The mail that waits for a person."""
        self.push_screen(Quarantine())

    def find_next(self, to: MessagePump, here: set[int]) -> None:
        """TIC-13: the next ticket to work on, not the one that is open and none that was passed over before."""
        if isinstance(to, Ticket):
            self._skipped |= here
        self.calls.next_to_do(self, self._skipped)

    @on(messages.NextFound)
    def _next(self, found: messages.NextFound) -> None:
        if found.row is not None:
            self.open(found.row.number)
        elif self._skipped:
            self._skipped = frozenset()
            self.say("nothing more to do; the ones you passed over come again with N")
        else:
            self.say("nothing to do: every customer has an answer")

    # -- keys of everywhere ------------------------------------------------------------------------------------------

    def action_help(self) -> None:
        """? and F1."""
        place = self.screen.PLACE if isinstance(self.screen, DeskScreen) else keys.EVERYWHERE
        if not isinstance(self.screen, Help):
            self.push_screen(Help(place))

    def action_refresh(self) -> None:
        """^r."""
        self.reconnect()
        if isinstance(self.screen, DeskScreen):
            self.screen.refresh_all()

    async def action_quit(self) -> None:
        """^q."""
        for screen in self.screens():
            if isinstance(screen, Composer):
                screen.keep()
        self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Everything the key table has for this place, by name."""
        place = screen.PLACE if isinstance(screen, DeskScreen) else keys.EVERYWHERE
        for key in (*keys.at(place), *keys.at(keys.EVERYWHERE)):
            if key.id != "command_palette":
                yield SystemCommand(f"{key.label}", key.shown, lambda action=key.action: self._run(screen, action))

    def _run(self, screen: Screen[object], action: str) -> None:
        self.call_next(screen.run_action, action)
