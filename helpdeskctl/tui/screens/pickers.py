"""Choose one of several: type to narrow, arrows to move, enter to take."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from helpdeskctl.tui.messages import Choice
from helpdeskctl.tui.text import flat, line, wrapped
from helpdeskctl.tui.widgets.bars import Bar, Divider
from helpdeskctl.tui.widgets.fields import Field
from helpdeskctl.tui.widgets.lines import Lines
from helpdeskctl.tui.widgets.options import Options


class Picker(ModalScreen[str | None]):
    """Gives the value of a choice, None with esc; `free` makes a value of words that are no choice."""

    BINDINGS = [  # noqa: RUF012  # Textual's own way
        ("escape", "dismiss(None)", "leave"),
        ("down", "move(1)", "next"),
        ("up", "move(-1)", "before"),
    ]

    def __init__(
        self, title: str, choices: Sequence[Choice], *, free: Callable[[str], str] | None = None, note: str = ""
    ) -> None:
        super().__init__()
        self._title, self._choices, self._free, self._note = title, tuple(choices), free, note
        self._shown: tuple[Choice, ...] = ()

    def compose(self) -> ComposeResult:
        """Title, field, choices, perhaps a preview, hint."""
        with Vertical(classes="box preview" if self._previews else "box"):
            yield Bar(classes="title")
            yield Field(placeholder="type to find")
            with Horizontal():
                yield Options(id="options")
                if self._previews:
                    yield Lines(id="preview")
            yield Divider()
            yield Bar(classes="hint")

    @property
    def _previews(self) -> bool:
        return any(choice.preview for choice in self._choices)

    def on_mount(self) -> None:
        """Show all choices."""
        self.query_one(".title", Bar).show(line(self._title, "bold"))
        if not self._previews:
            self.query_one(".box").styles.height = min(len(self._choices) + 6, self.app.size.height - 4)
        self._narrow("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what fits the words."""
        self._narrow(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        if self._shown:
            self.dismiss(self._shown[self.query_one(Options).cursor].value)
        elif self._free is not None and event.value.strip():
            self.dismiss(self._free(event.value))

    @on(Options.Clicked)
    def _clicked(self, clicked: Options.Clicked) -> None:
        if clicked.at < len(self._shown):
            self.dismiss(self._shown[clicked.at].value)

    def action_move(self, by: int) -> None:
        """Move in the list while the field keeps the focus."""
        if self._shown:
            options = self.query_one(Options)
            options.point((options.cursor + by) % len(self._shown))
            self._preview()

    def _narrow(self, typed: str) -> None:
        words = typed.casefold().split()
        self._shown = tuple(c for c in self._choices if all(word in _searched(c) for word in words))
        options = self.query_one(Options)
        options.show([_line(choice) for choice in self._shown], top=0)
        options.point(0)
        self.call_after_refresh(self._preview)
        count = f"{len(self._shown)} of {len(self._choices)}"
        new = "   enter makes a new one" if self._free and not self._shown and typed.strip() else ""
        self.query_one(".hint", Bar).show(f"{count}{self._note}{new}", "enter takes  esc leaves")

    def _preview(self) -> None:
        """The longer text of the choice under the cursor."""
        if self._previews:
            pane = self.query_one("#preview", Lines)
            chosen = self._shown[self.query_one(Options).cursor].preview if self._shown else ""
            pane.show([Text(f" {each}", end="") for each in wrapped(chosen, pane.size.width - 1)], top=0)


def _searched(choice: Choice) -> str:
    return f"{choice.label} {choice.remark} {choice.value} {choice.preview}".casefold()


def _line(choice: Choice) -> Text:
    text = line(choice.label)
    if choice.remark:
        text.append(f"  {flat(choice.remark)}", "dim")
    return text
