"""A mail as it came in: what the ledger says of it, its headers and words, why it is here, and its bytes as text."""

from __future__ import annotations

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from helpdeskctl.tui import messages
from helpdeskctl.tui.text import line, wrapped
from helpdeskctl.tui.widgets.bars import Bar
from helpdeskctl.tui.widgets.lines import Lines


class Letter(ModalScreen[None]):
    """One mail of the ledger."""

    BINDINGS = [  # noqa: RUF012  # Textual's own way
        ("escape,u,q,W", "dismiss", "leave"),
        ("down,j", "scroll(1)", "down"),
        ("up,k", "scroll(-1)", "up"),
        ("space,pagedown", "scroll(15)", "page down"),
        ("pageup", "scroll(-15)", "page up"),
        ("home", "scroll(-1000000)", "to the top"),
        ("G,end", "scroll(1000000)", "to the bottom"),
    ]

    def __init__(self, ledger_id: int) -> None:
        super().__init__()
        self._ledger_id = ledger_id

    def compose(self) -> ComposeResult:
        """Title, lines, hint."""
        with Vertical(classes="box wide"):
            yield Bar(classes="title")
            yield Lines()
            yield Bar(classes="hint")

    def on_mount(self) -> None:
        """Read it."""
        self.query_one(".title", Bar).show(Text(f"Mail {self._ledger_id} as it came in", "bold"))
        self.query_one(".hint", Bar).show(
            line(f"space goes on, esc leaves · helpdeskctl mail show {self._ledger_id} --raw")
        )
        self.app.calls.letter(self, self._ledger_id)  # type: ignore[attr-defined]  # shown by DeskApp only

    def action_scroll(self, by: int) -> None:
        """Scroll."""
        self.query_one(Lines).scroll_lines(by)

    @on(messages.LetterRead)
    def _read(self, read: messages.LetterRead) -> None:
        lines = self.query_one(Lines)
        width = lines.size.width
        lines.show(
            [
                Text(piece, end="", no_wrap=True)
                for each in (*read.facts, *read.lines)
                for piece in wrapped(each, width)
            ],
            top=0,
        )
