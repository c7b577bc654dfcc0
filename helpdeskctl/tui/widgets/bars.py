"""Single lines: something at the left, something at the right; rules; the keys of a place."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from helpdeskctl.tui import keys
from helpdeskctl.tui.widgets.lines import drawn


class Bar(Widget):
    """A line: `left` gives way to `right` where both do not fit. Without text it takes no room if it may `vanish`."""

    def __init__(self, *, id: str | None = None, classes: str | None = None, vanish: bool = False) -> None:
        super().__init__(id=id, classes=classes)
        self._left, self._right = Text(), Text()
        self._vanish = vanish
        self.display = not vanish

    def show(self, left: Text | str, right: Text | str = "") -> None:
        """Show these; strings are our own words."""
        shown = (_text(left), _text(right))
        if shown == (self._left, self._right):
            return
        self._left, self._right = shown
        if self._vanish:
            self.display = bool(shown[0] or shown[1])
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        return drawn(self, spread(self._left, self._right, self.size.width), self.rich_style)


class Divider(Widget):
    """A horizontal rule."""

    def render_line(self, y: int) -> Strip:
        """The rule."""
        return drawn(self, Text("─" * self.size.width, end=""), self.rich_style)


class Foot(Vertical):
    """What was done just now, while it is news, and the keys of the place."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Static(id="said")
        yield KeyLine(self._place)

    def say(self, words: Text) -> None:
        """Show these words; none hides the line."""
        for said in self.query("#said").results(Static):
            said.update(words)
            said.display = bool(words)


class KeyLine(Widget):
    """The last line: the keys of a place that matter most, as many as fit; help stays."""

    def __init__(self, place: str) -> None:
        super().__init__(id="keys")
        self._place = place

    def render_line(self, y: int) -> Strip:
        """The line."""
        named = keys.footer(self._place)
        always, own = named[-2:], named[:-2]
        right = _keys(always)
        left = Text(" ", end="")
        for pair in own:
            more = _keys([pair])
            if left.cell_len + more.cell_len + right.cell_len + 2 > self.size.width:
                break
            left.append_text(more).append("  ")
        return drawn(self, spread(left, right, self.size.width), self.rich_style)


def spread(left: Text, right: Text, width: int) -> Text:
    """One line of `width` cells with `left` and `right` at its ends."""
    room = max(width - right.cell_len - (1 if right else 0), 0)
    line = left.copy()
    if line.cell_len > room:
        line.truncate(room, overflow="ellipsis")
    line.append(" " * max(width - line.cell_len - right.cell_len, 0))
    line.append_text(right)
    line.end = ""
    return line


def _keys(named: list[tuple[str, str]]) -> Text:
    text = Text(end="")
    for at, (key, word) in enumerate(named):
        text.append("  " if at else "").append(key, "bold").append(f" {word}")
    return text


def _text(given: Text | str) -> Text:
    return given if isinstance(given, Text) else Text(given, end="")
