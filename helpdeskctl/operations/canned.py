"""Canned replies with their files (CAN-1, CAN-2)."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Mapping, Sequence

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import events, setup
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import CannedAttachment

File = tuple[str, bytes]
"""Its name and what is in it."""


@transaction
def create(
    desk: Desk,
    actor: Actor,
    key: str,
    values: Mapping[str, object],
    *,
    files: Sequence[File] = (),
    if_not_exists: bool = False,
    or_update: bool = False,
) -> Change:
    """As `setup.create`, with files."""
    change = setup.create(desk, actor, "canned", key, values, if_not_exists=if_not_exists, or_update=or_update)
    if change.action == "unchanged" and not or_update:
        return change
    return _with_files(desk, actor, change, files, ())


@transaction
def edit(
    desk: Desk,
    actor: Actor,
    key: str,
    values: Mapping[str, object],
    *,
    unset: Iterable[str] = (),
    files: Sequence[File] = (),
    without: Sequence[str] = (),
) -> Change:
    """As `setup.edit`; a file takes the place of one of the same name, those called `without` go."""
    change = setup.edit(desk, actor, "canned", key, values, unset=unset)
    return _with_files(desk, actor, change, files, without)


def _with_files(desk: Desk, actor: Actor, change: Change, files: Sequence[File], without: Sequence[str]) -> Change:
    number = change.id or 0
    present = {row.filename: row.sha256 for row in _rows(number)}
    if missing := sorted(set(without) - set(present)):
        raise InvalidInput(
            f"no file {', '.join(missing)}",
            hint=f"known: {', '.join(present) or 'none'}",
            subject=f"canned/{change.key}",
        )
    for name in without:
        CannedAttachment.delete().where(*_named(number, name)).execute()
    wrote = [_put(desk, number, name, data, present) for name, data in files]
    if not (without or any(wrote)):
        return change
    if change.action != "created":
        data = {"files": [name for name, _ in files], "without": list(without)}
        events.record(desk, actor, "updated", subject=("canned", change.key), data=data)
    action = "updated" if change.action == "unchanged" else change.action
    return Change(change.kind, change.key, change.id, action, (*change.changed, "attachments"))


def _put(desk: Desk, number: int, name: str, data: bytes, present: Mapping[str, str]) -> bool:
    name = clean_line(name)
    sha256 = desk.blobs.put(data, now=desk.now())
    if present.get(name) == sha256:
        return False
    CannedAttachment.delete().where(*_named(number, name)).execute()
    CannedAttachment.insert(
        canned_reply_id=number,
        filename=name,
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        size=len(data),
        sha256=sha256,
    ).execute()
    return True


def _rows(number: int) -> list[CannedAttachment]:
    return list(CannedAttachment.select().where(CannedAttachment.canned_reply_id == number))


def _named(number: int, name: str) -> tuple[object, object]:
    return CannedAttachment.canned_reply_id == number, CannedAttachment.filename == name
