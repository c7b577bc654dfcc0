"""`helpdeskctl init`: from nothing to a desk, and again without harm."""

from __future__ import annotations

import getpass
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from helpdeskctl import account
from helpdeskctl.config import load
from helpdeskctl.desk import open_desk
from helpdeskctl.errors import ConfigError
from helpdeskctl.queries import hold
from helpdeskctl.store.tables import Agent, Event, Setting
from tests.cli.conftest import PROGRAM, Call

ME = getpass.getuser()  # root's desk would otherwise belong to the user helpdesk, who need not exist where tests run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "etc" / "config.toml"


def modes(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.rglob("*")}


def test_from_nothing_to_a_desk(call: Call, path: Path) -> None:
    answer = call(
        "init", "-C", path, "--user", ME, "--admin", "Ada@Example.org", "--portal-url", "https://help.example.org"
    )
    assert answer.code == 0
    created, *_, following = answer.out.splitlines()
    assert created.startswith(f"created  {path}, secret.key (keep a copy apart), {path.parent}/data/desk.db")
    assert created.endswith(", agent ada@example.org")
    assert following == "next     helpdeskctl department create support --name Support --public"
    desk = open_desk(load(path, {}))
    with desk.connected():
        assert [(row.address, row.name, row.admin) for row in Agent.select()] == [("ada@example.org", "Ada", True)]
        assert Setting.get(Setting.key == "portal_url").value == "https://help.example.org"
        assert [(row.verb, row.object_kind) for row in Event.select()] == [("created", "agent"), ("updated", "setting")]
        assert hold.reason(desk) is None


def test_again_nothing_changes(call: Call, path: Path) -> None:
    first = ("init", "-C", path, "--user", ME, "--admin", "ada@example.org", "--language", "de")
    assert call(*first).code == 0
    before = {file: file.read_bytes() for file in (path, path.parent / "secret.key")}
    answer = call(*first, "-o", "jsonl")
    assert answer.code == 0
    assert '"action": "unchanged"' in answer.out
    assert '"action": "created"' not in answer.out
    assert {file: file.read_bytes() for file in before} == before
    assert call("init", "-C", path, "--admin", "ben@example.org").out.startswith("created  agent ben@example.org\n")


def test_a_dry_run_leaves_nothing_behind(call: Call, path: Path) -> None:
    answer = call("init", "-C", path, "--user", ME, "-n")
    assert answer.code == 0
    assert f"created  {path}" in answer.out
    assert not path.parent.exists()


def test_every_file_is_for_its_owner_only_whatever_the_umask(path: Path) -> None:
    done = subprocess.run([PROGRAM, "init", "-C", path, "--user", ME, "-q"], umask=0, capture_output=True, check=True)
    assert done.stdout == b""
    assert modes(path.parent) == {"config.toml": 0o640, "secret.key": 0o600, "data": 0o700, "desk.db": 0o600}


def test_a_database_that_is_named_is_used(call: Call, path: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    assert call("init", "-C", path, "--user", ME, "--database", url).code == 0
    assert (tmp_path / "elsewhere.db").exists()
    answer = call("init", "-C", path, "--user", ME, "--database", "sqlite:////tmp/third.db")
    assert answer.code == 73
    assert "names another database" in answer.err


def test_a_desk_on_postgres(call: Call, path: Path, postgres: object) -> None:
    url = postgres.create("fresh_for_init")  # type: ignore[attr-defined]  # the server fixture
    answer = call("init", "-C", path, "--user", ME, "--admin", "ada@example.org", "--database", url)
    assert answer.code == 0
    assert call("overview", "-C", path, "-o", "json").json["agents"] == 1
    postgres.drop("fresh_for_init")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--admin", "ada"), '"ada" is no e-mail address'),
        (("--portal-url", "help"), "portal_url"),
        (("--language", "xx"), "xx"),
    ],
)
def test_a_wrong_value_makes_no_half_desk(call: Call, path: Path, words: tuple[str, ...], said: str) -> None:
    answer = call("init", "-C", path, "--user", ME, *words)
    assert answer.code == 65
    assert said in answer.err
    assert call("overview", "-C", path).code == 78
    assert call("init", "-C", path, "--user", ME, "--admin", "ada@example.org").code == 0


def test_without_root_everything_is_below_the_home_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    script = (
        "import os, sys; os.geteuid = lambda: 1000; from helpdeskctl.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    environ = {"HOME": str(home), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", script, "init"], env=environ, capture_output=True, text=True, check=True
    )
    assert f"created  {home}/.config/helpdesk/config.toml" in done.stdout
    assert f"{home}/.local/share/helpdesk/desk.db" in done.stdout
    assert load(home / ".config/helpdesk/config.toml", {}).user is None


def test_a_desk_run_by_root_is_warned_about(call: Call, path: Path) -> None:
    if os.geteuid() != 0:
        assert call("init", "-C", path, "--user", ME).err == ""
        return
    assert "a user of its own" in call("init", "-C", path, "--user", "root").err


def in_a_child(work: object) -> str:
    """What `work` returns, run in a process of its own: giving up root is for good."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = str(work())  # type: ignore[operator]
        except ConfigError as error:
            said = error.message
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as pipe:
        return pipe.read()


def test_root_becomes_the_service_user_and_others_stay_who_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "PROGRAM", ("/",))

    def become() -> tuple[int, int]:
        account.become("nobody")
        return os.geteuid(), os.getuid()

    expected = account._entry("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()  # type: ignore[union-attr]
    assert in_a_child(become) == str((expected, expected))


def test_a_service_user_who_cannot_read_the_program_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hidden = tmp_path / "program.py"
    hidden.touch(0o600)
    monkeypatch.setattr(account, "PROGRAM", (str(hidden),))
    said = in_a_child(lambda: account.become("nobody"))
    assert said == (f'the user "nobody" cannot read the program: {hidden}' if os.geteuid() == 0 else "None")


def test_an_unknown_service_user_is_a_wrong_configuration(call: Call, path: Path) -> None:
    assert call("init", "-C", path, "--user", ME).code == 0
    path.write_text(
        path.read_text().replace("[paths]", "[paths]", 1).replace(f'user = "{ME}"', 'user = "no-such-user"')
    )
    answer = call("overview", "-C", path)
    assert answer.code == (78 if os.geteuid() == 0 else 0)
