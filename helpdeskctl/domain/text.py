"""Text that came from outside: cleaned once for the database, shown harmless at the terminal.

`clean` and `clean_line` run at intake; raw bytes are kept apart, untouched. `printable` runs at the display edge.
All three return str, never raise, and take time linear in the text.
"""

from __future__ import annotations

import re
import unicodedata

_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f]")
# An ASCII run and what follows it: combining marks never follow a cut, unless 500 characters without ASCII do.
_PIECE = re.compile(r"[\x00-\x7f]*[^\x00-\x7f]{0,500}")
HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def clean(text: str) -> str:
    """Text fit for every database: line ends as LF, no C0 control but tab, no lone surrogate, NFC."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
    if text.isascii():
        return text
    if _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _nfc(text)


def clean_line(text: str) -> str:
    """`clean`, on one line: every run of white space becomes one space, none at the ends."""
    return " ".join(clean(text).split())


def printable(text: str) -> str:
    """Text fit for a terminal: what could steer it or turn its reading order is shown as a mark.

    C0 (but LF and tab) and DEL become control pictures, C1, bidi controls and line separators their number in
    brackets, a lone surrogate U+FFFD. Everything else stays, so nothing that was written is hidden.
    """
    return HARMFUL.sub(_mark, text)


def _mark(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return f"\u27e8{code:04X}\u27e9"


def _nfc(text: str) -> str:
    # Normalising sorts each run of combining marks in quadratic time: long text goes in pieces.
    if len(text) <= 1000:
        return unicodedata.normalize("NFC", text)
    return "".join(unicodedata.normalize("NFC", piece) for piece in _PIECE.findall(text))
