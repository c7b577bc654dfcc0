"""The mark that says that something which every page of the portal shows has changed (`queries/look.py` reads it)."""

from __future__ import annotations

import secrets

from helpdeskctl.desk import Desk
from helpdeskctl.queries.settings import LOOK
from helpdeskctl.store.tables import Setting


def changed(desk: Desk) -> None:
    """In the transaction of the change: every process of the portal reads the look anew, at its next request."""
    mark = secrets.token_hex(8)
    Setting.insert(key=LOOK, value=mark).on_conflict(
        conflict_target=[Setting.key], update={Setting.value: mark}
    ).execute()
