"""Canned replies as Markdown files, one a file, named by its key (KB-4)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helpdeskctl.desk import Desk
from helpdeskctl.domain import front_matter
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kinds import CANNED
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import HelpdeskError, InvalidInput
from helpdeskctl.operations import setup, text_folders
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
            problems += text_folders.problems(name, error)
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


def write_all(desk: Desk, folder: Path, *, force: bool = False) -> list[str]:
    """Write every canned reply into `folder`; returns the files' names.

    Exists when a file is there already, unless `force`; StorageFailed when one cannot be written.
    """
    texts = {f"{item.key}{SUFFIX}": _text(item).encode() for item in stored.list_of(desk, "canned")}
    return text_folders.write(folder, texts, force=force)


def _text(item: stored.SetUpObject) -> str:
    fields = {field.name: item.values[field.name] for field in CANNED.fields if field.name != "body"}
    return front_matter.write(fields, item.values["body"])
