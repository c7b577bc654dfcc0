"""How the values of set-up fields are read, beside those that settings have too (`domain/setting_types.py`)."""

from __future__ import annotations

import re
from datetime import date, timedelta

from helpdeskctl.domain import durations, mailurls
from helpdeskctl.domain.lifecycle import Priority
from helpdeskctl.domain.permissions import Role
from helpdeskctl.domain.setting_types import Type
from helpdeskctl.domain.text import clean, clean_line
from helpdeskctl.errors import InvalidInput

TEAM_PREFIX = "team:"
_SLUG = re.compile(r"\w[\w.-]{0,62}")
_ADDRESS = re.compile(r"""[^\s@<>()",;:\\\[\]]{1,64}@[\w](?:[\w.-]{0,250}[\w])?""")
_DOMAIN = re.compile(r"(?:\w(?:[\w-]{0,61}\w)?\.)+\w(?:[\w-]{0,61}\w)?")


def _line(raw: object) -> str:
    text = clean_line(str(raw))
    if not isinstance(raw, str) or not text or len(text) > 255:
        raise InvalidInput("must be one line of text, not empty, at most 255 characters")
    return text


def _text(raw: object) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise InvalidInput("must be a text, not empty")
    return clean(raw).strip("\n")


def matching(pattern: re.Pattern[str], name: str, advice: str) -> Type:
    """Text of a form, casefolded."""

    def read(raw: object) -> str:
        text = clean_line(str(raw)).casefold()
        if not pattern.fullmatch(text):
            raise InvalidInput(f'"{text}" is no {name}', hint=advice)
        return text

    return Type(name, read)


def _key(raw: object) -> str:
    return _line(raw).casefold()


def _role(raw: object) -> str:
    text = _line(raw).casefold()
    key, _, role = text.rpartition(":")
    if key and role in list(Role):
        return text
    if key in ("", "agent", "id"):  # support, agent:ada@example.org, id:3
        return f"{text}:{Role.AGENT}"
    raise InvalidInput(f'"{role}" is no role', hint=f"{key}:{Role.READER}, {key}:{Role.AGENT} or {key}:{Role.LEAD}")


def _priority(raw: object) -> str:
    return Priority.from_key(str(raw)).key


def _start(raw: object) -> str:
    text = str(raw).strip().lower()
    if text in ("now", "all"):
        return text
    return _day(raw, hint="now, all, or a day as 2026-05-01")


def _day(raw: object, hint: str = "as 2026-05-01") -> str:
    try:
        return date.fromisoformat(str(raw).strip()).isoformat()
    except ValueError:
        raise InvalidInput(f'"{raw}" is no day', hint=hint) from None


def _period(raw: object) -> str:
    period = durations.parse(_line(raw))
    if period < timedelta(minutes=1):
        raise InvalidInput("must be a minute or more", hint="as 4h, 2d")
    return durations.exact(period)


def _path(raw: object) -> str:
    text = _line(raw)
    if not text.startswith("/"):
        raise InvalidInput("must be an absolute path")
    return text


def _incoming(raw: object) -> str:
    mailurls.parse_imap(str(raw), allow_insecure=True)  # whether that is wanted is asked where a mailbox is set up
    return str(raw)


def _outgoing(raw: object) -> str:
    mailurls.parse_smtp(str(raw), allow_insecure=True)
    return str(raw)


LINE = Type("text", _line)
BODY = Type("text", _text)
SLUG = matching(_SLUG, "key", "letters, digits, dots and dashes: support-de")
TAG = matching(re.compile(r"[^\s,\"]{1,40}"), "tag", "one word of at most 40 letters, without commas or quotes")
ADDRESS = matching(_ADDRESS, "e-mail address", "as ann@example.org")
DOMAIN = matching(_DOMAIN, "domain", "as example.org")
REFERENCE = Type("key", _key)
ROLE = Type("department and role", _role)
PRIORITY = Type("priority", _priority)
START = Type("now, all or a day", _start)
DAY = Type("day", _day)
PERIOD = Type("duration", _period)
PATH = Type("path", _path)
INCOMING_URL = Type("URL", _incoming)
OUTGOING_URL = Type("URL", _outgoing)
