"""Search everything: words in any message, or the query language; results as a list."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.timer import Timer
from textual.widgets import Input

from helpdeskctl.tui import messages
from helpdeskctl.tui.screens.base import DeskScreen, bindings
from helpdeskctl.tui.text import flat, line
from helpdeskctl.tui.widgets.bars import Bar, Divider, Foot
from helpdeskctl.tui.widgets.fields import Field
from helpdeskctl.tui.widgets.ticket_list import TicketList

TYPED = 0.3
_HINT = "Words of messages, subjects, names, addresses; or status:open from:ann@…"


class Search(DeskScreen):
    """A field and what it finds."""

    PLACE = "search"
    BINDINGS = bindings("search")

    def __init__(self) -> None:
        super().__init__()
        self._query = ""
        self._rest: Timer | None = None

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="head")
        yield Field(id="words", placeholder="search everything")
        yield Divider()
        yield TicketList(id="list")
        yield Divider()
        yield Bar(id="info")
        yield Foot("search")

    def on_mount(self) -> None:
        """Wait for words."""
        self.query_one("#head", Bar).show("Search")
        self._list.empty = ""
        self.query_one("#info", Bar).show(_HINT)

    def on_screen_resume(self) -> None:
        """Here again from a ticket: show what became of it."""
        if self._query:
            self.desk_app.calls.found(self, self._query)

    @property
    def _list(self) -> TicketList:
        return self.query_one(TicketList)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(TYPED, lambda: self._find(event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self._find(event.value)
        self._list.focus()

    def _find(self, query: str) -> None:
        if query.strip() and query.strip() != self._query:
            self._query = query.strip()
            self.desk_app.calls.found(self, self._query)

    @on(messages.Listed)
    def _found(self, page: messages.Listed) -> None:
        if page.asked[0] != self._query:
            return
        app = self.desk_app
        nothing = f'Nothing matches "{flat(self._query)}".'
        self._list.show(page.rows, me=app.actor.label, now=app.now(), empty=nothing)
        more = "+" if page.more else ""
        self.query_one("#info", Bar).show(f"{len(page.rows)}{more} found · enter, then j k and enter to open")

    @on(messages.Failed)
    def _failed(self, failed: messages.Failed) -> None:
        if failed.purpose == "search":
            failed.stop()
            self.query_one("#info", Bar).show(line(f"! {failed.error.message}", "bold"))

    def on_key(self, event) -> None:  # type: ignore[no-untyped-def]  # events.Key
        """j and k move in the results; they are letters while words are typed."""
        if self._list.has_focus and event.key in ("j", "k", "up", "down"):
            event.stop()
            event.prevent_default()
            self._list.move(1 if event.key in ("j", "down") else -1)

    def action_results(self) -> None:
        """Down."""
        self._list.focus()

    def action_enter(self) -> None:
        """Enter."""
        row = self._list.row
        if row is not None:
            self.desk_app.open(row.number, tuple(each.number for each in self._list.rows), "search")

    @on(TicketList.Opened)
    def _opened(self) -> None:
        self.action_enter()

    def action_close_search(self) -> None:
        """Esc."""
        self.dismiss()
