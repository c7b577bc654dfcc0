"""Which parts of a mail are its body and which are attachments (MAIL-16)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape

from helpdeskctl.domain.text import clean
from helpdeskctl.mail import markup, tnef
from helpdeskctl.mail.bounds import MAX_HTML_CHARACTERS, MAX_TEXT_CHARACTERS
from helpdeskctl.mail.charsets import decode
from helpdeskctl.mail.filenames import file_name
from helpdeskctl.mail.headers import Headers
from helpdeskctl.mail.incoming import Attachment
from helpdeskctl.mail.parts import Part
from helpdeskctl.mail.sanitize import content_id, sanitize
from helpdeskctl.mail.text import html_to_text, unflow

_META_CHARSET = re.compile(rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_CID = re.compile(r'src="cid:([^"]*)"', re.IGNORECASE)
_ENVELOPES = {"application/ms-tnef", "application/vnd.ms-tnef"}
# Copies of the message for clients of one vendor, in an alternative beside the message itself.
_COPIES = {"text/x-amp-html", "text/watch-html"}


# More bytes than this are more characters than are kept, in every charset; what is too long is attached whole.
_MAX_BYTES = 4 * max(MAX_TEXT_CHARACTERS, MAX_HTML_CHARACTERS) + 4


@dataclass(frozen=True, slots=True)
class Body:
    """What a person reads, and what hangs on it."""

    text: str
    html: str | None
    attachments: tuple[Attachment, ...]
    defects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the body in one or both forms; the HTML is sanitized."""

    plain: str = ""
    html: str | None = None

    @property
    def text(self) -> str:
        return self.plain if self.plain.strip() or self.html is None else clean(html_to_text(self.html))


def read(root: Part) -> Body:
    """The body and the attachments of the mail whose tree is given."""
    reader = _Reader()
    whole = _joined(reader.pieces(root))
    shown = set(map(content_id, _CID.findall(whole.html or "")))
    attachments = tuple(_attachment(part, number, shown) for number, part in enumerate(reader.attached, start=1))
    return Body(whole.text.strip("\n").rstrip(), whole.html, attachments, tuple(reader.defects))


@dataclass(slots=True)
class _Reader:
    attached: list[Part] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    found_body: bool = False
    found_words: bool = False
    text_left: int = MAX_TEXT_CHARACTERS
    html_left: int = MAX_HTML_CHARACTERS

    def pieces(self, part: Part) -> list[_Piece]:
        """The body's pieces within `part`, in order; everything else is noted as attached."""
        if part.content_type == "multipart/alternative" and part.children:
            return [self._best_of(part.children)]
        if part.children:
            return [piece for child in part.children for piece in self.pieces(child)]
        if _is_envelope(part):
            return self._pieces_of_envelope(part)
        if not self._is_body(part):
            self._attach(part)
            return []
        self.found_body = True
        piece = self._html_piece(part) if part.content_type == "text/html" else self._text_piece(part)
        self.found_words = self.found_words or piece.html is not None or bool(piece.plain.strip())
        return [piece]

    def _best_of(self, alternatives: list[Part]) -> _Piece:
        """One piece of the plain forms (writers who do not know better send several) and the last HTML form."""
        forms = [_joined(self.pieces(part)) for part in alternatives if part.content_type not in _COPIES]
        html = next((form for form in reversed(forms) if form.html is not None), _Piece())
        plain = _joined(form for form in forms if form.html is None).plain
        return _Piece(plain if plain.strip() else html.plain, html.html)

    def _is_body(self, part: Part) -> bool:
        if part.content_type not in ("text/plain", "text/html") or part.disposition == "attachment":
            return False
        # A named text is a file, unless it is all there is to read.
        return not part.raw_name or not self.found_body or part.content_type == "text/html"

    def _pieces_of_envelope(self, part: Part) -> list[_Piece]:
        """The files of a winmail.dat are attached in its place; its text counts where the mail has no other."""
        opened = tnef.read(part.content)
        if opened is None or not (opened.files or opened.text or opened.html):
            self.attached.append(part)
            self.defects.append("winmail.dat is kept, not opened")
            return []
        self.attached += map(_file_of_envelope, opened.files)
        if self.found_words or not (opened.text.strip() or opened.html.strip()):
            return []
        kind, text = ("text/html", opened.html) if opened.html.strip() else ("text/plain", opened.text)
        return self.pieces(Part(Headers(), kind, {"charset": "utf-8"}, text.encode("utf-8", "replace")))

    def _attach(self, part: Part) -> None:
        self.attached.append(part)
        if part.content_type in ("application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"):
            self.defects.append("the mail is encrypted or signed as a whole")

    def _text_piece(self, part: Part) -> _Piece:
        text = clean(decode(part.content[:_MAX_BYTES], part.parameters.get("charset")))
        if part.parameters.get("format", "").lower() == "flowed":
            text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
        return _Piece(self._within_length(text, part))

    def _html_piece(self, part: Part) -> _Piece:
        html = markup.tame(clean(_decoded_html(part)))
        if reason := markup.too_much(html, self.html_left):
            self._attach_whole(part, f"{reason}; it is attached")
            return _Piece(self._within_length(clean(markup.stripped(html[:MAX_HTML_CHARACTERS])), part))
        self.html_left -= len(html)
        return _Piece(html=sanitize(html))

    def _within_length(self, text: str, part: Part) -> str:
        """`text` as far as this mail may still add to its body."""
        if len(text) > self.text_left:
            self._attach_whole(part, "the text is too long; the whole of it is attached")
            text = text[: self.text_left]
        self.text_left -= len(text)
        return text

    def _attach_whole(self, part: Part, defect: str) -> None:
        self.defects.append(defect)
        if part not in self.attached:
            self.attached.append(part)


def _is_envelope(part: Part) -> bool:
    if part.content_type in _ENVELOPES:
        return True
    return part.content_type == "application/octet-stream" and part.raw_name.lower() == "winmail.dat"


def _file_of_envelope(file: tnef.File) -> Part:
    headers = Headers((("content-id", file.content_id.encode("utf-8", "replace")),) if file.content_id else ())
    content_type = file.content_type if file.content_type.count("/") == 1 else "application/octet-stream"
    return Part(headers, content_type, {"name": file.name}, file.content)


def _decoded_html(part: Part) -> str:
    content = part.content[:_MAX_BYTES]
    charset = part.parameters.get("charset")
    if charset is None and (named := _META_CHARSET.search(content, 0, 2_000)):
        charset = named[1].decode("ascii")
    return decode(content, charset)


def _joined(pieces: Iterable[_Piece]) -> _Piece:
    pieces = [piece for piece in pieces if piece.html is not None or piece.plain.strip()]
    if len(pieces) == 1:
        return pieces[0]
    text = "\n\n".join(text.strip("\n") for piece in pieces if (text := piece.text).strip())
    if all(piece.html is None for piece in pieces):
        return _Piece(text)
    return _Piece(text, "\n".join(_as_html(piece) for piece in pieces))


def _as_html(piece: _Piece) -> str:
    return f"<pre>{escape(piece.plain)}</pre>" if piece.html is None else piece.html


def _attachment(part: Part, number: int, shown: set[str]) -> Attachment:
    cid = clean(decode(part.headers.raw("content-id") or b"")).strip("<> \t\n") or None
    inline = cid in shown or (part.disposition == "inline" and part.main_type == "image")
    return Attachment(file_name(part, number), part.content_type, part.content, inline, cid)
