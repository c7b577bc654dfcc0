"""Bytes of a mail to text, whatever the mail says they are. Never raises.

Only charsets on the list are used: a label can name any codec of Python, and some of those take quadratic time.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

# Labels whose writers mean more than they say (as browsers read them, WHATWG Encoding Standard).
_MEANT = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "l1": "cp1252",
    "ansi": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "hz-gb-2312": "hz",
    "gb-2312-80": "gb18030",
    "shift-jis": "cp932",
    "shift-jisx0213": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp",
    "iso-2022-jp-ms": "iso2022_jp",
    "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp",
    "x-euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "ks-c-5601-1987": "cp949",
    "ks-c-5601": "cp949",
    "ksc5601": "cp949",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "iso-8859-8-i": "cp1255",
    "iso-8859-8": "cp1255",
    "iso-8859-8-e": "cp1255",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "unicode": "utf-16",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "koi8": "koi8-r",
}
# Names as codecs.lookup gives them; a table of the codecs themselves would load fifty modules.
_USED = re.compile(
    r"utf-(?:7|8|16|16-[lb]e|32)|iso8859-\d+|cp(?:125\d|437|85[0258]|86[246]|874|932|949|950)|big5hkscs|gb18030|hz"
    r"|euc_jp|iso2022_jp|iso2022_jp_2|iso2022_kr|johab|koi8-[rut]|mac-(?:roman|cyrillic|latin2|greek|turkish)"
)
_WESTERN = "cp1252"
_JIS_SEGMENT = re.compile(rb"\x1b(\$[@B]|\(.)([^\x1b]*)", re.DOTALL)


def decode(data: bytes, charset: str | None = None) -> str:
    """The text of `data`: as declared, else UTF-8, else Windows-1252 with what remains replaced by U+FFFD."""
    if data.isascii() and b"\x1b" not in data and not _shifts(charset):
        return data.decode("ascii")
    codec = codec_of(charset)
    if codec is None or codec == _WESTERN:
        return _utf8(data) or _western(data)
    if codec == "iso2022_jp":
        return _japanese(data)
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return _mended(data, codec)


@lru_cache(maxsize=256)
def codec_of(charset: str | None) -> str | None:
    """The Python codec for a label found in a mail, or None for a label that says nothing usable."""
    label = (charset or "").strip("\"' \t;").lower().replace("_", "-")
    label = re.sub(r"^(?:x-cp|cp-|windows-?)(?=\d+$)", "cp", label)
    label = re.sub(r"^iso(?:-?)(8859|2022)-?(?=\w)", r"iso-\1-", label)
    try:
        name = codecs.lookup(_MEANT.get(label, label)).name
    except (LookupError, ValueError):
        return None
    if name in ("ascii", "iso8859-1"):
        return _WESTERN
    return name if _USED.fullmatch(name) else None


def is_default(charset: str) -> bool:
    """Whether a label says nothing of raw headers: what is tried without one, and what ASCII is no part of."""
    return codec_of(charset) in (None, _WESTERN, "utf-8") or _shifts(charset)


def looks_japanese(data: bytes) -> bool:
    """Whether raw bytes hold the escape sequences of ISO-2022-JP, which look like ASCII to everybody else."""
    return b"\x1b$" in data


def _shifts(charset: str | None) -> bool:
    return codec_of(charset) in {"utf-7", "hz", "utf-16", "utf-16-le", "utf-16-be", "utf-32"}


def _utf8(data: bytes) -> str:
    """`data` as UTF-8, or "" where it is none: text of another charset is hardly ever valid UTF-8 by chance."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""


def _western(data: bytes) -> str:
    return _japanese(data) if looks_japanese(data) else data.decode(_WESTERN, "replace")


def _mended(data: bytes, codec: str) -> str:
    """The declared codec where it fits but for a few bytes (a mail cut short), else another guess."""
    declared = data.decode(codec, "replace")
    beyond_ascii = sum(not c.isascii() for c in declared)
    if declared.count("\ufffd") * 4 <= beyond_ascii:
        return declared
    return _utf8(data) or (declared if codec.startswith("utf-16") else data.decode(_WESTERN, "replace"))


def _japanese(data: bytes) -> str:
    """ISO-2022-JP with the vendors' characters that Python's own codec refuses, by way of CP932."""
    try:
        return data.decode("iso2022_jp")
    except UnicodeDecodeError:
        if not data.isascii():
            return _utf8(data) or data.decode("cp932", "replace")
        return _JIS_SEGMENT.sub(_shift_jis, data).decode("cp932", "replace")


def _shift_jis(segment: re.Match[bytes]) -> bytes:
    escape, text = segment.groups()
    if escape == b"(I":
        return bytes(byte | 0x80 for byte in text)
    if not escape.startswith(b"$"):
        return bytes(text)
    shifted = bytearray()
    for row, cell in zip(text[::2], text[1::2], strict=False):
        lead = (row - 0x21) // 2 + 0x81
        trail = cell + (0x1F if row % 2 else 0x7E) + (row % 2 == 1 and cell > 0x5F)
        shifted += bytes(((lead + 0x40 if lead > 0x9F else lead) & 0xFF, trail & 0xFF))
    return bytes(shifted)
