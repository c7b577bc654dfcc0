"""Files that people attach: their bytes kept, their names cleaned, their number and size within bounds (TIC-19)."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence

from helpdeskctl.desk import Desk
from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations.messages import NewAttachment
from helpdeskctl.queries import settings

_LONGEST_NAME = 200


def keep(desk: Desk, filename: str, content: bytes, *, content_type: str | None = None) -> NewAttachment:
    """Put a file's bytes into the blob store, ready to be attached. Only the last part of its name counts."""
    name = clean_line(filename.replace("\\", "/").rpartition("/")[2])[-_LONGEST_NAME:] or "file"
    guessed = content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return NewAttachment(name, guessed, len(content), desk.blobs.put(content, now=desk.now()))


def refuse_too_much(desk: Desk, files: Sequence[NewAttachment]) -> None:
    """InvalidInput for more files, or larger ones together, than one message may have."""
    allowed = settings.several(desk, "attachment_files", "attachment_size")
    size = sum(file.size for file in files)
    if len(files) > allowed["attachment_files"]:
        raise InvalidInput(f"{len(files)} files; one message may have {allowed['attachment_files']}")
    if size > allowed["attachment_size"]:
        raise InvalidInput(
            f"the files have {size / 1024**2:.1f} MB together; one message may have "
            f"{allowed['attachment_size'] / 1024**2:.0f} MB",
            hint="helpdeskctl setting set attachment_size 40M, if the recipients' servers take that much",
        )
