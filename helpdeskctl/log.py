"""The log: one event a line, with ids and never with what people wrote.

    log.event("mail.fetched", mailbox="support@example.org", ticket=1001)

Addresses are shortened above debug, values that are named like secrets are dropped, and nothing in a value can begin a
line of its own or steer a terminal. The audit trail is not here but in the database.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from helpdeskctl.domain.text import printable

if TYPE_CHECKING:
    from helpdeskctl.config import LogConfig

_LOGGER = logging.getLogger("helpdeskctl")
_LOGGER.addHandler(logging.NullHandler())
_SECRET_NAME = re.compile(r"passw|secret|token|cookie|session|authorization|\bkey\b", re.IGNORECASE)
_ADDRESS = re.compile(r"([^\s<>@,;:\"]{1,64})@([^\s<>@,;:\"]+)")
_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3}  # those of syslog, for journald


def event(name: str, /, *, level: int = logging.INFO, **ids: object) -> None:
    """Log that something happened: its name and the ids (ticket, mailbox, job …) it happened to."""
    if _LOGGER.isEnabledFor(level):
        _LOGGER.log(level, "%s", name, extra={"ids": ids})


def start(config: LogConfig, *, verbose: bool = True, debug: bool = False, stream: TextIO | None = None) -> None:
    """Log by the configuration from now on; without `verbose` stderr hears warnings only."""
    level = logging.DEBUG if debug else logging.getLevelNamesMapping()[config.level.upper()]
    _LOGGER.handlers.clear()
    _LOGGER.propagate = False
    _LOGGER.setLevel(level)
    console: logging.Handler = logging.StreamHandler(stream or sys.stderr)
    console.setLevel(level if verbose or debug else max(level, logging.WARNING))
    console.setFormatter(Lines(config.format, level, journal=stream is None and "JOURNAL_STREAM" in os.environ))
    _LOGGER.addHandler(console)
    if config.file is not None:
        from logging.handlers import WatchedFileHandler

        file = WatchedFileHandler(config.file, encoding="utf-8", delay=True)  # goes on after logrotate has moved it
        file.setFormatter(Lines(config.format, level))
        _LOGGER.addHandler(file)


def reopen() -> None:
    """Close the log's file; the next line opens it anew. For SIGHUP, after logrotate has moved it."""
    for handler in _LOGGER.handlers:
        if isinstance(handler, logging.FileHandler):
            handler.close()


class Lines(logging.Formatter):
    """A record as one line, plain or JSON."""

    def __init__(self, form: str, level: int, *, journal: bool = False) -> None:
        super().__init__()
        self.form = form
        self.whole_addresses = level <= logging.DEBUG
        self.journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        ids = {name: self._value(name, value) for name, value in getattr(record, "ids", {}).items()}
        level, name = record.levelname.lower(), self._text(record.getMessage())
        if self.form == "json":
            return json.dumps({"time": at, "level": level, "event": name, **ids})
        words = [at, level, name, *(f"{key}={_quoted(value)}" for key, value in ids.items() if value is not None)]
        prefix = f"<{_PRIORITY.get(record.levelno, 5)}>" if self.journal else ""
        return prefix + " ".join(words)

    def _value(self, name: str, value: object) -> Any:
        if _SECRET_NAME.search(name):
            return "***"
        return value if value is None or isinstance(value, bool | int | float) else self._text(str(value))

    def _text(self, text: str) -> str:
        if not self.whole_addresses:
            text = _ADDRESS.sub(lambda found: f"{found[1][0]}…@{found[2]}", text)
        return printable(text).replace("\n", "␊").replace("\t", " ")


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if re.search(r'[\s"=]', text) or not text else text
