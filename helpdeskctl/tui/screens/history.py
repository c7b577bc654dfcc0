"""What happened to a ticket: who did what, when."""

from __future__ import annotations

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from helpdeskctl.queries.history import Happening
from helpdeskctl.tui import messages
from helpdeskctl.tui.text import line, when, wrapped
from helpdeskctl.tui.widgets.bars import Bar
from helpdeskctl.tui.widgets.lines import Lines


class History(ModalScreen[None]):
    """The events of one ticket, newest last."""

    BINDINGS = [  # noqa: RUF012  # Textual's own way
        ("escape,u,q,H", "dismiss", "leave"),
        ("down,j", "scroll(1)", "down"),
        ("up,k", "scroll(-1)", "up"),
        ("space,pagedown", "scroll(10)", "page down"),
        ("pageup", "scroll(-10)", "page up"),
    ]

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def compose(self) -> ComposeResult:
        """Title, events, hint."""
        with Vertical(classes="box"):
            yield Bar(classes="title")
            yield Lines()
            yield Bar(classes="hint")

    def on_mount(self) -> None:
        """Read it."""
        self.query_one(".title", Bar).show(Text(f"What happened to #{self._number}", "bold"))
        self.query_one(".hint", Bar).show("esc leaves")
        self.app.calls.happenings(self, self._number)  # type: ignore[attr-defined]  # shown by DeskApp only

    def action_scroll(self, by: int) -> None:
        """Scroll."""
        self.query_one(Lines).scroll_lines(by)

    @on(messages.Noted)
    def _noted(self, noted: messages.Noted) -> None:
        lines = self.query_one(Lines)
        app = self.app
        told = [
            Text(piece, end="")
            for each in noted.happenings
            for piece in wrapped(_told(each, when(each.at, app.now(), app.actor.timezone)), lines.size.width)  # type: ignore[attr-defined]  # shown by DeskApp only
        ]
        lines.show(told, top=len(told))


def _told(each: Happening, at: str) -> str:
    data = "  ".join(f"{name} {value}" for name, value in each.data.items() if value not in (None, "", [], False))
    return line(f"{at:<18} {each.actor:<24} {each.verb:<12} {data}".rstrip()).plain
