"""What outbox and quarantine share: a list with a cursor, and below it what the cursor stands on."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult

from helpdeskctl.tui.screens.base import DeskScreen
from helpdeskctl.tui.text import wrapped
from helpdeskctl.tui.widgets.bars import Bar, Divider, Foot
from helpdeskctl.tui.widgets.lines import Lines
from helpdeskctl.tui.widgets.options import Rows


class RowsScreen(DeskScreen):
    """A list of mail. A subclass reads it and says what its keys do."""

    LIVE = True

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="head")
        yield Bar(id="banner", vanish=True)
        yield Divider()
        yield Rows(id="rows")
        yield Divider()
        yield Lines(id="below")
        yield Divider()
        yield Bar(id="info")
        yield Foot(self.PLACE)

    def on_mount(self) -> None:
        """Read it."""
        self.below.can_focus = False
        self.rows.focus()
        self.tell_state()
        self.renew()

    def on_screen_resume(self) -> None:
        """Here again: show what became of it meanwhile."""
        self.renew()

    @property
    def rows(self) -> Rows:
        """The list."""
        return self.query_one(Rows)

    @property
    def below(self) -> Lines:
        """What the cursor stands on."""
        return self.query_one("#below", Lines)

    def tell_state(self) -> None:
        """Title, clock and connection."""
        self.query_one("#head", Bar).show(Text(self.title_text(), "bold"), self.desk_app.state())
        self.query_one("#banner", Bar).show(self.desk_app.banner())

    def title_text(self) -> str:
        """What the list is."""
        raise NotImplementedError

    def explain(self, lines: Sequence[str], *, fresh: bool = True) -> None:
        """Show what the cursor stands on; the same thing stays where it was read."""
        width = max(self.below.size.width - 2, 8)
        laid = [Text(f" {piece}", end="", no_wrap=True) for line in lines for piece in wrapped(line, width)]
        self.below.show(laid, top=0 if fresh else None)

    # -- keys --------------------------------------------------------------------------------------------------------

    def action_down(self) -> None:
        """j."""
        self.rows.move(1)

    def action_up(self) -> None:
        """k."""
        self.rows.move(-1)

    def action_top(self) -> None:
        """Home."""
        self.rows.move(-len(self.rows.keys))

    def action_bottom(self) -> None:
        """G."""
        self.rows.move(len(self.rows.keys))

    def action_below_down(self) -> None:
        """Space."""
        self.below.scroll_lines(max(self.below.size.height - 1, 1))

    def action_below_up(self) -> None:
        """Page up."""
        self.below.scroll_lines(-max(self.below.size.height - 1, 1))

    def action_back(self) -> None:
        """u, esc."""
        self.dismiss()

    def action_go(self) -> None:
        """g."""
        self.desk_app.go_prefix()

    def action_undo(self) -> None:
        """z."""
        self.desk_app.undo_last(self)
