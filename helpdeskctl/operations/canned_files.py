"""Canned replies as Markdown files, one a file, named by its key (KB-4)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helpdeskctl import account
from helpdeskctl.desk import Desk
from helpdeskctl.domain import front_matter
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kinds import CANNED
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import Exists, HelpdeskError, InvalidInput, Problem, StorageFailed
from helpdeskctl.operations import setup
from helpdeskctl.operations.setup_faults import summary
from helpdeskctl.queries import setup as stored
from helpdeskctl.store.database import transaction

SUFFIX = ".md"


@transaction
def read_all(desk: Desk, actor: Actor, files: Sequence[tuple[str, bytes]]) -> list[Change]:
    """Create or update a canned reply from each file (its name and its bytes).

    InvalidInput with the faults of all files; then nothing is changed.
    """
    changes, problems = [], []
    for name, data in files:
        try:
            changes.append(_read(desk, actor, name, data))
        except HelpdeskError as error:
            inner = error.problems or (Problem("", error.message, error.hint),)
            problems += [Problem(f"{name}: {p.where}".rstrip(": "), p.what, p.hint) for p in inner]
    if problems:
        raise InvalidInput(summary(problems), problems=problems)
    return changes


def _read(desk: Desk, actor: Actor, name: str, data: bytes) -> Change:
    try:
        fields, body = front_matter.read(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidInput(f"not UTF-8 (octet {error.start})") from error
    key = name.removesuffix(SUFFIX)
    if stored.find(desk, "canned", key) is None:
        fields = {"title": key, **fields}
    return setup.create(desk, actor, "canned", key, {**fields, "body": body}, or_update=True)


def make_folder(folder: Path, user: str | None) -> None:
    """Make the folder where it is missing, the service user's. Called while one may still be root."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            account.give(folder, user)
    except OSError as error:
        raise StorageFailed(f"{folder} cannot be made: {error.strerror}") from error


def write_all(desk: Desk, folder: Path, *, force: bool = False) -> list[str]:
    """Write every canned reply into `folder`; returns the files' names.

    Exists when a file is there already, unless `force`; StorageFailed when one cannot be written.
    """
    texts = {f"{item.key}{SUFFIX}": _text(item) for item in stored.list_of(desk, "canned")}
    there = [name for name in texts if (folder / name).exists()]
    if there and not force:
        raise Exists(f"{folder / there[0]} is there already", hint="--force to write over it")
    try:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageFailed(f"{folder} cannot be written: {error.strerror}") from error
    return list(texts)


def _text(item: stored.SetUpObject) -> str:
    fields = {field.name: item.values[field.name] for field in CANNED.fields if field.name != "body"}
    return front_matter.write(fields, item.values["body"])
