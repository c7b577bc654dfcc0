"""Text from outside, made fit for the screen: the one place where strings become `rich.text.Text`.

Markup is never read, so `[red]` and `[@click=…]` are shown as they were written; what could steer the terminal or
turn the reading order is shown as a mark (`domain.text.printable`). No character is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.cells import cell_len, chop_cells
from rich.text import Text

from helpdeskctl.domain.text import HARMFUL, printable

_LINE_MARKS = str.maketrans({"\n": "\u240a", "\t": " "})


def line(text: str, style: str = "") -> Text:
    """`text` on one line; a line break in it is shown as a mark."""
    return Text(flat(text), style=style, no_wrap=True, end="")


def flat(text: str) -> str:
    """The characters of `line`, as a string."""
    return printable(text).translate(_LINE_MARKS)


def same_length(text: str) -> str:
    """One harmless character for each of `text`: for editors, where a column is a character."""
    return HARMFUL.sub("\ufffd", text)


def cut(text: str, cells: int) -> str:
    """`flat(text)` in exactly so many cells: padded, or cut with `…`."""
    shown = flat(text[: 4 * cells + 8]) if cells > 0 else ""
    width = cell_len(shown)
    if width > cells:
        shown = chop_cells(shown, cells - 1)[0] + "…" if cells > 1 else "…"[:cells]
        width = cell_len(shown)
    return shown + " " * (cells - width)


def wrapped(text: str, cells: int) -> Iterator[str]:
    """The lines of `text`, broken at words (or anywhere, where a word is too long) to at most so many cells."""
    cells = max(cells, 8)
    for whole in printable(text).expandtabs(4).split("\n"):
        if len(whole) * 2 <= cells or cell_len(whole) <= cells:
            yield whole
        else:
            yield from _broken(whole, cells)


def _broken(whole: str, cells: int) -> Iterator[str]:
    indent = whole[: min(len(whole) - len(whole.lstrip(" ")), cells // 2)]
    current, width = "", 0
    for word in _words(whole, cells):
        if current and width + cell_len(word.rstrip(" ")) > cells:
            yield current.rstrip(" ")
            current, width = indent, len(indent)
        current, width = current + word, width + cell_len(word)
    yield current.rstrip(" ")


def _words(whole: str, cells: int) -> Iterator[str]:
    """Words with the spaces after them, none wider than half a line more than fits."""
    room = max(cells // 2, 4)
    for word in whole.split(" "):
        pieces = chop_cells(word, room) if len(word) * 2 > room and cell_len(word) > room else [word]
        yield from pieces[:-1]
        yield pieces[-1] + " "


def when(at: datetime, now: datetime, zone: str) -> str:
    """A moment as people say it: `today 13:05`, `yesterday 09:00`, `Mon 2 Mar 13:05`, `2025-03-02`."""
    tz = ZoneInfo(zone)
    local, today = at.astimezone(tz), now.astimezone(tz).date()
    if local.date() == today:
        return f"today {local:%H:%M}"
    if local.date() == today - timedelta(days=1):
        return f"yesterday {local:%H:%M}"
    if abs(local.date() - today) < timedelta(days=180):
        return f"{local:%a} {local.day} {local:%b %H:%M}"
    return f"{local:%Y-%m-%d}"


def clock(now: datetime, zone: str) -> str:
    """The time of day where the agent is."""
    return f"{now.astimezone(ZoneInfo(zone)):%H:%M}"


def size(octets: int) -> str:
    """A file's size for people: `12 B`, `3.4 kB`, `1.8 MB`."""
    value = float(octets)
    for unit in ("B", "kB", "MB"):
        if value < 1000 or unit == "MB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def count(number: int, one: str) -> str:
    """`1 message`, `3 messages`."""
    return f"{number} {one}" if number == 1 else f"{number} {one}s"
