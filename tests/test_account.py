"""Making the service account: with the system's own useradd, and clear words where that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpdeskctl import account
from helpdeskctl.errors import Refused


@pytest.fixture
def useradd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A useradd that writes down what it was asked; the real one would change this machine."""
    program = tmp_path / "useradd"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return program


def test_the_account_is_a_system_account_with_a_shell_for_the_agents_door(useradd: Path) -> None:
    account.create("helpdesk", Path("/var/lib/helpdesk"))
    asked = (useradd.parent / "asked").read_text()
    assert asked == "--system --user-group --shell /bin/sh --home-dir /var/lib/helpdesk helpdesk\n"


def test_a_refusal_of_the_system_is_told_in_its_words(useradd: Path) -> None:
    useradd.write_text("#!/bin/sh\necho 'useradd: cannot lock /etc/passwd' >&2\nexit 1\n")
    with pytest.raises(Refused, match="cannot lock /etc/passwd"):
        account.create("helpdesk", Path("/var/lib/helpdesk"))


def test_a_system_without_useradd_is_told_the_way_out(useradd: Path) -> None:
    useradd.unlink()
    with pytest.raises(Refused) as caught:
        account.create("helpdesk", Path("/var/lib/helpdesk"))
    assert caught.value.hint == "make it, or: --user root"


def test_accounts_are_known_by_the_system() -> None:
    assert account.exists("root")
    assert not account.exists("no-such-user")
