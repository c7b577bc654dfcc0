"""After `g`: a second key says where to. The line shows the keys and goes by itself after a while."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen
from textual.widgets import Static

from helpdeskctl.tui import keys

PATIENCE = 3.0


class Go(ModalScreen[str | None]):
    """Gives the id of the key that was pressed (`go_mine`), None when none was."""

    BINDINGS = [  # noqa: RUF012  # Textual's own way
        Binding(",".join(key.keys), f"choose('{key.id}')", key.label, show=False) for key in keys.at("go")
    ]

    def compose(self) -> ComposeResult:
        """The keys."""
        yield Static(id="go")

    def on_mount(self) -> None:
        """Show the keys, and wait a while."""
        text, room = Text("g …  "), self.app.size.width
        used = text.cell_len
        for key in keys.at("go"):
            named = Text(keys.spoken(key.keys[0]), "bold").append(f" {key.label}  ", "not bold")
            if used + named.cell_len > room:
                text, used = text.append("\n     "), 5
            text.append_text(named)
            used += named.cell_len
        self.query_one(Static).update(text)
        self.set_timer(PATIENCE, lambda: self.dismiss(None) if self.is_current else None)

    def action_choose(self, action: str) -> None:
        """A second key."""
        self.dismiss(None if action == "go_nowhere" else action)
