"""Mail in files: single ones (.eml), mbox (RFC 4155), Maildir. Read one by one, however many there are."""

from __future__ import annotations

import mailbox
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import mktime_tz, parsedate_tz
from pathlib import Path
from typing import Literal

from helpdeskctl.errors import InputMissing, InvalidInput

Format = Literal["eml", "mbox", "maildir"]
_DATE = re.compile(rb"^date:[ \t]*([^\r\n]{1,200})", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Found:
    """A mail and where it was."""

    name: str
    raw: bytes


def guess(path: Path) -> Format:
    """What a file or folder is: a folder with `cur` or `new` is a Maildir, a file that begins `From ` an mbox.

    InputMissing when it is not there or cannot be read.
    """
    try:
        if path.is_dir():
            return "maildir" if (path / "cur").is_dir() or (path / "new").is_dir() else "eml"
        with path.open("rb") as file:
            return "mbox" if file.read(5) == b"From " and path.suffix != ".eml" else "eml"
    except OSError as fault:
        raise InputMissing(f"{path}: {fault.strerror}") from fault


def named(path: Path, form: str | None) -> Format:
    """The format called `form`, or the one it looks like. Raises InvalidInput for another name, else as `guess`."""
    for known in _READERS:
        if form == known:
            return known
    if form is not None:
        raise InvalidInput(f"no format {form}", hint=", ".join(_READERS))
    return guess(path)


def mails(path: Path, kind: Format) -> Iterator[Found]:
    """Every mail there. A folder of .eml files is read with the folders below it, in the order of the names."""
    try:
        yield from _READERS[kind](path)
    except OSError as fault:
        raise InputMissing(f"{fault.filename or path}: {fault.strerror}") from fault
    except mailbox.Error as wrong:
        raise InvalidInput(f"{path} is no {kind}: {wrong}") from wrong


def batches(found: Iterable[Found], *, count: int, octets: int) -> Iterator[list[Found]]:
    """The same in batches that stay within both bounds; one larger mail is a batch of its own."""
    batch: list[Found] = []
    size = 0
    for mail in found:
        if batch and (len(batch) == count or size + len(mail.raw) > octets):
            yield batch
            batch, size = [], 0
        batch.append(mail)
        size += len(mail.raw)
    if batch:
        yield batch


def received_at(raw: bytes, now: datetime) -> datetime:
    """When a mail in a file was received, as far as it says: its Date, but not later than `now`.

    It decides nothing but that old mail is not answered automatically (BOX-7).
    """
    end = _HEADER_END.search(raw, 0, 100_000)
    found = _DATE.search(raw, 0, end.start() if end else 100_000)
    parts = parsedate_tz(found[1].decode("latin-1")) if found else None
    try:
        return min(datetime.fromtimestamp(mktime_tz(parts), UTC), now) if parts else now
    except (ValueError, OverflowError, OSError, TypeError):
        return now


def _single_files(path: Path) -> Iterator[Found]:
    if not path.is_dir():
        yield Found(str(path), path.read_bytes())
        return
    for file in sorted(path.rglob("*")):
        if file.suffix.lower() == ".eml" and file.is_file():
            yield Found(str(file), file.read_bytes())


def _mbox(path: Path) -> Iterator[Found]:
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), 1):
            yield Found(f"{path}:{number}", box.get_bytes(key))
    finally:
        box.close()


def _maildir(path: Path) -> Iterator[Found]:
    for folder in ("cur", "new"):
        for file in sorted((path / folder).glob("*")):
            if not file.name.startswith(".") and file.is_file():
                yield Found(str(file), file.read_bytes())


_READERS: Mapping[Format, Callable[[Path], Iterator[Found]]] = {
    "eml": _single_files,
    "mbox": _mbox,
    "maildir": _maildir,
}
