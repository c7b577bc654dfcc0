"""Whether this desk may touch the outside world, or waits to be told (BOX-8)."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.errors import Refused
from helpdeskctl.store.tables import DeskState

INSTALLATION = "installation"
HOLD = "hold"


def reason(desk: Desk) -> str | None:
    """Why nothing is fetched and sent, in words for a person; None when mail flows."""
    state = {row.key: row.value for row in DeskState.select().where(DeskState.key.in_([INSTALLATION, HOLD]))}
    if HOLD in state:
        return state[HOLD] or "an admin held it"
    if state.get(INSTALLATION) != desk.config.installation:
        return "this is a copy: the installation named in config.toml is not the one in the database"
    return None


def refuse_if_held(desk: Desk) -> None:
    """Raise Refused while mail is held."""
    if why := reason(desk):
        raise Refused(f"mail is held: {why}", hint="helpdeskctl mail hold off")
