"""The index of what is shown (docs/security.md): every test it names is there, every case has a line."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
INDEX = TESTS.parent / "docs" / "security.md"
CASES = {4, 5, 6, 7, *range(15, 50)}


def test_every_test_that_the_index_names_exists() -> None:
    named = re.findall(r"`([a-z_/]+)::(\w+)`", INDEX.read_text())
    assert len(named) > len(CASES)
    assert [f"{file}::{name}" for file, name in named if name not in names_in(TESTS / f"{file}.py")] == []


def test_every_case_has_a_line_with_a_test() -> None:
    lines = re.findall(r"^\| (\d+) \|.*::", INDEX.read_text(), re.MULTILINE)
    assert sorted(map(int, lines)) == sorted(CASES)


def names_in(file: Path) -> set[str]:
    """The names of the tests in a file, those of its classes too; none where there is no file."""
    if not file.exists():
        return set()
    nodes = ast.walk(ast.parse(file.read_text()))
    return {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
