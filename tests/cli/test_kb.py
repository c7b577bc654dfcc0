"""`helpdeskctl kb`: the knowledge base from the shell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Call

Kb = Callable[..., Answer]


@pytest.fixture
def kb(call: Call, sqlite_config: Path) -> Kb:
    """`helpdeskctl kb …` on a fresh desk with the category printing."""

    def run(*words: object, **options: object) -> Answer:
        return call("kb", *words, config=sqlite_config, **options)

    assert run("category", "create", "printing", "--name", "Printing").out == "created  article category printing\n"
    return run


def test_an_article_is_written_translated_published_found_and_deleted(kb: Kb) -> None:
    written = kb("article", "create", "--title", "Paper jam", "--category", "printing", "-m", "Open the tray.")
    assert written.out == "created  article paper-jam\n"
    kb("article", "translate", "paper-jam", "--lang", "de", "--title", "Papierstau", "-m", "Fach öffnen.")
    assert kb("article", "edit", "paper-jam", "--status", "published").out == "updated  article paper-jam: status\n"
    (row,) = kb("search", "fach", "-o", "json").json
    assert (row["key"], row["languages"], row["status"]) == ("paper-jam", ["en", "de"], "published")
    assert kb("article", "list", "--status", "draft", "-o", "id").out == ""
    assert [each["what"] for each in kb("article", "history", "paper-jam", "-o", "json").json] == [
        "updated", "updated", "created",
    ]  # fmt: skip
    assert kb("article", "delete", "paper-jam", "--no-input").code == 2
    assert kb("article", "delete", "paper-jam", "--yes").code == 0
    assert kb("article", "show", "paper-jam").code == 67


def test_a_rehearsal_writes_nothing(kb: Kb) -> None:
    kb("article", "create", "--title", "Paper jam", "--category", "printing", "-m", "Open.", "--dry-run")
    assert kb("article", "list", "-o", "json").json == []


def test_the_folder_goes_out_and_comes_in_and_pruning_asks(kb: Kb, tmp_path: Path) -> None:
    kb("article", "create", "--title", "Paper jam", "--category", "printing", "-m", "Open the tray.")
    folder = tmp_path / "kb"
    assert kb("export", folder).out == f"wrote    2 files to {folder}\n"
    assert kb("export", folder).code == 73
    (folder / "printing" / "toner.en.md").write_text('+++\ntitle = "Toner"\nstatus = "published"\n+++\nShake it.\n')
    assert "created  article toner" in kb("import", folder).out
    (folder / "printing" / "toner.en.md").unlink()
    assert kb("import", folder, "--prune", "--no-input").code == 2
    assert "deleted  article toner" in kb("import", folder, "--prune", "--yes").out
    assert kb("import", tmp_path / "nowhere").code == 66


def test_faults_are_named_and_make_a_negative_answer(kb: Kb) -> None:
    assert kb("check").code == 0
    kb("article", "create", "--title", "Jam", "--category", "printing", "-m", "[gone](gone.en.md)")
    found = kb("check", "-o", "json")
    assert (found.code, [each["where"] for each in found.json]) == (1, ["jam en"])


def test_most_read_articles_come_first(kb: Kb) -> None:
    for title in ("One", "Two"):
        kb("article", "create", "--title", title, "--category", "printing", "-m", "x")
    assert [row["views"] for row in kb("stats", "-o", "json").json] == [0, 0]
    assert kb("stats", "--limit", "1", "-o", "id").out.count("\n") == 1
