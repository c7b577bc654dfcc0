"""A ticket's messages as lines: who, when, how it came, the words, what is folded, the files, what became of mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from rich.text import Text

from helpdeskctl.domain.delivery import State
from helpdeskctl.queries.messages import MessageView
from helpdeskctl.tui import delivery, text
from helpdeskctl.tui.widgets.bars import spread
from helpdeskctl.tui.widgets.lines import Lines

MOST = 100_000  # characters of one message; the rest is named, and read with the command line
_CAME = {"mail": "e-mail", "portal": "portal", "phone": "phone", "reply": "reply", "note": "note", "forward": "forward"}


class Thread(Lines):
    """The messages, oldest first. `answering`: beside the answer that is being written."""

    def __init__(self, *, id: str | None = None, answering: bool = False) -> None:
        super().__init__(id=id)
        self._answering = answering
        self._messages: Sequence[MessageView] = ()
        self._now: datetime | None = None
        self._zone = "UTC"
        self._starts: list[int] = []
        self.unfolded = False

    def load(self, messages: Sequence[MessageView], *, now: datetime, zone: str, fresh: bool) -> None:
        """Show these. A `fresh` ticket opens at its last message; the same one stays where it was read."""
        grown = len(messages) > len(self._messages)
        stays = not fresh and not (grown and self.at_end)
        self._messages, self._now, self._zone = messages, now, zone
        top = self.top
        self._lay_out()
        self.show(self._lines, top=top if stays else self._opening())

    def clear(self) -> None:
        """Show nothing."""
        self._messages, self._starts = (), []
        self.show([], top=0)

    def retell(self, now: datetime) -> None:
        """Say anew what depends on the time."""
        self._now = now
        self._lay_out()
        self.show(self._lines)

    def fold(self) -> None:
        """Show quoted lines, or fold them."""
        self.unfolded = not self.unfolded
        self._lay_out()
        self.show(self._lines)

    def to_message(self, by: int) -> None:
        """Scroll to the next message or the one before."""
        starts = self._starts or [0]
        after = [at for at in starts if at > self.top]
        before = [at for at in starts if at < self.top]
        self.show(self._lines, top=(after or starts[-1:])[0] if by > 0 else (before or [0])[-1])

    def on_resize(self) -> None:
        """Lay out anew, near where it was read."""
        place = self.top / self.length if self.length else 0
        self._lay_out()
        self.show(self._lines, top=round(place * self.length) if place else self._opening())

    def _opening(self) -> int:
        """The last message a person wrote, in full when it fits; or, beside an answer, the customer's last."""
        written = [
            start
            for start, each in zip(self._starts, self._messages, strict=False)
            if not each.automatic and (each.direction == "in" or not self._answering)
        ]
        if not self._starts:
            return 0
        last = (written or self._starts)[-1]
        return last if self._answering else min(last, max(0, self.length - self.size.height))

    def _lay_out(self) -> None:
        lines: list[Text] = []
        self._starts = []
        if self._now is not None and self.size.width:
            for message in self._messages:
                self._starts.append(len(lines))
                lines += self._one(message, self._now)
        self._lines = lines

    def _one(self, message: MessageView, now: datetime) -> Iterator[Text]:
        width = self.size.width
        internal = message.direction == "internal"
        yield self._heading(message, now)
        edge = "| " if internal and message.kind == "note" else "  "
        for line in self._body(message, width - len(edge)):
            line.end = ""
            yield Text(edge, style="yellow" if internal else "", end="").append_text(line)
        for number, file in enumerate((f for f in message.attachments if not f.inline), 1):
            gone = "  (deleted)" if file.deleted_at else f"  ({file.withheld})" if file.withheld else ""
            name = text.cut(file.filename, max(width - 30, 10)).rstrip()
            yield Text(f"  [{number}] {name}  {text.size(file.size)}{gone}", end="")
        yield from self._deliveries(message, now)
        yield Text("", end="")

    def _deliveries(self, message: MessageView, now: datetime) -> Iterator[Text]:
        """What became of its mail, where that is not simply that it was sent."""
        clock = delivery.Clock(now, self._zone)
        for each in delivery.latest(message.deliveries):
            if each.state == State.SENT:
                continue
            wrong = delivery.failed(each)
            told = f"{'!' if wrong else ' '} mail to {each.address}: {delivery.fate(each, clock)}"
            for line in islice(text.wrapped(text.flat(told), self.size.width), 3):
                yield Text(line, style="bold yellow" if wrong else "dim", end="", no_wrap=True)

    def _heading(self, message: MessageView, now: datetime) -> Text:
        name = message.author_name or message.author or "system"
        left = text.line(name, "bold")
        if message.author_kind == "contact" and message.author and message.author_name:
            left.append(f" <{text.flat(message.author)}>")
        kinds = {"contact": "customer", "agent": "", "system": ""}
        if message.direction == "internal" and message.kind == "note":
            left.append("  internal note - NOT visible to the customer", "bold yellow")
        elif said := kinds[message.author_kind]:
            left.append(f"  {said}")
        if message.sender_proven is False:
            left.append("  sender NOT proven", "bold red")
        if message.origin_ticket:
            left.append(f"  from #{message.origin_ticket}", "dim")
        came = "automatic" if message.automatic else _CAME.get(message.kind, message.kind)
        if message.deliveries and all(each.state == State.SENT for each in message.deliveries):
            came += ", sent"
        right = Text(f"{text.when(message.at, now, self._zone)}  {came}", style="dim")
        return spread(left, right, self.size.width)

    def _body(self, message: MessageView, width: int) -> Iterator[Text]:
        lines = message.text[:MOST].split("\n")
        for first, last, hidden in _stretches(message, len(lines)):
            if hidden and not self.unfolded:
                words = f"[+{text.count(last - first + 1, hidden)}, > to show]"
                yield Text(words, style="dim")
                continue
            for line in lines[first : last + 1]:
                for piece in text.wrapped(line, width):
                    yield Text(piece, style="dim" if hidden else "", no_wrap=True)
        if len(message.text) > MOST:
            left = len(message.text) - MOST
            yield Text(f"[{left} more characters: helpdeskctl ticket show {message.number} --thread]", style="bold")


def _stretches(message: MessageView, count: int) -> Iterator[tuple[int, int, str]]:
    """(first line, last line, what it is or "" for the author's own words) of the message's parts, in order."""
    at = 0
    for fold in sorted(message.folds, key=lambda fold: fold.first_line):
        if fold.first_line >= count or fold.first_line < at:
            continue
        if fold.first_line > at:
            yield at, fold.first_line - 1, ""
        last = min(fold.last_line, count - 1)
        yield fold.first_line, last, "quoted line" if fold.kind == "quote" else "signature line"
        at = last + 1
    if at < count:
        yield at, count - 1, ""
