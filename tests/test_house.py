"""The caps and customs of the house, held by a machine (docs/source.md, CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
MOST_POSITIONAL_PARAMETERS = 5
MEDIAN_FUNCTION_BELOW = 12

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Source:
    """One file, read and parsed."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


@cache
def read(*folders: str) -> list[Source]:
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    return [Source(path, text, ast.parse(text, filename=str(path))) for path, text in texts.items()]


def product() -> list[Source]:
    return read("helpdeskctl", "portald")


def of_tests() -> list[Source]:
    return read("tests")


def everything() -> list[Source]:
    return read("helpdeskctl", "portald", "tests", "bench")


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_there_is_a_house_to_look_at() -> None:
    assert len(product()) > 20
    assert len(of_tests()) > 10


def test_no_file_is_longer_than_the_cap() -> None:
    lengths = {source.name: source.text.count("\n") for source in everything()}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE} == {}


def test_no_function_is_longer_than_the_cap() -> None:
    long = [
        f"{source.name}:{function.lineno} {function.name}: {length(function)}"
        for source in everything()
        for function in source.functions()
        if length(function) > MOST_LINES_OF_A_FUNCTION
    ]
    assert long == []


def test_the_median_function_is_short() -> None:
    lengths = [length(function) for source in product() for function in source.functions()]
    assert median(lengths) < MEDIAN_FUNCTION_BELOW


def test_no_function_takes_more_positional_parameters_than_the_cap() -> None:
    def positional(function: Function) -> int:
        names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        return len([name for name in names if name not in {"self", "cls"}])

    many = [
        f"{source.name}:{function.lineno} {function.name}: {positional(function)}"
        for source in product()
        for function in source.functions()
        if positional(function) > MOST_POSITIONAL_PARAMETERS
    ]
    assert many == []


def test_names_say_what_a_thing_is() -> None:
    vague = re.compile(r"manager|helper|utils?(?![a-z])", re.IGNORECASE)
    named = [
        (f"{source.name}:{node.lineno}", node.name)
        for source in everything()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("test_")
    ]
    named += [(source.name, source.path.stem) for source in everything()]
    assert [(where, name) for where, name in named if vague.search(name)] == []


def public(nodes: list[ast.stmt]) -> Iterator[ast.ClassDef | Function]:
    for node in nodes:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield node


def decorated(node: ast.ClassDef | Function, *names: str) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in node.decorator_list)


def documentable(source: Source) -> Iterator[tuple[str, ast.Module | ast.ClassDef | Function]]:
    """The module, its public functions and classes, and the methods of classes that inherit nothing.

    Tables are left out: schema.sql is their dictionary.
    """
    yield source.name, source.tree
    for node in public(source.tree.body):
        if decorated(node, "overload") or (isinstance(node, ast.ClassDef) and "store/tables/" in source.name):
            continue
        yield f"{source.name}:{node.lineno} {node.name}", node
        if isinstance(node, ast.ClassDef) and not node.bases:
            for method in public(node.body):
                if not decorated(method, "property", "cached_property", "overload"):
                    yield f"{source.name}:{method.lineno} {node.name}.{method.name}", method


def test_everything_public_has_a_docstring() -> None:
    missing = [
        where
        for source in product()
        if source.text.strip()
        for where, node in documentable(source)
        if not ast.get_docstring(node)
    ]
    assert missing == []


def test_every_folder_of_the_source_is_named_in_the_map() -> None:
    text = (ROOT / "docs" / "source.md").read_text(encoding="utf-8")
    kinds = {".py", ".html", ".css", ".eml", ".md"}
    files = [path for top in ("helpdeskctl", "portald", "bench", "docs") for path in (ROOT / top).rglob("*")]
    folders = {str(path.parent.relative_to(ROOT)) for path in files if path.suffix in kinds}
    assert len(folders) > 15
    assert [folder for folder in sorted(folders) if f"`{folder}/`" not in text] == []


def test_no_two_files_of_tests_are_one_module() -> None:
    """pytest would collect one of them and leave the other out: only a folder with __init__.py keeps names apart."""
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if not (path.parent / "__init__.py").exists()]
    assert len(files) > 5
    assert [name for name, count in Counter(path.name for path in files).items() if count > 1] == []


def asserts(function: Function) -> bool:
    words = ("assert", "raises", "snap", "expect", "warns")
    for node in ast.walk(function):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if isinstance(node, ast.Assert) or any(word in name for word in words):
            return True
    return False


def test_every_test_asserts_something() -> None:
    bare = [
        f"{source.name}:{function.lineno} {function.name}"
        for source in of_tests()
        if source.path.name.startswith("test_")
        for function in source.functions()
        if function.name.startswith("test_") and not asserts(function)
    ]
    assert bare == []


@pytest.mark.parametrize("mark", ["type: ignore", "noqa", "nosec"])
def test_a_silenced_check_gives_its_reason(mark: str) -> None:
    silent = re.compile(rf"#\s*{mark}(\[[\w, -]*\]|:\s*[A-Z0-9, ]+)?\s*$")
    found = [
        f"{source.name}:{number}"
        for source in product()
        for number, line in enumerate(source.text.splitlines(), 1)
        if silent.search(line)
    ]
    assert found == []


def test_annotations_are_never_evaluated_at_import() -> None:
    wanted = "from __future__ import annotations"
    annotated = (ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef)
    missing = [
        source.name
        for source in everything()
        if wanted not in source.text and any(isinstance(node, annotated) for node in ast.walk(source.tree))
    ]
    assert missing == []


def test_every_decision_has_its_line_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    decisions = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [name for name in decisions if name not in index] == []
