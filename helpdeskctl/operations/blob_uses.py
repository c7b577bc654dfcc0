"""Which stored bytes are still somebody's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from helpdeskctl.domain.delivery import OPEN, State
from helpdeskctl.store.tables import (
    ArticleFile,
    Attachment,
    BrandImage,
    CannedAttachment,
    Draft,
    IncomingMail,
    OutgoingMail,
    Upload,
)

COLUMNS: tuple[Any, ...] = (
    Attachment.sha256,
    CannedAttachment.sha256,
    ArticleFile.sha256,
    BrandImage.sha256,
    Upload.sha256,
    IncomingMail.raw_sha256,
)
"""Every column that names bytes; a test holds them against schema.sql."""


def unreferenced(candidates: Iterable[str], columns: Iterable[Any] = COLUMNS) -> set[str]:
    """Those of these SHA-256 that no row refers to (in these columns, where only some are asked), in the present
    transaction."""
    left = set(candidates)
    for column in columns:
        used = column.model.select(column).where(column.in_(sorted(left))).tuples()
        left -= {sha256 for (sha256,) in used}
    return left - set(being_written()) if left else left


def being_written() -> Iterator[str]:
    """What drafts of agents and mail that waits to leave carry."""
    for draft in Draft.select(Draft.content):
        yield from _named(draft.content.get("attachments"))
    waiting = OutgoingMail.state.in_([state.value for state in (*OPEN, State.UNKNOWN)])
    for mail in OutgoingMail.select(OutgoingMail.content).where(waiting):
        yield from _named(mail.content.get("files"))


def _named(files: Any) -> Iterator[str]:
    return (file["sha256"] for file in files or () if isinstance(file, dict) and "sha256" in file)
