"""Lines of text drawn one by one: what is not on the screen costs nothing."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual import events
from textual.strip import Strip
from textual.widget import Widget


class Lines(Widget, can_focus=True):
    """Ready lines, from `top` on. Subclasses lay them out anew when the width changes."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.top = 0
        self._lines: Sequence[Text] = ()

    def show(self, lines: Sequence[Text], *, top: int | None = None) -> None:
        """Show these lines, scrolled to `top`, or where it was."""
        self._lines = lines
        self.top = self._within(self.top if top is None else top)
        self.refresh()

    def scroll_lines(self, by: int) -> bool:
        """Scroll so many lines; whether anything moved."""
        before, self.top = self.top, self._within(self.top + by)
        self.refresh()
        return self.top != before

    @property
    def at_end(self) -> bool:
        """Whether the last line is in sight."""
        return self.top >= self._within(len(self._lines))

    @property
    def length(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        at = self.top + y
        style = self.rich_style
        if at >= len(self._lines):
            return Strip.blank(self.size.width, style)
        return drawn(self, self._lines[at], style)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        self.scroll_lines(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        self.scroll_lines(-3)

    def _within(self, top: int) -> int:
        return max(0, min(top, len(self._lines) - self.size.height))


def drawn(widget: Widget, text: Text, style: Style) -> Strip:
    """`text` as a strip as wide as the widget."""
    strip = Strip(list(text.render(widget.app.console)))
    return strip.adjust_cell_length(widget.size.width).apply_style(style)
