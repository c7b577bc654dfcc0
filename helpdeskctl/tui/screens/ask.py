"""One question with one line to answer in."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from helpdeskctl.tui.text import line, same_length
from helpdeskctl.tui.widgets.bars import Bar
from helpdeskctl.tui.widgets.fields import Field


class Ask(ModalScreen[str | None]):
    """Gives what was typed, None with esc."""

    BINDINGS = [("escape", "dismiss(None)", "leave")]  # noqa: RUF012  # Textual's own way

    def __init__(self, question: str, *, hint: str = "enter to confirm, esc to leave", value: str = "") -> None:
        super().__init__()
        self._question, self._hint, self._value = question, hint, value

    def compose(self) -> ComposeResult:
        """Question, field, hint."""
        with Vertical(classes="box small"):
            yield Bar(classes="title")
            yield Field(same_length(self._value))
            yield Bar(classes="hint")

    def on_mount(self) -> None:
        """Fill the bars."""
        self.query_one(".title", Bar).show(line(self._question, "bold"))
        self.query_one(".hint", Bar).show(self._hint)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        self.dismiss(event.value.strip() or None)
