"""To whom a mail goes, in fields: To where it is a forward, Cc and Bcc."""

from __future__ import annotations

from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Label

from helpdeskctl.domain.text import clean_line
from helpdeskctl.tui.composing import Composition
from helpdeskctl.tui.text import line, same_length
from helpdeskctl.tui.widgets.bars import Bar
from helpdeskctl.tui.widgets.fields import Field


class Recipients(ModalScreen[Composition | None]):
    """Gives the composition with other recipients, None with esc. Several stand with commas between them."""

    BINDINGS = [("escape", "dismiss(None)", "leave")]  # noqa: RUF012  # Textual's own way

    def __init__(self, made: Composition, fixed: str) -> None:
        super().__init__()
        self._made, self._fixed = made, fixed
        self._names = ("to", "cc") if made.kind == "forward" else ("cc", "bcc")

    def compose(self) -> ComposeResult:
        """Who gets it anyway, the fields, hint."""
        with Vertical(classes="box recipients"):
            yield Bar(classes="title")
            for name in self._names:
                with Horizontal():
                    yield Label(f"{name.capitalize():<4}", markup=False)
                    yield Field(same_length(", ".join(getattr(self._made, name))), id=f"field-{name}")
            yield Bar(classes="hint")

    def on_mount(self) -> None:
        """Fill the bars."""
        self.query_one(".title", Bar).show(line(self._fixed, "bold"))
        joins = "Cc joins the ticket, Bcc nobody sees.  " if self._made.kind != "forward" else ""
        self.query_one(".hint", Bar).show(f"{joins}tab: next  enter: take  esc")

    def on_input_submitted(self) -> None:
        """Enter."""
        named = {name: _addresses(self.query_one(f"#field-{name}", Field).value) for name in self._names}
        self.dismiss(replace(self._made, **named))  # type: ignore[arg-type]  # to, cc and bcc are tuples of addresses


def _addresses(typed: str) -> tuple[str, ...]:
    found = (clean_line(each) for each in typed.replace(";", ",").split(","))
    return tuple(dict.fromkeys(each for each in found if each))
