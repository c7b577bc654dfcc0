"""How a setting's value is read, from the shell (text) or from a file (TOML's own types), and written back.

`read` takes either form and gives the typed value; `write` gives the form that is stored as JSON and shown, which
`read` takes again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from helpdeskctl.domain import attachment_types, contrast, durations
from helpdeskctl.domain.languages import LANGUAGES
from helpdeskctl.domain.lifecycle import reopen_window
from helpdeskctl.errors import InvalidInput

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DOMAIN = re.compile(r"(?:\w(?:[\w-]{0,61}\w)?\.)+\w(?:[\w-]{0,61}\w)?")


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Type:
    """A kind of value: how it is called in help, how it is read (raises InvalidInput) and written."""

    name: str
    read: Callable[[object], Any]
    write: Callable[[Any], Any] = _as_it_is


def _text(raw: object) -> str:
    if not isinstance(raw, str) or "\n" in raw or not raw.strip():
        raise InvalidInput("must be one line of text, not empty")
    return raw.strip()


def _yes_no(raw: object) -> bool:
    words = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in words:
        return words[raw.lower()]
    raise InvalidInput("must be yes or no")


def _duration(raw: object) -> timedelta:
    return durations.parse(_text(raw))


def _language(raw: object) -> str:
    code = _text(raw).lower()
    if code not in LANGUAGES:
        raise InvalidInput(f'no language "{code}"', hint=f"known: {', '.join(LANGUAGES)}")
    return code


def _languages(raw: object) -> tuple[str, ...]:
    codes = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(codes, list | tuple) or not codes:
        raise InvalidInput("must be languages, as de,en")
    return tuple(dict.fromkeys(map(_language, codes)))


def _timezone(raw: object) -> str:
    try:
        return ZoneInfo(_text(raw)).key
    except (KeyError, ValueError, OSError):  # a name that is unknown, no name at all, or a folder of names
        raise InvalidInput(f'no time zone "{raw}"', hint="as Europe/Berlin") from None


def _url(raw: object) -> str | None:
    if raw in (None, ""):
        return None
    try:
        parts = urlsplit(_text(raw))
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidInput("is no URL") from None
    if not host or parts.username or parts.query or parts.fragment:
        raise InvalidInput("must be a URL as https://help.example.org")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise InvalidInput("must start with https:// (http:// on this machine only)")
    return parts.geturl().rstrip("/")


def _contact(raw: object) -> str | None:
    """Somebody to write to: an address of mail, or a page."""
    if raw in (None, ""):
        return None
    text = _text(raw)
    name, at, domain = text.rpartition("@")
    if at and name and _DOMAIN.fullmatch(domain) and not set(text) & set(" :/<>"):
        return text
    return _url(raw)


def _domains(raw: object) -> tuple[str, ...]:
    names = raw.replace(",", " ").split() if isinstance(raw, str) else raw
    if not isinstance(names, list | tuple):
        raise InvalidInput("must be domains, as muster.example,acme.example")
    found = [str(name).strip().lower().removeprefix("@") for name in names]
    for name in found:
        if not _DOMAIN.fullmatch(name):
            raise InvalidInput(f'"{name}" is no domain', hint="as muster.example,acme.example")
    return tuple(dict.fromkeys(found))


def _colour(raw: object) -> str | None:
    return None if raw in (None, "") else contrast.colour(_text(raw))


def _prefix(raw: object) -> str:
    text = _text(raw)
    if not re.fullmatch(r"[\w.-]{1,20}", text):
        raise InvalidInput("must be up to 20 letters, digits, dots or dashes")
    return text


def _reopen(raw: object) -> str:
    policy = _text(raw).lower()
    reopen_window(policy)
    return policy


def _after_import(raw: object) -> str:
    text = _text(raw)
    if text not in ("keep", "seen", "flag", "delete") and not re.fullmatch(r"move:\S.*", text):
        raise InvalidInput("must be keep, seen, flag, move:FOLDER or delete")
    return text


def _size(raw: object) -> int:
    found = re.fullmatch(r"([0-9]{1,6}) ?([KMG])B?", str(raw).upper())
    if found:
        return int(found[1]) << 10 * " KMG".index(found[2])
    if isinstance(raw, bool) or not re.fullmatch(r"[0-9]{1,12}", str(raw)):
        raise InvalidInput("must be a size, as 25M")
    return int(str(raw))


def _show_size(size: int) -> str:
    power = 0
    while size and size % 1024 == 0 and power < 3:
        size, power = size // 1024, power + 1
    return f"{size}{' KMG'[power]}".strip()


TEXT = Type("text", _text)
TEXT_OR_EMPTY = Type("text, or empty", lambda raw: None if raw in (None, "") else _text(raw))
YES_NO = Type("yes or no", _yes_no)
DURATION = Type("duration", _duration, durations.exact)
LANGUAGE = Type("language", _language)
LANGUAGES_LIST = Type("languages", _languages, list)
TIMEZONE = Type("time zone", _timezone)
URL = Type("URL, or empty", _url)
CONTACT = Type("address or URL, or empty", _contact)
COLOUR = Type("colour as #0b5cad, or empty", _colour)
DOMAINS = Type("domains, or empty", _domains, list)
PREFIX = Type("prefix", _prefix)
REOPEN = Type("always, never or days as 30d", _reopen)
AFTER_IMPORT = Type("keep, seen, flag, move:FOLDER or delete", _after_import)
SIZE = Type("size", _size, _show_size)
FILE_KINDS = Type("endings and types as exe,video/*, or none", attachment_types.read, list)


def choice(*choices: str) -> Type:
    """One of some words."""

    def read(raw: object) -> str:
        if not isinstance(raw, str) or raw.lower() not in choices:
            raise InvalidInput(f"must be one of {', '.join(choices)}")
        return raw.lower()

    return Type(" | ".join(choices), read)


def number(least: int, most: int) -> Type:
    """A whole number between two bounds, both included."""

    def read(raw: object) -> int:
        if isinstance(raw, bool) or not re.fullmatch(r"[0-9]{1,12}", str(raw)) or not least <= int(str(raw)) <= most:
            raise InvalidInput(f"must be a number from {least} to {most}")
        return int(str(raw))

    return Type(f"{least} to {most}", read)


def duration_or(word: str) -> Type:
    """A duration, or `word` for none (None): `off`, `never`."""

    def read(raw: object) -> timedelta | None:
        return None if raw is False or str(raw).lower() == word else _duration(raw)

    return Type(f"duration, or {word}", read, lambda value: word if value is None else durations.exact(value))
