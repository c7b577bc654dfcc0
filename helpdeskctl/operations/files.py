"""Files that people attach: their bytes kept, their names cleaned, within bounds of number, size and type (TIC-19)."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence

from helpdeskctl.desk import Desk
from helpdeskctl.domain import attachment_types
from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import InvalidInput, Refused
from helpdeskctl.mail import virus
from helpdeskctl.operations.messages import NewAttachment
from helpdeskctl.queries import settings

_LONGEST_NAME = 200


class Malware(Refused):
    """The virus scanner knows what is in a file; `signature` is its name for that."""

    def __init__(self, filename: str, signature: str) -> None:
        super().__init__(f"{filename} carries malware ({signature})", hint="leave the file out")
        self.signature = signature


class RefusedType(InvalidInput):
    """Files of this kind are not taken."""


def keep(desk: Desk, filename: str, content: bytes, *, content_type: str | None = None) -> NewAttachment:
    """Put a file's bytes into the blob store, ready to be attached. Only the last part of its name counts.

    Raises what `refuse_unfit` raises. Asks the virus scanner: call it outside a transaction.
    """
    name = clean_line(filename.replace("\\", "/").rpartition("/")[2])[-_LONGEST_NAME:] or "file"
    guessed = content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    refuse_unfit(desk, name, guessed, content)
    return NewAttachment(name, guessed, len(content), desk.blobs.put(content, now=desk.now()))


def refuse_unfit(desk: Desk, filename: str, content_type: str, content: bytes) -> None:
    """RefusedType for a kind of file that is not taken, Malware for what the virus scanner finds.

    TryAgain while the scanner is away, Refused for what it cannot scan. Without a scanner nothing is scanned.
    """
    kinds = settings.get(desk, "attachment_types_refused")
    if why := attachment_types.refused(filename, content_type, kinds):
        raise RefusedType(f"{filename}: {why}", hint="helpdeskctl setting get attachment_types_refused")
    scan = virus.scanner(desk.config.mail)
    if scan is not None and (signature := scan(content)) is not None:
        raise Malware(filename, signature)


def refuse_too_much(desk: Desk, files: Sequence[NewAttachment]) -> None:
    """InvalidInput for more files, or larger ones together, than one message may have."""
    allowed = settings.several(desk, "attachment_files", "attachment_size")
    size = sum(file.size for file in files)
    if len(files) > allowed["attachment_files"]:
        raise InvalidInput(
            f"{len(files)} files; one message may have {allowed['attachment_files']}",
            hint="helpdeskctl setting set attachment_files 20, if the recipients' servers take that many",
        )
    if size > allowed["attachment_size"]:
        raise InvalidInput(
            f"the files have {size / 1024**2:.1f} MB together; one message may have "
            f"{allowed['attachment_size'] / 1024**2:.0f} MB",
            hint="helpdeskctl setting set attachment_size 40M, if the recipients' servers take that much",
        )
