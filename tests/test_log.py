"""The log: one event a line, and no secret or stranger's text in it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdeskctl import log
from helpdeskctl.config import LogConfig


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    logger = logging.getLogger("helpdeskctl")
    handlers, level, propagate = list(logger.handlers), logger.level, logger.propagate
    yield
    logger.handlers, logger.propagate = handlers, propagate
    logger.setLevel(level)


def logged(config: LogConfig, *, debug: bool = False, verbose: bool = True, **ids: object) -> str:
    stream = io.StringIO()
    log.start(config, stream=stream, debug=debug, verbose=verbose)
    log.event("mail.fetched", **ids)
    return stream.getvalue()


PLAIN = LogConfig("info", "plain", None)


def test_a_line_has_time_level_event_and_ids() -> None:
    at, level, name, *ids = logged(PLAIN, ticket=1001, detail="two words", absent=None).rstrip("\n").split(" ", 4)
    assert at.endswith("Z")
    assert (level, name) == ("info", "mail.fetched")
    assert ids == ["ticket=1001", 'detail="two words"']


def test_json_lines_hold_the_same() -> None:
    line = json.loads(logged(LogConfig("info", "json", None), ticket=1001, ok=True, detail="a\nb"))
    assert {
        "level": "info",
        "event": "mail.fetched",
        "ticket": 1001,
        "ok": True,
        "detail": "a␊b",
    }.items() <= line.items()


def test_addresses_are_shortened_but_for_debug() -> None:
    assert "mailbox=s…@example.org" in logged(PLAIN, mailbox="support@example.org")
    assert "mailbox=support@example.org" in logged(PLAIN, debug=True, mailbox="support@example.org")


@pytest.mark.parametrize("name", ["password", "client_secret", "Token", "session_id", "key"])
def test_what_is_named_like_a_secret_is_not_written(name: str) -> None:
    assert "canary" not in logged(PLAIN, debug=True, **{name: "canary"})


def test_one_event_is_one_line_and_steers_no_terminal() -> None:
    said = logged(PLAIN, name="a\nb\x1b[2J\u202e\x9b")
    assert said.count("\n") == 1
    assert not any(sign in said for sign in "\x1b\u202e\x9b")


def test_the_level_decides_and_stderr_hears_warnings_only_unless_asked() -> None:
    assert logged(LogConfig("warning", "plain", None)) == ""
    assert logged(PLAIN, verbose=False) == ""
    assert logged(PLAIN, verbose=True) != ""


def test_journald_gets_priorities(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    log.start(PLAIN)
    log.event("a")
    log.event("b", level=logging.ERROR)
    assert [line[:3] for line in capsys.readouterr().err.splitlines()] == ["<6>", "<3>"]


def test_a_file_is_written_only_if_named_and_again_after_it_was_moved(tmp_path: Path) -> None:
    path = tmp_path / "desk.log"
    log.start(LogConfig("info", "plain", path), stream=io.StringIO(), verbose=False)
    assert not path.exists()
    log.event("first")
    path.rename(tmp_path / "desk.log.1")
    log.event("second")
    assert "first" in (tmp_path / "desk.log.1").read_text()
    assert "second" in path.read_text()
    for handler in logging.getLogger("helpdeskctl").handlers:
        handler.close()


def test_nothing_is_written_before_the_log_is_started(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("helpdeskctl").handlers[:] = [logging.NullHandler()]
    log.event("early", level=logging.ERROR)
    assert capsys.readouterr().err == ""
