"""Address lists (RFC 5322 section 3.4) read leniently, addresses checked strictly.

Who wrote a mail must never be a matter of which parser reads it: an entry that two programs could take for two
different addresses is none at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from helpdeskctl.domain.text import clean_line
from helpdeskctl.mail.charsets import decode, looks_japanese
from helpdeskctl.mail.headers import decode_words
from helpdeskctl.mail.incoming import Address

# Dots may stand anywhere in the local part: a large Japanese carrier gave out such addresses for years.
_ADDRESS = re.compile(
    r"""(?P<local>[\w!#$%&'*+/=?^`{|}~.-]{1,64}|"[ !#-\[\]-~]{1,62}")
    @(?P<domain>(?:[\w](?:[\w-]{0,61}[\w])?\.)*[\w](?:[\w-]{0,61}[\w])?\.?
      |\[\d{1,3}(?:\.\d{1,3}){3}\]|\[IPv6:[0-9A-Fa-f:.]{2,45}\])""",
    re.VERBOSE,
)
_TOKEN = re.compile(
    r"""=\?[^?\s]{1,60}+\?[bBqQ]\?[^?]*+\?=    # an encoded word: nothing in it is structure
    |"(?:[^"\\]++|\\.)*+"?                     # quoted, to the end where the closing quote is missing
    |[^"()<>,;:=]++|.""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_TOKEN = re.compile(r"[^()\\]++|\\.|.", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"')
_ROUTE = re.compile(r"(?:@[^:]*:|mailto:)\s*", re.IGNORECASE)
_MAX_NAME = 255


def check(address: str) -> str | None:
    """The address with its domain in lower case, None when it is not exactly one mailbox (RFC 5321, 4.1.2)."""
    found = _ADDRESS.fullmatch(address)
    if found is None or len(address) > 254 or _has_twin(address):
        return None
    local, domain = found["local"], unicodedata.normalize("NFC", found["domain"].lower()).rstrip(".")
    if local.startswith('"') and _ADDRESS.fullmatch(f"{local[1:-1]}@x"):
        local = local[1:-1]
    return f"{local}@{domain}"


def _has_twin(address: str) -> bool:
    """Whether folding, as we compare addresses and IDNA writes domains, makes somebody else's address of it.

    `straße` becomes `strasse`, a ligature two letters, a full-width letter a plain one.
    """
    return not address.isascii() and any(
        letter.casefold() != letter.lower() or unicodedata.normalize("NFKC", letter) != letter for letter in address
    )


def entries(value: bytes, charset: str | None = None) -> list[Address | None]:
    """Every entry of an address list, None for one that is unusable and for the name of a group."""
    if looks_japanese(value):
        value = decode(value, "iso-2022-jp").encode()
    # One character per byte, so that the structure is read before any charset is believed.
    text = value.decode("latin-1")
    if text.count('"') % 2:
        text = _without_lone_quote(text)
    reader = _ListReader(charset)
    reader.read(text)
    return reader.found


def mailboxes(value: bytes, charset: str | None = None) -> tuple[Address, ...]:
    """The usable mailboxes of an address list, in order."""
    return tuple(entry for entry in entries(value, charset) if entry is not None)


def _without_lone_quote(text: str) -> str:
    lone = next((t for t in _TOKEN.finditer(text) if t[0][0] == '"' and not _QUOTED.fullmatch(t[0])), None)
    return text if lone is None else f"{text[: lone.start()]} {text[lone.start() + 1 :]}"


@dataclass(slots=True)
class _ListReader:
    charset: str | None
    found: list[Address | None] = field(default_factory=list)
    phrase: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: str | None = None
    has_at: bool = False
    broken: bool = False

    def read(self, text: str) -> None:
        at, last_semicolon = 0, text.rfind(";")
        while at < len(text):
            piece = _match(_TOKEN, text, at)
            at += len(piece)
            if piece == "(":
                comment, at = _comment(text, at)
                self.comments.append(comment)
            elif piece == "<":
                at = self._read_angle(text, at)
            elif piece == ",":
                self._end_entry(more=True)
            elif piece == ";":
                self._end_entry()
            elif piece == ":" and at <= last_semicolon and self.angle is None:
                self._begin_group()
            elif piece in ")>":
                self.broken = True
            else:
                self.phrase.append(piece)
                self.has_at = self.has_at or ("@" in piece and piece[0] != '"')
        self._end_entry()

    def _read_angle(self, text: str, at: int) -> int:
        inside: list[str] = []
        self.broken = self.broken or self.angle is not None
        while at < len(text):
            piece = _match(_TOKEN, text, at)
            at += len(piece)
            if piece == ">":
                break
            if piece == "(":
                _, at = _comment(text, at)
            else:
                inside.append(piece)
        self.angle = "".join(inside)
        self.phrase.append(" ")
        return at

    def _begin_group(self) -> None:
        self.found.append(None)
        self._clear()

    def _end_entry(self, *, more: bool = False) -> None:
        if more and self.phrase and self.angle is None and not self.has_at and not self.broken:
            self.phrase.append(",")  # `Doe, John <john@example.org>`, not quoted by its writer
            return
        raw = "".join(self.phrase)
        if self.angle is not None:
            self.found.append(self._mailbox(self.angle, raw))
        elif raw.strip(" ,\t") or self.broken:
            self._end_without_angle(raw.strip())
        self._clear()

    def _end_without_angle(self, raw: str) -> None:
        before, comma, last = raw.rpartition(",")
        if comma and "@" in last:
            self.found += [None] * bool(before.strip(" ,"))
            raw = last.strip()
        name, _, address = raw.rpartition(" ")
        if _ADDRESS.fullmatch(raw):
            name, address = "", raw
        elif "@" in _QUOTED.sub("", name):
            address = ""
        self.found.append(self._mailbox(address, name))

    def _mailbox(self, address: str, phrase: str) -> Address | None:
        address = address.strip()
        if route := _ROUTE.match(address):
            address = address[route.end() :]
        try:
            checked = check(address.encode("latin-1").decode())
        except UnicodeDecodeError:
            checked = None
        if checked is None or self.broken:
            return None
        return Address(checked, self._name(phrase) or self._name(" ".join(self.comments)))

    def _name(self, phrase: str) -> str:
        plain = _QUOTED.sub(lambda quoted: re.sub(r"\\(.)", r"\1", quoted[1]), phrase)
        return clean_line(decode_words(plain.encode("latin-1"), self.charset)).strip(" ,")[:_MAX_NAME]

    def _clear(self) -> None:
        self.phrase, self.comments, self.angle = [], [], None
        self.has_at = self.broken = False


def _comment(text: str, at: int) -> tuple[str, int]:
    """The comment that begins before `at`, without its outer brackets, and where it ends."""
    depth, start = 1, at
    while at < len(text):
        piece = _match(_COMMENT_TOKEN, text, at)
        at += len(piece)
        depth += (piece == "(") - (piece == ")")
        if depth == 0:
            return text[start : at - 1], at
    return text[start:], at


def _match(pattern: re.Pattern[str], text: str, at: int) -> str:
    found = pattern.match(text, at)
    return found[0] if found else text[at]


def addresses_in(values: Iterable[bytes]) -> tuple[str, ...]:
    """The bare addresses of several fields, once each."""
    return tuple(dict.fromkeys(mailbox.address for value in values for mailbox in mailboxes(value)))
