"""What every test gets without asking: no trace of the developer's machine. The rest is in the plugins named here."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Iterator

import pytest

from helpdeskctl import config

pytest_plugins = ["tests.skips", "tests.figures", "tests.servers.fixtures", "tests.servers.oauth_mail", "tests.desks"]

_OURS = {"HELPDESK_CORPUS", "HELPDESK_NO_SKIP"}  # these steer the tests, not the program
_UNWANTED = ("LANG", "LANGUAGE", "NO_COLOR", "FORCE_COLOR", "EDITOR", "VISUAL", "PAGER", "COLUMNS", "LINES")
_homes = itertools.count()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests first, so that no worker is left alone with them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("kill") is None)


def pytest_configure() -> None:
    """Let programs under test hear Ctrl-C, also where the run itself was started in the background and does not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def hermetic(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No config, locale, time zone, home folder or variable of the developer's reaches a test."""
    home = tmp_path_factory.getbasetemp() / "homes" / str(next(_homes))
    home.mkdir(parents=True)
    for name in os.environ:
        if (name.startswith("HELPDESK_") and name not in _OURS) or name.startswith("LC_") or name in _UNWANTED:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr(config, "SYSTEM_FILE", home / "no-system-config.toml")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
