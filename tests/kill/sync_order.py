"""Reads off a trace whether bytes are safe on disk before anything in the database can name them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.kill.strace import Call

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_OPENED = re.compile(r"^\d+<([^>]*)>")
_FAILED = re.compile(r"\) += -1 ")
_VERBS = {
    **dict.fromkeys(("write", "writev", "pwrite64"), "write"),
    **dict.fromkeys(("fsync", "fdatasync"), "sync"),
    **dict.fromkeys(("rename", "renameat", "renameat2"), "rename"),
    **dict.fromkeys(("mkdir", "mkdirat"), "mkdir"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One call that went well: `path` was written (`text`), synced, made, or renamed from `source`."""

    verb: str
    path: str
    source: str = ""
    text: str = ""


def steps(calls: Sequence[Call]) -> list[Step]:
    """Translate the calls of a trace with paths, in order; those that failed or do something else are left out."""
    found = []
    for call in calls:
        verb, opened = _VERBS.get(call.name), _OPENED.match(call.arguments)
        if verb is None or _FAILED.search(call.arguments):
            continue
        quoted = _QUOTED.findall(call.arguments)
        if opened:
            found.append(Step(verb, opened[1], text=call.arguments if verb == "write" else ""))
        elif quoted:
            found.append(Step(verb, quoted[-1], source=quoted[0]))
    return found


def blobs(done: Sequence[Step], root: Path) -> dict[str, str]:
    """Return the path of every file that was put in place below `root`, by the SHA-256 that the path spells."""
    paths = [Path(step.path) for step in done if step.verb == "rename" and Path(step.path).is_relative_to(root)]
    return {f"{path.parent.name}{path.name}": str(path) for path in paths}


def out_of_order(done: Sequence[Step], digest: str, path: str, root: Path) -> list[str]:
    """Return what is wrong with the way of one blob: written, synced, renamed, its folders synced, and then named.

    A row that names a blob holds its SHA-256 in plain letters, and so does the page of SQLite's log that first
    carries the row; the trace must therefore keep whole pages.
    """
    named = next((i for i, s in enumerate(done) if s.path.endswith("-wal") and digest in s.text), len(done))
    before = done[:named]
    renamed = _last(before, "rename", path)
    if renamed < 0:
        return [f"{digest[:12]} is named before it is there"]
    scratch = done[renamed].source
    problems = []
    if not 0 <= _last(before[:renamed], "write", scratch) < _last(before[:renamed], "sync", scratch):
        problems.append(f"{digest[:12]} is renamed before it is synced")
    if _last(before, "sync", str(Path(path).parent)) < renamed:
        problems.append(f"{digest[:12]} is named before the folder of its file is synced")
    for folder in (folder for folder in Path(path).parents if folder.is_relative_to(root)):
        if _last(before, "sync", str(folder.parent)) < _last(before, "mkdir", str(folder)):
            problems.append(f"{digest[:12]} is named before its new folder {folder.name}/ is synced")
    return problems


def _last(done: Sequence[Step], verb: str, path: str) -> int:
    """Return the place of the last such step, or -1."""
    return max((place for place, step in enumerate(done) if (step.verb, step.path) == (verb, path)), default=-1)
