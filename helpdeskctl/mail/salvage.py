"""A mail that cannot be read, as one that can: what its header still says, and the mail itself as a file."""

from __future__ import annotations

from dataclasses import replace

from helpdeskctl.mail.incoming import Attachment, IncomingMail
from helpdeskctl.mail.parse import parse

_HEADER_BYTES = 64 * 1024
_NOTE = "This mail could not be read. It is attached as it came."


def salvage(raw: bytes) -> IncomingMail:
    """The mail with a note for its text and itself attached. Never raises."""
    header = raw[:_HEADER_BYTES].partition(b"\n\n")[0].partition(b"\r\n\r\n")[0]
    for part in (_plain(header), b""):
        try:
            mail = parse(part + b"\n\n")
        except Exception:  # noqa: S112  # the parser failed on this mail before, or refused it
            continue
        whole = Attachment("mail.eml", "message/rfc822", raw)
        return replace(mail, text=_NOTE, size=len(raw), attachments=(whole,), defects=(*mail.defects, "not readable"))
    raise AssertionError("an empty mail can be parsed")


def header_only(raw: bytes, size: int) -> IncomingMail:
    """What the header says of a mail of `size` octets that is too large to be read; `raw` begins with it."""
    header = raw[:_HEADER_BYTES].partition(b"\n\n")[0].partition(b"\r\n\r\n")[0]
    try:
        return replace(parse(header + b"\n\n"), size=size)
    except Exception:  # the header may be what is wrong: of a mail nobody reads, less is enough
        return replace(salvage(header), text="", size=size, attachments=())


def _plain(header: bytes) -> bytes:
    """Only the fields that say who wrote about what: the others may be what is wrong."""
    wanted = (b"from:", b"reply-to:", b"subject:", b"date:", b"message-id:", b"to:", b"return-path:")
    lines = [line[:2000] for line in header.splitlines() if line.lower().startswith(wanted)]
    return b"\n".join(lines[:20])
