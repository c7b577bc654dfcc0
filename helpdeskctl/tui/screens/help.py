"""The keys of a place, and everything else from the key table."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from helpdeskctl.tui import keys
from helpdeskctl.tui.widgets.bars import Bar
from helpdeskctl.tui.widgets.fields import Field
from helpdeskctl.tui.widgets.lines import Lines


class Help(ModalScreen[None]):
    """The keys of `place` first, then those that act everywhere; typing narrows."""

    BINDINGS = [  # noqa: RUF012  # Textual's own way
        ("escape,f1", "dismiss", "leave"),
        ("down", "scroll(1)", "down"),
        ("up", "scroll(-1)", "up"),
        ("pagedown", "scroll(10)", "page down"),
        ("pageup", "scroll(-10)", "page up"),
    ]

    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place

    def compose(self) -> ComposeResult:
        """Title, field, keys, hint."""
        with Vertical(classes="box wide"):
            yield Bar(classes="title")
            yield Field(placeholder="type to find")
            yield Lines()
            yield Bar(classes="hint")

    def on_mount(self) -> None:
        """Show all."""
        self.query_one(".title", Bar).show(Text(f"Keys: {self._place}", "bold"))
        self.query_one(".hint", Bar).show("esc leaves · query words: helpdeskctl help query")
        self._narrow("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what fits."""
        self._narrow(event.value)

    def action_scroll(self, by: int) -> None:
        """Scroll."""
        self.query_one(Lines).scroll_lines(by)

    def _narrow(self, typed: str) -> None:
        words = typed.casefold().split()
        self.query_one(Lines).show(list(self._lines(words)), top=0)

    def _lines(self, words: list[str]) -> Iterator[Text]:
        for place in dict.fromkeys((self._place, "go", keys.EVERYWHERE)):
            fitting = [
                key for key in keys.at(place) if all(word in f"{key.shown} {key.label}".casefold() for word in words)
            ]
            if fitting:
                yield Text("after g" if place == "go" else place, style="bold", end="")
            for key in fitting:
                yield Text(f"  {key.shown:<19}", style="bold", end="").append(key.label, "not bold")
