"""A yes or no before something that mail or customers feel."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from helpdeskctl.tui.text import flat, wrapped
from helpdeskctl.tui.widgets.bars import Bar
from helpdeskctl.tui.widgets.lines import Lines


class Confirm(ModalScreen[bool]):
    """Gives True with y. `facts` say what will happen, a paragraph each."""

    BINDINGS = [("y", "dismiss(True)", "yes"), ("n,escape", "dismiss(False)", "no")]  # noqa: RUF012  # Textual's own way

    def __init__(self, question: str, facts: Sequence[str] = ()) -> None:
        super().__init__()
        self._question, self._facts = question, facts

    def compose(self) -> ComposeResult:
        """Question, facts, hint."""
        with Vertical(classes="box confirm"):
            yield Lines(id="question")
            yield Bar(classes="hint")

    def on_mount(self) -> None:
        """Lay the words out."""
        width = min(76, self.app.size.width) - 4
        lines = [Text(each, style="bold", end="") for each in wrapped(flat(self._question), width)]
        for fact in self._facts:
            lines += [Text("", end=""), *(Text(each, end="") for each in wrapped(flat(fact), width))]
        self.query_one(".box").styles.height = min(len(lines) + 4, self.app.size.height - 2)
        self.query_one(Lines).show(lines, top=0)
        self.query_one(".hint", Bar).show("y yes   n no")
