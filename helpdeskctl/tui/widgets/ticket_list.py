"""The list of tickets: a window of rows, a cursor, marks that say with letters what colour would say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from helpdeskctl.domain.lifecycle import Kind
from helpdeskctl.domain.urgency import Urgency, urgency
from helpdeskctl.queries.ticket_rows import TicketRow
from helpdeskctl.tui.text import cut, flat
from helpdeskctl.tui.widgets.lines import drawn

MARKS = "* unread  ! late  ~ soon  w writing  D draft  F failed"


def pressing(row: TicketRow, now: datetime) -> Urgency:
    """How urgent a row is, in a word."""
    return urgency(
        now=now,
        kind=Kind(row.status_kind),
        status=row.status,
        waiting_since=row.waiting_since,
        due_at=row.due_at,
        snoozed_until=row.snoozed_until,
    )


def in_place(shown: Sequence[TicketRow], rows: Sequence[TicketRow], kept: Sequence[TicketRow]) -> tuple[TicketRow, ...]:
    """`rows`, but each ticket of `kept` behind the one it stood behind in `shown`."""
    back = {row.number: row for row in kept}
    found = [row for row in rows if row.number not in back]
    numbers, before = {row.number for row in found}, 0
    for each in shown:
        if each.number in back and each.number not in numbers:
            numbers.add(each.number)
            place = next((n for n, row in enumerate(found) if row.number == before), -1)
            found.insert(place + 1, back[each.number])
        if each.number in numbers:
            before = each.number
    return tuple(found)


class TicketList(Widget, can_focus=True):
    """Rows with a cursor. In a narrow pane of a wide screen each row takes two lines."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"list--cursor", "list--head", "list--late"}

    @dataclass
    class Moved(Message):
        """The cursor stands on another ticket."""

        row: TicketRow

    @dataclass
    class EndNear(Message):
        """More rows are wanted."""

    @dataclass
    class Opened(Message):
        """A ticket was clicked twice."""

        row: TicketRow

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: tuple[TicketRow, ...] = ()
        self.selected: set[int] = set()
        self.cursor = 0
        self.left: frozenset[int] = frozenset()
        self.empty = "…"
        self._top = 0
        self._worked_on: set[int] = set()
        self._me = ""
        self._now: datetime | None = None

    # -- what is shown ---------------------------------------------------------------------------------------------

    def show(
        self, rows: Sequence[TicketRow], *, kept: Sequence[TicketRow] | None = None, me: str, now: datetime, empty: str
    ) -> None:
        """Show these rows. The cursor stays on its ticket and its line.

        `kept`: what is held and not in `rows`, as it is now; one that is missing there stays as it was. None lets go of
        everything.
        """
        here, line = self.row.number if self.row else None, self.cursor - self._top
        self._me, self._now, self.empty = me, now, empty
        self.left = (self.held if kept is not None else frozenset()) - {row.number for row in rows}
        last = {row.number: row for row in (*self.rows, *(kept or ()), *rows)}
        fixed = self.left | (self._worked_on if kept is not None else frozenset())
        self.rows = in_place(self.rows, rows, [last[number] for number in fixed])
        numbers = [row.number for row in self.rows]
        self.cursor = numbers.index(here) if here in numbers else max(0, min(self.cursor, len(numbers) - 1))
        self.selected &= set(numbers)
        self._worked_on &= set(numbers)
        self._top = max(0, min(self.cursor - line, len(numbers) - self.page))
        self._scroll_to_cursor()
        self.refresh()
        if self.row is not None:
            self.post_message(self.Moved(self.row))

    @property
    def row(self) -> TicketRow | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    @property
    def targets(self) -> tuple[TicketRow, ...]:
        """What triage works on: the selected rows, else the one under the cursor."""
        chosen = tuple(row for row in self.rows if row.number in self.selected)
        return chosen or ((self.row,) if self.row else ())

    @property
    def held(self) -> frozenset[int]:
        """What stays in sight when the list is read anew: the next key must not meet another ticket than meant."""
        here = {self.row.number} if self.row is not None else set()
        return frozenset(here | self.selected | self._worked_on)

    def hold(self, numbers: Iterable[int]) -> None:
        """Tickets that were worked on: those shown stay at their place until the view is changed or read anew."""
        self._worked_on |= {row.number for row in self.rows} & set(numbers)

    def release(self) -> None:
        """Hold nothing any longer."""
        self._worked_on.clear()

    # -- moving ----------------------------------------------------------------------------------------------------

    def move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        self.go(self.cursor + by)

    def go(self, to: int) -> None:
        """Put the cursor on a row."""
        to = max(0, min(to, len(self.rows) - 1))
        if to == self.cursor or not self.rows:
            return
        self.cursor = to
        self._scroll_to_cursor()
        self.refresh()
        self.post_message(self.Moved(self.rows[to]))
        if to >= len(self.rows) - self.page:
            self.post_message(self.EndNear())

    def toggle(self) -> None:
        """Select the row under the cursor or not, and go on."""
        if self.row is not None:
            self.selected ^= {self.row.number}
            self.refresh()
            self.move(1)

    def toggle_all(self) -> None:
        """Select all rows, or none."""
        every = {row.number for row in self.rows}
        self.selected = set() if self.selected == every else every
        self.refresh()

    @property
    def page(self) -> int:
        """How many rows fit."""
        return max(1, (self.size.height - self._head) // self._height)

    # -- drawing -----------------------------------------------------------------------------------------------------

    @property
    def _height(self) -> int:
        return 2 if 30 <= self.size.width < 70 and self.screen.size.width >= 100 else 1

    @property
    def _head(self) -> int:
        return 0 if self._height == 2 or self.screen.size.width < 80 else 1

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        if not self.rows:
            return self._blank(y)
        if y < self._head:
            return drawn(
                self, Text(self._columns("     #", "Subject", "From", "Owner", "Waits"), end=""), self._part("head")
            )
        at, second = divmod(y - self._head, self._height)
        at += self._top
        if at >= len(self.rows):
            return Strip.blank(self.size.width, self.rich_style)
        row = self.rows[at]
        style = self.rich_style
        if at == self.cursor:
            style += self._part("cursor")
        return drawn(self, self._second(row) if second else self._first(at, row), style)

    def _blank(self, y: int) -> Strip:
        lines = [Text(f"  {each}", end="") for each in ["", *self.empty.split("\n")]]
        return drawn(self, lines[y] if y < len(lines) else Text("", end=""), self.rich_style)

    def _first(self, at: int, row: TicketRow) -> Text:
        due = self._urgency(row)
        marks = "".join(
            (
                ">" if at == self.cursor else " ",
                "x" if row.number in self.selected else "-" if row.number in self.left else " ",
                "*" if row.unread else " ",
                "!" if due.late else "~" if due.soon else " ",
                "F" if row.undelivered else "w" if row.writing else "D" if row.draft else " ",
            )
        )
        number = f"{row.number:>6}"
        if self._head:
            columns = self._columns(number, row.subject, self._from(row), self._owner(row), due.text)
            shown = marks + columns[5:]
        else:
            room = self.size.width - 13 - len(due.text) - 1
            shown = f"{marks}{number[-6:]:>6}  {cut(row.subject, room)} {due.text}"
        text = Text(shown, end="", no_wrap=True)
        if row.unread:
            text.stylize("bold")
        if row.number in self.left:
            text.stylize("dim")
        if due.late:
            text.stylize(self._part("late"), len(shown.rstrip()) - len(due.text))
        return text

    def _columns(self, number: str, subject: str, requester: str, owner: str, due: str) -> str:
        room = self.size.width - 12 - 1 - 15 - 1 - 10 - 1 - 10
        return f"     {number:>6} {cut(subject, room)} {cut(requester, 15)} {cut(owner, 10)} {flat(due):>10}"

    def _second(self, row: TicketRow) -> Text:
        told = f"{row.writing[0]} is writing" if row.writing else row.status
        parts = (self._from(row), told, row.department_name, row.priority.key if row.priority != 3 else "")
        shown = " · ".join(flat(part) for part in parts if part)
        return Text(" " * 13 + cut(shown, max(self.size.width - 14, 0)), style="dim", end="", no_wrap=True)

    def _from(self, row: TicketRow) -> str:
        return row.requester_name or row.requester

    def _owner(self, row: TicketRow) -> str:
        if row.assignee is None:
            return row.team or "-"
        return "me" if row.assignee == self._me else row.assignee_name or row.assignee

    def _urgency(self, row: TicketRow) -> Urgency:
        return pressing(row, self._now or row.updated_at)

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(f"list--{name}", partial=True)

    def _scroll_to_cursor(self) -> None:
        if self.cursor < self._top:
            self._top = self.cursor
        elif self.cursor >= self._top + self.page:
            self._top = self.cursor - self.page + 1
        self._top = max(0, min(self._top, len(self.rows) - 1))

    # -- events ------------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._scroll_to_cursor()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one opens."""
        at = (event.y - self._head) // self._height + self._top
        if event.y >= self._head and at < len(self.rows):
            if event.chain > 1 and at == self.cursor:
                self.post_message(self.Opened(self.rows[at]))
            self.go(at)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        self.move(-3)
