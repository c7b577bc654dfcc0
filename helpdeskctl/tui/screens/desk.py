"""The desk: views with counts, the list, and beside it the ticket where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Input

from helpdeskctl.queries.ticket_rows import TicketRow
from helpdeskctl.queries.views import MINE, View
from helpdeskctl.tui import messages, text
from helpdeskctl.tui.screens.ask import Ask
from helpdeskctl.tui.screens.base import bindings
from helpdeskctl.tui.screens.pickers import Picker
from helpdeskctl.tui.screens.triaging import Triaging
from helpdeskctl.tui.widgets import empty, views
from helpdeskctl.tui.widgets.bars import Bar, Divider, Foot
from helpdeskctl.tui.widgets.fields import Field
from helpdeskctl.tui.widgets.ticket_list import MARKS, TicketList
from helpdeskctl.tui.widgets.ticket_pane import TicketPane

PREVIEW_FROM = 100  # columns
CALM = 0.15  # seconds the cursor rests before the ticket beside the list is read
TYPED = 0.3


class Desk(Triaging):
    """Views, list, preview."""

    PLACE = "desk"
    LIVE = True
    BINDINGS = bindings("desk")

    def __init__(self) -> None:
        super().__init__()
        self.view: View = MINE
        self.query_text = ""
        self._views: tuple[View, ...] = (MINE,)
        self._counts: dict[str, int] = {}
        self._in_quarantine = 0
        self._more: str | None = None
        self._loaded = self._anew = False
        self._fault = ""
        self._rest: Timer | None = None

    # -- parts -------------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="head")
        yield Bar(id="banner", vanish=True)
        with Horizontal(id="panes"):
            yield views.Sidebar(id="sidebar")
            yield TicketList(id="list")
            yield TicketPane(id="beside")
        yield Field(id="filter", placeholder="filter: words, or status:open tag:vip quiet:2d …")
        yield Divider(id="bulk-rule")
        yield Bar(id="bulk", vanish=True)
        yield Bar(id="info")
        yield Foot("desk")

    def on_mount(self) -> None:
        """Begin with Mine."""
        self.query_one("#filter").display = False
        self.list.focus()
        self.renew()

    @property
    def list(self) -> TicketList:
        """The list."""
        return self.query_one("#list", TicketList)

    @property
    def beside(self) -> TicketPane:
        """The ticket beside it."""
        return self.query_one("#beside", TicketPane)

    @property
    def asked(self) -> tuple[str, str | None]:
        """The query and order of what is shown."""
        both = f"{self.view.query} {self.query_text}".strip() if self.query_text else self.view.query
        return both, self.view.sort

    def targets(self) -> Sequence[TicketRow]:
        """The selected tickets, else the one under the cursor."""
        return self.list.targets

    # -- reading -----------------------------------------------------------------------------------------------------

    def renew(self) -> None:
        """Read counts and list."""
        calls = self.desk_app.calls
        calls.places(self)
        held = self.list.held if self._loaded and not self._anew else ()
        calls.page(self, self.asked, rows=len(self.list.rows) if self._loaded else 0, keep=held)

    def refresh_all(self) -> None:
        """^r: what left this view goes."""
        self.list.release()
        self._anew = True
        self.renew()

    def show_view(self, key: str) -> None:
        """Go to a view."""
        found = next((view for view in self._views if view.key == key), None)
        if found is None:
            self.desk_app.say(f"you have no view {key}")
            return
        self.view, self.query_text = found, ""
        self.query_one("#filter", Field).display = False
        self.list.selected.clear()
        self.list.release()
        self.list.go(0)
        self.list.focus()
        self._loaded = False
        self._show_head()
        self.renew()

    @on(messages.Places)
    def _places(self, found: messages.Places) -> None:
        self._views, self._counts, self._in_quarantine = found.views, dict(found.counts), found.in_quarantine
        self.desk_app.views = found.views
        current = next((view for view in found.views if view.key == self.view.key), None)
        self.view = current or replace(MINE)
        self._show_head()
        if self._loaded and not self.list.rows:
            self._show_rows(())

    @on(messages.Listed)
    def _listed(self, page: messages.Listed) -> None:
        if page.asked != self.asked:
            return
        known = {row.number for row in page.rows}
        shown = tuple(row for row in self.list.rows if row.number not in self.list.left)
        again = self._loaded and not page.follows and page.more is not None
        before = tuple(row for row in shown if row.number not in known) if page.follows else ()
        after = tuple(row for row in shown[len(page.rows) :] if row.number not in known) if again else ()
        held = self._loaded and not self._anew
        self._fault, self._loaded, self._anew = "", True, False
        self._more = self._more if after else page.more
        self._show_rows((*before, *page.rows, *after), page.kept if held else None)

    @on(messages.Failed)
    def _failed(self, failed: messages.Failed) -> None:
        if failed.purpose == "list" and self.query_text:
            failed.stop()
            self._fault = failed.error.message
            self._show_info()

    @on(TicketList.EndNear)
    def _end_near(self) -> None:
        if self._more is not None:
            self.desk_app.calls.page(self, self.asked, after=self._more, keep=self.list.held)
            self._more = None

    @on(messages.Acted)
    def _acted(self, acted: messages.Acted) -> None:
        self.list.hold(acted.changed)

    # -- showing -----------------------------------------------------------------------------------------------------

    def _show_rows(self, rows: tuple[TicketRow, ...], kept: tuple[TicketRow, ...] | None = None) -> None:
        app = self.desk_app
        nothing = empty.text_for(self.view.key, self.query_text, self._counts, len(self._views))
        self.list.show(rows, kept=kept, me=app.actor.label, now=app.now(), empty=nothing)
        if not self.list.rows:
            self.beside.clear()
        self._show_info()

    def _show_head(self) -> None:
        right = self.desk_app.state()
        if trouble := views.troubles(self._counts, self._in_quarantine):
            right = Text(f"! {trouble}  ", "bold", end="").append_text(right)
        room = self.size.width - right.cell_len - 2
        self.query_one("#head", Bar).show(views.strip(self._views, self._counts, self.view.key, room), right)
        self.query_one("#sidebar", views.Sidebar).fill(
            self._views, self._counts, self.view.key, in_quarantine=self._in_quarantine
        )
        self.query_one("#banner", Bar).show(self.desk_app.banner())

    def _show_info(self) -> None:
        chosen = sorted(self.list.selected)
        bulk = f"{len(chosen)} SELECTED  {' '.join(f'#{number}' for number in chosen[:8])}" if chosen else ""
        hint = "a s e p d t b m ! work on all; no customer is mailed  X none" if chosen else ""
        self.query_one("#bulk", Bar).show(Text(bulk, "bold"), hint)
        if self._fault:
            self.query_one("#info", Bar).show(text.line(f"! {self._fault}", "bold"))
            return
        rows = self.list.rows
        where = f"{self.list.cursor + 1}/{len(rows)}{'+' if self._more else ''}" if rows else "0"
        asked = f" · {self.query_text}" if self.query_text else ""
        sort = self.view.sort or "waiting"
        order = {"waiting": "by waiting", "updated": "by change"}.get(sort, sort)
        order = "- left it (^r)" if self.list.left else order
        left = text.line(f"{where} in {self.view.name} · {order}{asked}")
        self.query_one("#info", Bar).show(left, Text(MARKS, "dim"))

    def tell_state(self) -> None:
        """Clock and connection."""
        self._show_head()

    def on_resize(self) -> None:
        """The line of views depends on the width."""
        self.call_after_refresh(self._show_head)
        self.call_after_refresh(self._show_info)

    # -- the cursor --------------------------------------------------------------------------------------------------

    @on(TicketList.Moved)
    def _moved(self, moved: TicketList.Moved) -> None:
        self._show_info()
        if self._rest is not None:
            self._rest.stop()
        if self.app.size.width >= PREVIEW_FROM:
            self._rest = self.set_timer(CALM, lambda: self.desk_app.calls.ticket(self, moved.row.number))

    @on(messages.TicketShown)
    def _ticket(self, shown: messages.TicketShown) -> None:
        row = self.list.row
        if row is not None and row.number == shown.detail.number:
            self.beside.show(shown.detail, now=self.desk_app.now(), zone=self.desk_app.actor.timezone)

    @on(TicketList.Opened)
    def _opened(self, opened: TicketList.Opened) -> None:
        self._open(opened.row.number)

    def _open(self, number: int) -> None:
        self.desk_app.open(number, tuple(row.number for row in self.list.rows), self.view.name)

    # -- keys --------------------------------------------------------------------------------------------------------

    def action_enter(self) -> None:
        """Enter."""
        if self.list.row is not None:
            self._open(self.list.row.number)

    def action_down(self) -> None:
        """j."""
        self.list.move(1)

    def action_up(self) -> None:
        """k."""
        self.list.move(-1)

    def action_page_down(self) -> None:
        """Space."""
        self.list.move(self.list.page)

    def action_page_up(self) -> None:
        """Page up."""
        self.list.move(-self.list.page)

    def action_top(self) -> None:
        """Home."""
        self.list.go(0)

    def action_bottom(self) -> None:
        """G."""
        self.list.go(len(self.list.rows))

    def action_select(self) -> None:
        """x."""
        self.list.toggle()
        self._show_info()

    def action_select_all(self) -> None:
        """X."""
        self.list.toggle_all()
        self._show_info()

    def action_view(self, place: int) -> None:
        """1 to 9."""
        if place <= len(self._views):
            self.show_view(self._views[place - 1].key)

    def action_pick_view(self) -> None:
        """v."""
        choices = [
            messages.Choice(view.key, view.name, views.counted(self._counts.get(view.key))) for view in self._views
        ]

        def picked(key: str | None) -> None:
            if key is not None:
                self.show_view(key)

        self.app.push_screen(Picker("View", choices), picked)

    # -- filter ------------------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """/."""
        field = self.query_one("#filter", Field)
        field.display = True
        field.focus()

    def action_clear(self) -> None:
        """Esc: first the selection, then the filter."""
        if self.list.selected:
            self.list.selected.clear()
            self.list.refresh()
            self._show_info()
            return
        field = self.query_one("#filter", Field)
        field.value, field.display, self._fault = "", False, ""
        self.list.focus()
        if self.query_text:
            self.query_text = ""
            self.renew()

    def action_save_view(self) -> None:
        """V."""
        if not self.query_text:
            self.desk_app.say("filter the list first, with /")
            return
        query = self.asked[0]

        def named(name: str | None) -> None:
            if name is not None:
                self.desk_app.calls.save_view(self, name, query)

        self.app.push_screen(Ask(f"Save as a view: {query}", hint="its name; enter saves, esc leaves"), named)

    @on(messages.ViewSaved)
    def _saved(self, saved: messages.ViewSaved) -> None:
        self.desk_app.say(f"view {saved.key} saved")
        self.renew()

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(TYPED, lambda: self._narrow(event.value))

    @on(Input.Submitted, "#filter")
    def _submitted(self, event: Input.Submitted) -> None:
        self._narrow(event.value)
        event.input.display = bool(event.value.strip())
        self.list.focus()

    def _narrow(self, query: str) -> None:
        if query.strip() != self.query_text:
            self.query_text = query.strip()
            self._loaded = False
            self.desk_app.calls.page(self, self.asked)
