"""Lines one of which is pointed at, and several of which may be marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip

from helpdeskctl.tui.widgets.lines import Lines, drawn


class Options(Lines, can_focus=False):
    """Lines one of which is pointed at."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"options--cursor"}

    @dataclass
    class Clicked(Message):
        """A line was clicked."""

        at: int

    cursor = 0

    def point(self, at: int) -> None:
        """Point at a line, and keep it in sight."""
        self.cursor = at
        below = self.top + max(self.size.height, 1)
        top = min(self.top, at) if at < below else at - below + self.top + 1
        self.show(self._lines, top=top)

    def render_line(self, y: int) -> Strip:
        """A line behind its mark."""
        at = self.top + y
        if at >= self.length:
            return Strip.blank(self.size.width, self.rich_style)
        here = at == self.cursor
        style = self.rich_style + self.get_component_rich_style("options--cursor", partial=True) if here else None
        return drawn(self, Text(self.mark(at), end="") + self._lines[at], style or self.rich_style)

    def mark(self, at: int) -> str:
        """What stands before a line."""
        return "> " if at == self.cursor else "  "

    def on_click(self, event: events.Click) -> None:
        """A click takes."""
        self.post_message(self.Clicked(self.top + event.y))


class Rows(Options, can_focus=True):
    """Lines that stand for things with an id: the cursor and the marks stay with the thing when they are read anew."""

    @dataclass
    class Moved(Message):
        """The cursor stands on another row."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.keys: tuple[int, ...] = ()
        self.marked: set[int] = set()
        self.empty = "…"

    def fill(self, keys: Sequence[int], lines: Sequence[Text], *, empty: str) -> None:
        """Show these; `empty` is said where there are none."""
        here, place = self.key, self.cursor
        self.keys, self.empty = tuple(keys), empty
        self.marked &= set(keys)
        blank = [Text(f" {each}", end="") for each in ("", *empty.split("\n"))]
        self.show(list(lines) or blank)
        self.point(self.keys.index(here) if here in self.keys else max(0, min(place, len(keys) - 1)))
        self.post_message(self.Moved())

    @property
    def key(self) -> int | None:
        """What the cursor stands on."""
        return self.keys[self.cursor] if self.cursor < len(self.keys) else None

    @property
    def targets(self) -> tuple[int, ...]:
        """What the next key works on: all that is marked, else what the cursor stands on."""
        chosen = tuple(key for key in self.keys if key in self.marked)
        return chosen or ((self.key,) if self.key is not None else ())

    def move(self, by: int) -> None:
        """Move the cursor."""
        if self.keys:
            self.point(max(0, min(self.cursor + by, len(self.keys) - 1)))
            self.post_message(self.Moved())

    def toggle(self) -> None:
        """Mark the row or not, and go on."""
        if self.key is not None:
            self.marked ^= {self.key}
            self.refresh()
            self.move(1)

    def toggle_all(self) -> None:
        """Mark all, or none."""
        self.marked = set() if self.marked == set(self.keys) else set(self.keys)
        self.refresh()
        self.post_message(self.Moved())

    def mark(self, at: int) -> str:
        """The cursor and the mark."""
        if not self.keys:
            return "  "
        return f"{'>' if at == self.cursor else ' '}{'x' if self.keys[at] in self.marked else ' '} "

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor."""
        self.move(self.top + event.y - self.cursor)
