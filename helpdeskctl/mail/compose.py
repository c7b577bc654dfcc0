"""Our mail as bytes: from a frozen description to RFC 5322. Pure; nothing in it can start a header or a recipient.

Headers are encoded here and not by `email`: its folding puts encoded words into long Message-IDs, so that Outlook
loses the thread (cpython gh-79986), and encodes the commas between long address lists (gh-100884).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, quote
from typing import Any, Literal

from helpdeskctl.domain.references import INSTALLATION_HEADER
from helpdeskctl.domain.text import clean, clean_line
from helpdeskctl.errors import InvalidInput
from helpdeskctl.mail.html_part import html_of

_POLICY = SMTP.clone(cte_type="7bit")  # no server on the way may have to change a byte
_WIDTH = 76  # columns of a header line, RFC 5322 §2.1.1 asks for 78 at most
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,980}>")
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")
_LOCAL_PART = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}"  # a dot-atom: quoted ones are nobody's address
_ADDRESS = re.compile(rf"{_LOCAL_PART}@(?:[A-Za-z0-9.-]{{1,255}}|\[[0-9A-Fa-f.:IPv]{{2,45}}\])")
_ATOMS = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+")
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_MOST_REFERENCES = 40  # ids; a longer chain loses its middle


@dataclass(frozen=True, slots=True)
class Person:
    """An address with the name people see."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment with its bytes."""

    filename: str
    content_type: str
    content: bytes
    inline: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """A mail about to be written. Ids stand with their brackets; `references` from the oldest to the parent.

    `html` None: it is made from `text`, in the direction of `language`. `automatic`: what RFC 3834 §5 calls it; None
    for a mail that a person wrote. `unsubscribe`: where one click ends such mail. There is no Bcc: a blind copy
    goes by the envelope alone.
    """

    message_id: str
    date: datetime
    sender: Person
    to: Sequence[Person]
    cc: Sequence[Person] = ()
    reply_to: str | None = None
    subject: str
    text: str
    html: str | None = None
    language: str | None = None
    in_reply_to: str | None = None
    references: Sequence[str] = ()
    installation: str = ""
    automatic: Literal["auto-replied", "auto-generated"] | None = None
    files: Sequence[File] = ()
    unsubscribe: str | None = None


def compose(mail: OutgoingMail) -> bytes:
    """The mail as text and HTML, with CRLF line ends, 7 bit throughout.

    InvalidInput for an address that cannot stand in a header.
    """
    message = EmailMessage(policy=_POLICY)
    for name, pieces in _headers(mail):
        message[name] = _Header(name, pieces)
    message.set_content(_body(mail.text))
    message.add_alternative(_body(mail.html or html_of(mail.text, mail.language)), subtype="html")
    for file in mail.files:
        _attach(message, file)
    if mail.language:  # last: whatever sets content drops the Content-* fields that are there
        message["Content-Language"] = _Header("Content-Language", [mail.language])  # RFC 3282
    return message.as_bytes()


def ascii_address(address: str) -> str:
    """An address as it stands in envelopes and headers, its domain in IDNA. InvalidInput when it cannot."""
    local, at, domain = address.strip().rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if not _ADDRESS.fullmatch(f"{local}{at}{domain}"):
        raise InvalidInput(f'"{clean_line(address)}" is no address that mail can be sent to')
    return f"{local}@{domain}"


def reference_chain(own: str, ancestors: Iterable[str], parent: str | None) -> tuple[str, ...]:
    """References of an answer: our own id first, then the ancestors, the parent last (RFC 5322 §3.6.4).

    Our own id stands there because some providers replace the Message-ID of what passes through them.
    """
    usable = (each for each in ancestors if _MESSAGE_ID.fullmatch(each))
    known = [each for each in dict.fromkeys(usable) if each not in (own, parent)]
    if len(known) > _MOST_REFERENCES:
        known = [known[0], *known[1 - _MOST_REFERENCES :]]
    last = [parent] if parent and _MESSAGE_ID.fullmatch(parent) else []
    return (own, *known, *last)


def quoted(introduction: str, text: str, *, most_lines: int = 400) -> str:
    """A message as quotation: a line that says who wrote it when, then its lines with `> ` (RFC 3676 §4.5)."""
    lines = clean(text).strip("\n").split("\n")
    kept = [f">{'' if line.startswith('>') else ' '}{line}".rstrip() for line in lines[:most_lines]]
    left_out = ["> …"] if len(lines) > most_lines else []
    return "\n".join([_visible(introduction), *kept, *left_out])


class _Header(str):
    """A header whose value is ASCII already; folded between its pieces and nowhere else."""

    name: str
    pieces: tuple[str, ...]
    max_count = 1
    defects: tuple[Exception, ...] = ()

    def __new__(cls, name: str, pieces: Iterable[str]) -> _Header:
        kept = tuple(pieces)
        header = super().__new__(cls, " ".join(kept))
        header.name, header.pieces = name, kept
        return header

    def fold(self, *, policy: Any) -> str:
        lines, line = [], f"{self.name}:"
        for piece in self.pieces:
            if len(line) + 1 + len(piece) > _WIDTH and line.strip() and not line.endswith(":"):
                lines.append(line)
                line = ""
            line += f" {piece}"
        return str(policy.linesep).join([*lines, line]) + str(policy.linesep)


def _headers(mail: OutgoingMail) -> Iterable[tuple[str, Iterable[str]]]:
    yield "Date", [format_datetime(mail.date)]
    yield "From", _people([mail.sender])
    yield "To", _people(mail.to) if mail.to else ["undisclosed-recipients:;"]
    if mail.cc:
        yield "Cc", _people(mail.cc)
    if mail.reply_to:
        yield "Reply-To", [ascii_address(mail.reply_to)]
    yield "Subject", _words(mail.subject)
    yield "Message-ID", [mail.message_id]
    if mail.in_reply_to and _MESSAGE_ID.fullmatch(mail.in_reply_to):
        yield "In-Reply-To", [mail.in_reply_to]
    if ids := [each for each in mail.references if _MESSAGE_ID.fullmatch(each)]:
        yield "References", ids
    if mail.installation:
        yield INSTALLATION_HEADER, _words(mail.installation)
    if mail.automatic:
        yield "Auto-Submitted", [mail.automatic]
        yield "X-Auto-Response-Suppress", ["DR,", "RN,", "NRN,", "OOF,", "AutoReply"]
    if mail.unsubscribe:
        yield "List-Unsubscribe", [f"<{mail.unsubscribe}>"]  # RFC 2369 §3.2
        yield "List-Unsubscribe-Post", ["List-Unsubscribe=One-Click"]  # RFC 8058 §3.1


def _people(people: Sequence[Person]) -> Iterable[str]:
    for number, person in enumerate(people, 1):
        comma = "," if number < len(people) else ""
        address = ascii_address(person.address)
        if name := _visible(person.name)[:200]:
            yield from _phrase(name)
            yield f"<{address}>{comma}"
        else:
            yield f"{address}{comma}"


def _phrase(name: str) -> Iterable[str]:
    """A display name: as atoms, as a quoted string, or as encoded words."""
    if not name.isascii() or "=?" in name:
        return _encoded(name)
    return name.split() if _ATOMS.fullmatch(name) else [f'"{quote(name)}"']


def _words(text: str) -> Iterable[str]:
    text = _visible(text)
    plain = text.isascii() and "=?" not in text and all(len(word) < _WIDTH - 12 for word in text.split())
    return text.split() if plain else _encoded(text)


def _encoded(text: str) -> Iterable[str]:
    """Encoded words, never cut inside a letter; a line with one has at most 76 characters (RFC 2047 §2)."""
    return Header(text, "utf-8", maxlinelen=_WIDTH - len("Subject: ")).encode(linesep="\n").split()


def _visible(text: str) -> str:
    return clean_line(_INVISIBLE.sub(" ", text))


def _body(text: str) -> str:
    return clean(text).rstrip("\n") + "\n"


def _attach(message: EmailMessage, file: File) -> None:
    main, _, sub = file.content_type.partition("/")
    if main in {"message", "multipart"} or not (_TYPE.fullmatch(main) and _TYPE.fullmatch(sub)):
        main, sub = "application", "octet-stream"  # RFC 2046 §5.2.1 forbids to encode those
    message.add_attachment(
        file.content,
        maintype=main,
        subtype=sub,
        disposition="inline" if file.inline else "attachment",
        filename=_visible(file.filename)[:200] or "attachment",
        cid=f"<{file.content_id}>" if file.content_id and _MESSAGE_ID.fullmatch(f"<{file.content_id}>") else None,
    )
