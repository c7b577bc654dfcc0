"""How single values of config.toml are read. Each reader takes the raw value and the file's folder and returns the
typed value, or raises ValueError with what would have been right."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from helpdeskctl.domain import durations
from helpdeskctl.errors import InvalidInput

Reader = Callable[[object, Path], object]

_OCTETS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}


def text(raw: object, _folder: Path) -> str:
    """A text that is not empty."""
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError(f"must be a text, not {raw!r}")
    return raw


def path(raw: object, folder: Path) -> Path:
    """A path, relative to the file's folder; `~` is the home of the running user."""
    return (folder / Path(text(raw, folder)).expanduser()).resolve()


def one_of(*choices: str) -> Reader:
    """A reader for one of some words."""

    def read(raw: object, _folder: Path) -> str:
        if raw not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}, not {raw!r}")
        return str(raw)

    return read


def whole_number(least: int, most: int) -> Reader:
    """A reader for a whole number between two bounds."""

    def read(raw: object, _folder: Path) -> int:
        number = _whole(raw)
        if not least <= number <= most:
            raise ValueError(f"must be a whole number from {least} to {most}, not {raw!r}")
        return number

    return read


def seconds(raw: object, _folder: Path) -> int:
    """A duration: seconds as a number, or `90s`, `30m`, `1d 2h`."""
    wanted = f"must be a duration such as 90, 30m or 2h, not {raw!r}"
    if isinstance(raw, str) and not raw.isdecimal():
        try:
            number = round(durations.parse(raw).total_seconds())
        except InvalidInput as error:
            raise ValueError(wanted) from error
    else:
        number = _whole(raw)
    if number < 1:
        raise ValueError(wanted)
    return number


def octets(raw: object, _folder: Path) -> int:
    """A size: octets as a number, or `512K`, `25M`, `1G`."""
    match = re.fullmatch(r"([0-9]{1,15}) ?([KMG]?)", str(raw)) if isinstance(raw, int | str) else None
    if match is None or isinstance(raw, bool) or int(match[1]) == 0:
        raise ValueError(f"must be a size such as 65536, 512K or 25M, not {raw!r}")
    return int(match[1]) * _OCTETS[match[2]]


def _whole(raw: object) -> int:
    """A whole number, from an environment variable too; -1 for anything else."""
    if isinstance(raw, str) and raw.isdecimal():
        return int(raw)
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else -1


def networks(raw: object, _folder: Path) -> tuple[str, ...]:
    """Addresses or networks of reverse proxies, as a list or separated by commas; `unix` stands for a socket."""
    items = [item.strip() for item in raw.split(",")] if isinstance(raw, str) else raw
    if not isinstance(items, list | tuple):
        raise ValueError(f"must be a list of addresses or networks, not {raw!r}")
    for item in items:
        if item != "unix":
            ipaddress.ip_network(item, strict=False)
    return tuple(items)


def listen(raw: object, folder: Path) -> str:
    """`host:port`, `[v6]:port` or `unix:PATH` (made absolute)."""
    value = text(raw, folder)
    if value.startswith("unix:"):
        return f"unix:{path(value.removeprefix('unix:'), folder)}"
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"must be host:port or unix:PATH, not {raw!r}")
    return value


def mode(raw: object, folder: Path) -> str:
    """The mode of a file in octal digits: `660`."""
    value = text(raw, folder)
    if not (len(value) in (3, 4) and set(value) <= set("01234567")):
        raise ValueError(f"must be an octal mode such as 660, not {raw!r}")
    return value


def database_url(raw: object, folder: Path) -> str:
    """`sqlite:///PATH` (relative to the file; four slashes before an absolute one) or `postgresql://…`."""
    value = text(raw, folder)
    if value.startswith("sqlite:///"):
        return f"sqlite:///{path(value.removeprefix('sqlite:///'), folder)}"
    if value.startswith(("postgresql://", "postgres://")):
        return value
    raise ValueError(f"must be sqlite:////path/desk.db or postgresql://…, not {masked(value)!r}")


def masked(value: str) -> str:
    """A text as it may be shown: the password of a URL becomes `***`."""
    if "://" not in value:
        return value
    parts = urlsplit(value)
    userinfo, at, host = parts.netloc.rpartition("@")
    name, colon, _password = userinfo.partition(":")
    return urlunsplit(parts._replace(netloc=f"{name}:***{at}{host}")) if colon else value
