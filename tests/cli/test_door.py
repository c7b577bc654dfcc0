"""Agents who come by SSH name no file and no folder of the host, whatever the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.post import letter

ADA = "ada@example.org"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "there"
    folder.mkdir()
    (folder / "odd.eml").write_bytes(letter("Odd"))
    return folder


@pytest.mark.parametrize(
    "words",
    [
        "mail explain FOLDER/odd.eml",
        "mail explain FOLDER",
        "mail import FOLDER --archive",
        "mail test FOLDER --write",
        "rule test fire --mail FOLDER/odd.eml",
        "kb import FOLDER",
        "kb export FOLDER",
        "canned import FOLDER/odd.eml",
        "canned export FOLDER",
    ],
)
@pytest.mark.parametrize("there", [True, False])
def test_nothing_is_read_or_written_and_not_even_whether_it_is_there_is_told(
    call: Call, folder: Path, words: str, there: bool
) -> None:
    place = str(folder if there else folder.parent / "gone")
    done = call(*words.replace("FOLDER", place).split(), door=ADA)
    assert done.code == 77
    assert "files of this host are not for agents who come by SSH" in done.err
    assert [path.name for path in folder.parent.rglob("*")] == ["there", "odd.eml"]


def test_a_mail_on_stdin_passes_the_door(call: Call) -> None:
    assert "agents who come by SSH" not in call("mail", "explain", "-", stdin=letter("Odd"), door=ADA).err
