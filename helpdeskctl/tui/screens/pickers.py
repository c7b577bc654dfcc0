"""Choose one of several: type to narrow, arrows to move, enter to take."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from helpdeskctl.tui.messages import Choice
from helpdeskctl.tui.text import flat, line, wrapped
from helpdeskctl.tui.widgets.bars import Bar, Divider
from helpdeskctl.tui.widgets.fields import Field
from helpdeskctl.tui.widgets.lines import Lines


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
                yield OptionList(markup=False, compact=True)
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
        self.query_one(OptionList).can_focus = False
        self._narrow("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what fits the words."""
        self._narrow(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        at = self.query_one(OptionList).highlighted
        if at is not None and at < len(self._shown):
            self.dismiss(self._shown[at].value)
        elif self._free is not None and event.value.strip():
            self.dismiss(self._free(event.value))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click."""
        self.dismiss(self._shown[event.option_index].value)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the longer text."""
        if self._previews and event.option_index < len(self._shown):
            preview = self.query_one("#preview", Lines)
            shown = wrapped(self._shown[event.option_index].preview, preview.size.width - 1)
            preview.show([Text(f" {each}", end="") for each in shown], top=0)

    def action_move(self, by: int) -> None:
        """Move in the list while the field keeps the focus."""
        options = self.query_one(OptionList)
        if self._shown:
            options.highlighted = ((options.highlighted or 0) + by) % len(self._shown)

    def _narrow(self, typed: str) -> None:
        words = typed.casefold().split()
        self._shown = tuple(c for c in self._choices if all(word in _searched(c) for word in words))
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(_line(choice)) for choice in self._shown])
        options.highlighted = 0 if self._shown else None
        if not self._shown and self._previews:
            self.query_one("#preview", Lines).show([])
        count = f"{len(self._shown)} of {len(self._choices)}"
        new = "   enter makes a new one" if self._free and not self._shown and typed.strip() else ""
        self.query_one(".hint", Bar).show(f"{count}{self._note}{new}", "enter takes  esc leaves")


def _searched(choice: Choice) -> str:
    return f"{choice.label} {choice.remark} {choice.value} {choice.preview}".casefold()


def _line(choice: Choice) -> Text:
    text = line(choice.label)
    if choice.remark:
        text.append(f"  {flat(choice.remark)}", "dim")
    return text
