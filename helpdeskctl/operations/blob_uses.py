"""Which stored bytes are still somebody's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from helpdeskctl.store.tables import ArticleFile, Attachment, CannedAttachment, IncomingMail, Upload


def unreferenced(candidates: Iterable[str]) -> set[str]:
    """Those of these SHA-256 that no row refers to, in the present transaction."""
    left = set(candidates)
    columns: tuple[Any, ...] = (
        Attachment.sha256,
        CannedAttachment.sha256,
        ArticleFile.sha256,
        Upload.sha256,
        IncomingMail.raw_sha256,
    )
    for column in columns:
        used = column.model.select(column).where(column.in_(sorted(left))).tuples()
        left -= {sha256 for (sha256,) in used}
    return left
