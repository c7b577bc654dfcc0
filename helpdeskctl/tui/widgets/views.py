"""The views with their counts: as a sidebar, and as one line where there is no room for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from helpdeskctl.queries.tickets import COUNTED
from helpdeskctl.queries.views import View
from helpdeskctl.tui import text
from helpdeskctl.tui.widgets.bars import spread
from helpdeskctl.tui.widgets.lines import Lines

_HEADS = {"shipped": "VIEWS", "department": "DEPARTMENTS", "own": "SAVED", "shared": "SAVED", "mail": "MAIL"}


class Sidebar(Lines, can_focus=False):
    """The views under their headings; the number before a name is the key that opens it."""

    def fill(self, views: Sequence[View], counts: Mapping[str, int], current: str, *, in_quarantine: int) -> None:
        """Show these, and below what waits in the quarantine."""
        lines: list[Text] = []
        head = ""
        for place, view in enumerate(views, 1):
            if _HEADS[view.origin] != head:
                head = _HEADS[view.origin]
                lines += [*([Text("", end="")] if lines else []), Text(head, style="bold", end="")]
            here = view.key == current
            left = Text(">" if here else " ", style="bold" if here else "", end="")
            left.append(f"{place if place < 10 else ' '} ").append_text(text.line(view.name))
            lines.append(spread(left, Text(counted(counts.get(view.key))), max(self.size.width - 1, 0)))
        left = Text("   Quarantine  g q", end="")
        lines.append(spread(left, Text(counted(in_quarantine)), max(self.size.width - 1, 0)))
        self.show(lines)


def troubles(counts: Mapping[str, int], in_quarantine: int) -> str:
    """What mail trouble waits for somebody, for the line where the sidebar has no room; nothing when all is well."""
    failed = counts.get("undelivered", 0)
    said = [f"{counted(failed)} undelivered"] if failed else []
    return "  ".join([*said, *([f"{counted(in_quarantine)} held"] if in_quarantine else [])])


def strip(views: Sequence[View], counts: Mapping[str, int], current: str, room: int) -> Text:
    """One line: the views as far as there is room, the current one in brackets."""
    line = _strip(views, counts, current, room)
    if "[" in line.plain or not views:
        return line
    return _strip(sorted(views, key=lambda view: view.key != current), counts, current, room)


def _strip(views: Sequence[View], counts: Mapping[str, int], current: str, room: int) -> Text:
    line = Text(end="", no_wrap=True)
    left_out = 0
    for view in views:
        named = f"{text.flat(view.name)} {counted(counts.get(view.key))}".strip()
        named = f"[{named}]" if view.key == current else named
        if left_out or line.cell_len + len(named) + 10 > room:
            left_out += 1
            continue
        line.append("  " if line else "").append(named, "bold" if view.key == current else "")
    return line.append(f"  +{left_out} more") if left_out else line


def counted(number: int | None) -> str:
    """A count as it is shown; counting stops at a thousand."""
    return "" if number is None else f"{number}+" if number >= COUNTED else str(number)
