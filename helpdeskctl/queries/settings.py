"""Settings: the desk's own value, else the default of `domain/defaults.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from helpdeskctl.desk import Desk
from helpdeskctl.store import steady
from helpdeskctl.store.tables import Setting

LOOK = "portal_look"
"""A row beside the settings, which is none: it changes with what every page of the portal shows (`queries/look.py`)."""


def get(desk: Desk, key: str) -> Any:
    """The value in force, typed as in `domain.defaults.Settings`. KeyError for a key that is no setting."""
    return several(desk, key)[key]


def several(desk: Desk, *keys: str) -> dict[str, Any]:
    """The values in force of `keys`, in one query. KeyError for a key that is no setting; LOOK comes with them."""
    from helpdeskctl.domain.defaults import DEFAULTS

    values: dict[str, Any] = {key: None if key == LOOK else DEFAULTS[key].default for key in keys}
    own = steady.every(desk.database, Setting)  # a handful of rows, asked for with every mail
    return values | {
        row.key: row.value if row.key == LOOK else DEFAULTS[row.key].type.read(row.value)
        for row in own
        if row.key in values
    }


def today(desk: Desk) -> date:
    """The day it is now in the desk's time zone."""
    return desk.now().astimezone(ZoneInfo(get(desk, "timezone"))).date()


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A setting as it is listed; `value` and `default` as they are typed and stored."""

    key: str
    value: Any
    default: Any
    own: bool
    type: str
    meaning: str


def listed(desk: Desk, query: str = "") -> list[SettingValue]:
    """Every setting whose key or meaning holds `query`, in the order of the help."""
    from helpdeskctl.domain.defaults import DEFAULTS

    own = {row.key: row.value for row in Setting.select()}
    return [
        SettingValue(key, own.get(key, known.shown), known.shown, key in own, known.type.name, known.sentence)
        for key, known in DEFAULTS.items()
        if query.casefold() in f"{key} {known.sentence}".casefold()
    ]


def one(desk: Desk, key: str) -> SettingValue:
    """One setting. NotFound with near matches."""
    from helpdeskctl.domain.defaults import named

    wanted = named(key).key
    return next(setting for setting in listed(desk) if setting.key == wanted)
