"""What every screen of the desk has: its keys from the table, the banner when the database is away, the app's calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.screen import Screen

from helpdeskctl.tui import keys
from helpdeskctl.tui.widgets.bars import Foot

if TYPE_CHECKING:
    from helpdeskctl.tui.app import DeskApp


def bindings(place: str) -> list[BindingType]:
    """The bindings of one place, from the key table."""
    return [Binding(",".join(key.keys), key.action, key.label, show=False, id=key.id) for key in keys.at(place)]


class DeskScreen(Screen[None]):
    """A screen of a place of the key table."""

    PLACE: ClassVar[str] = keys.EVERYWHERE
    LIVE: ClassVar[bool] = False
    """Whether it reads anew by itself when something changed."""

    @property
    def desk_app(self) -> DeskApp:
        """The app, as what it is."""
        return self.app  # type: ignore[return-value]  # these screens are shown by DeskApp only

    def tell_state(self) -> None:
        """The app's state changed: clock, connection."""

    def tick(self) -> None:
        """A second has passed."""

    def tell(self, words: Text) -> None:
        """Show in the foot what was done, or nothing."""
        for foot in self.query(Foot):
            foot.say(words)

    def renew(self) -> None:
        """Read again what is shown."""

    def refresh_all(self) -> None:
        """^r: read again, and keep nothing in sight that does not belong there."""
        self.renew()
