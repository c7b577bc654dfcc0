"""Where people type: one line, and the text of a message. What is pasted or prefilled is shown harmless."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Input, TextArea

from helpdeskctl.domain.text import clean_line
from helpdeskctl.tui.text import same_length


class Field(Input):
    """A line to type. A pasted text becomes one clean line."""

    def _on_paste(self, event: events.Paste) -> None:
        self.insert_text_at_cursor(same_length(clean_line(event.text)))
        event.prevent_default()
        event.stop()


class Body(TextArea):
    """The text of a message. Each character that could steer the terminal is shown as one mark; the text keeps it."""

    @dataclass
    class ShortcutTyped(Message):
        """`/ps` and tab: a canned reply is wanted in its place."""

        shortcut: str

    def get_line(self, line_index: int) -> Text:
        """A line as it is drawn."""
        return Text(same_length(self.document.get_line(line_index)), end="", no_wrap=True)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "tab" and (shortcut := self._shortcut()):
            event.stop()
            event.prevent_default()
            self.post_message(self.ShortcutTyped(shortcut))
            return
        await super()._on_key(event)

    def _shortcut(self) -> str:
        row, column = self.cursor_location
        typed = self.document.get_line(row)[:column].rpartition(" ")[2]
        return typed[1:] if typed.startswith("/") and len(typed) > 1 else ""

    def put(self, text: str, *, instead_of: int = 0) -> None:
        """Insert at the cursor, in place of so many characters before it."""
        row, column = self.cursor_location
        self.replace(text, (row, column - instead_of), (row, column))
