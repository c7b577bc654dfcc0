"""The command line for tests: called in this process where only words count, as a program where bytes do."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from helpdeskctl.cli.main import main
from helpdeskctl.store.tables import proxy
from tests.desks import write_config

PROGRAM = Path(sys.executable).with_name("helpdeskctl")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command line said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The one line of a JSON error."""
        return json.loads(self.err)["error"]


Call = Callable[..., Answer]


class Stdin(io.TextIOWrapper):
    """A stdin that holds a text and is no terminal."""

    def __init__(self, text: str | bytes) -> None:
        super().__init__(io.BytesIO(text.encode() if isinstance(text, str) else text), encoding="utf-8")


@pytest.fixture
def sqlite_config(sqlite_template: Path, tmp_path: Path) -> Path:
    """The config.toml of a fresh desk on SQLite, for tests to which the database does not matter."""
    database = shutil.copyfile(sqlite_template, tmp_path / "desk.db")
    path = write_config(tmp_path / "desk", f"sqlite:///{database}").path
    assert path is not None
    return path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run one command line in this process: `call("ticket", "list", config=desk_config.path)`."""

    def called(
        *words: object,
        config: Path | None = None,
        stdin: str | bytes = "",
        environ: Mapping[str, str] | None = None,
        door: str | None = None,
    ) -> Answer:
        known = dict(os.environ) | ({"HELPDESK_CONFIG": str(config)} if config else {}) | dict(environ or {})
        monkeypatch.setattr(sys, "stdin", Stdin(stdin))
        capsys.readouterr()
        umask, desk_of_the_test = os.umask(0o022), proxy.obj
        try:
            code = main([str(word) for word in words], environ=known, door=door)
        finally:
            os.umask(umask)
            proxy.initialize(desk_of_the_test)
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return called


@pytest.fixture
def program() -> Call:
    """Run the real program: `program("version")`. Costs a third of a second."""

    def ran(*words: object, stdin: str = "", environ: Mapping[str, str] | None = None) -> Answer:
        done = subprocess.run(
            [PROGRAM, *map(str, words)],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **(environ or {})},
            timeout=60,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return ran
