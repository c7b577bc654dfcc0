"""Settings: the desk's own value, else the default of `domain/defaults.py`."""

from __future__ import annotations

from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import Setting


def get(desk: Desk, key: str) -> Any:
    """The value in force, typed as in `domain.defaults.Settings`. KeyError for a key that is no setting."""
    return several(desk, key)[key]


def several(desk: Desk, *keys: str) -> dict[str, Any]:
    """The values in force of `keys`, in one query. KeyError for a key that is no setting."""
    from helpdeskctl.domain.defaults import DEFAULTS

    values: dict[str, Any] = {key: DEFAULTS[key].default for key in keys}
    own = Setting.select().where(Setting.key.in_(keys))
    return values | {row.key: DEFAULTS[row.key].type.read(row.value) for row in own}
