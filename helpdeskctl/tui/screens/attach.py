"""The files that go with a message: those already chosen, those of the ticket, and a path to another one."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from helpdeskctl.operations.messages import NewAttachment
from helpdeskctl.tui import messages
from helpdeskctl.tui.messages import Limits
from helpdeskctl.tui.text import count, cut, flat, line, size
from helpdeskctl.tui.widgets.bars import Bar
from helpdeskctl.tui.widgets.fields import Field
from helpdeskctl.tui.widgets.options import Options


class Attach(ModalScreen[tuple[NewAttachment, ...]]):
    """Gives the files that are chosen when it is left. `at_door`: no file of this host is in reach."""

    BINDINGS = [  # noqa: RUF012  # Textual's own way
        ("escape", "done", "done"),
        ("down", "move(1)", "next"),
        ("up", "move(-1)", "before"),
    ]

    def __init__(
        self, chosen: Sequence[NewAttachment], known: Sequence[NewAttachment], limits: Limits, *, at_door: bool
    ) -> None:
        super().__init__()
        self._chosen = list(chosen)
        self._every = [*chosen, *(file for file in known if file not in chosen)]
        self._limits, self._at_door = limits, at_door

    def compose(self) -> ComposeResult:
        """Title with the limits, path, files, sum, hint."""
        with Vertical(classes="box"):
            yield Bar(classes="title")
            yield Field(id="path", placeholder="path of a file; empty: enter takes or leaves the one below")
            yield Bar(id="fault", vanish=True)
            yield Options(id="options")
            yield Bar(classes="hint")

    def on_mount(self) -> None:
        """Say the limits before anything is chosen."""
        limits = self._limits
        title = f"Attach: at most {count(limits.files, 'file')}, {_limit(limits.size)} together"
        self.query_one(".title", Bar).show(Text(title, "bold"))
        if self._at_door:
            self.query_one(
                "#path", Field
            ).placeholder = "no path over SSH: ssh … attachment put N NAME < FILE, then here"
        self._show()

    def _show(self) -> None:
        options = self.query_one(Options)
        width = max(options.size.width, 40) - 8
        lines = [
            Text(f"{'[x]' if file in self._chosen else '[ ]'} {cut(file.filename, width - 14)} {size(file.size):>9}")
            for file in self._every
        ]
        options.show(lines)
        options.point(min(options.cursor, max(len(lines) - 1, 0)))
        total = sum(file.size for file in self._chosen)
        over = total > self._limits.size or len(self._chosen) > self._limits.files
        told = f"{'! TOO MUCH: ' if over else ''}{count(len(self._chosen), 'file')}, {size(total)}"
        self.query_one(".hint", Bar).show(told, "enter takes or leaves, esc goes back to the text")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: a path is read; without one the file under the cursor is taken or left."""
        typed = event.value.strip()
        if typed and self._at_door:
            self._tell("files of this host are not for agents who come by SSH")
        elif typed:
            self.app.calls.attach(self, typed, self._limits.size)  # type: ignore[attr-defined]  # shown by DeskApp only
        elif self._every:
            file = self._every[self.query_one(Options).cursor]
            if file in self._chosen:
                self._chosen.remove(file)
            else:
                self._chosen.append(file)
            self._show()

    @on(messages.Attached)
    def _attached(self, attached: messages.Attached) -> None:
        self.query_one("#path", Field).value = ""
        if attached.file not in self._every:
            self._every.append(attached.file)
        if attached.file not in self._chosen:
            self._chosen.append(attached.file)
        self._tell("")
        self._show()

    @on(messages.Failed)
    def _failed(self, failed: messages.Failed) -> None:
        failed.stop()
        self._tell(failed.error.message)

    def _tell(self, fault: str) -> None:
        self.query_one("#fault", Bar).show(line(f"! {flat(fault)}", "bold yellow") if fault else "")

    def action_move(self, by: int) -> None:
        """Move in the list while the field keeps the focus."""
        if self._every:
            options = self.query_one(Options)
            options.point((options.cursor + by) % len(self._every))

    def action_done(self) -> None:
        """Esc."""
        self.dismiss(tuple(self._chosen))


def _limit(octets: int) -> str:
    """A limit as it was set, in powers of 1024; what is shown of files is what file managers show."""
    return f"{octets / 1024**2:.0f} MB" if octets >= 1024**2 else size(octets)
