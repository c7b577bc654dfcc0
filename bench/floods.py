"""Hostile input for the parsers of mail: nests and floods of any size, and the bombs of mail.

A flood repeats one unit; a nest opens without closing, or opens and closes. Every parser gets them all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

Make = Callable[[int], bytes]
"""Input of about so many bytes."""

_UNITS = (
    *(
        " ",
        "\t",
        "\n",
        " \n",
        "\n\n",
        "\r\n",
        "\n ",
        "\x00",
        "\x1b$B",
        "a",
        "a ",
        "A1 ",
        "0",
        ".",
        "-",
        "_",
        "=",
        "==",
        "/",
    ),
    *(
        ",",
        ", ",
        ";",
        ":",
        "::",
        "a:",
        "'",
        '"',
        '""',
        "\\",
        '\\"',
        "(",
        ")",
        "()",
        " (",
        "<",
        ">",
        "<>",
        "@",
        "a@",
        "@a.",
        "[",
        "]",
    ),
    *(
        "a@b.example ",
        "<a@b.example>",
        "<a@b.example>,\n ",
        "a@b.example:\n550 5.1.1 no\n",
        "a.",
        "a-",
        "a=b;",
        "a*0=b; ",
    ),
    *(
        "=?",
        "?=",
        "=?utf-8?q?a?= ",
        "=?utf-8?b?YQ==?=\n ",
        "=?a?q?",
        "=XX",
        "=\n",
        "YQ==",
        "YQ",
        "%41",
        "&",
        "&a",
        "&#x41;",
    ),
    *("--b\n", "--b--\n", "\n--b\n\n", "b=b; ", ">", "> ", "> a\n", ">\n\n", "On a ", "On 1.1.2026 a@b wrote:\n"),
    *(
        "From: a@b\n",
        "From: a\nTo: b\n",
        "Date: 1.1.2026 ",
        "wrote: ",
        "-- \n",
        "---\n",
        "-----a-----\n",
        "Sent from my a\n",
    ),
    *(
        "Received: x\n",
        "Feedback-Type: x\n",
        "Message-ID: <a@b>\n",
        "<a>",
        "1.1.2026 ",
        "10:00 ",
        "5.1.1 ",
        "550 ",
        "your message ",
    ),
    *(
        "message to ",
        "delivery to ",
        "mailbox ",
        "background:",
        "url(",
        "re: ",
        "auto ",
        "automatic ",
        "quota",
        "é",
        "\u0301",
        "ß ",
    ),
    *(
        "<p>",
        "</p>",
        "<div>",
        "<div></div>",
        "<b>",
        "<b>x</b>",
        "<a href=x>",
        "<!--",
        "-->",
        "<table><tr><td>",
        "<td>x",
        "<li>",
    ),
    *(
        "<ul><li>",
        "<pre>\n",
        "<style>",
        "<blockquote>",
        "<img src=cid:x>",
        "<p style='background:url(x)'>",
        "<p a='",
        "<![CDATA[",
    ),
)
_SEED, _COMBINED = 7, 24


def _repeated(unit: str) -> Make:
    data = unit.encode()
    return lambda size: data * (size // len(data))


def floods() -> Iterator[tuple[str, Make]]:
    """Every unit, and combinations of two to four of them, always the same."""
    yield from ((repr(unit), _repeated(unit)) for unit in _UNITS)
    dice = random.Random(_SEED)
    for _ in range(_COMBINED):
        unit = "".join(dice.choices(_UNITS, k=dice.randint(2, 4)))
        yield repr(unit), _repeated(unit)


def nests() -> Iterator[tuple[str, Make]]:
    """As many openings as closings, one within the other."""
    pairs = (("(", ")"), ("<", ">"), ('"(', ')"'), ("<div>", "</div>"), ("<b>", "</b>"), ("<ul><li>", "</li></ul>"))
    more = (("<table><tr><td>", "</td></tr></table>"), ("<blockquote>", "</blockquote>"), ("[", "]"), ('{"a":', "}"))
    for opening, closing in pairs + more:
        yield f"nest of {opening}", _nested(opening.encode(), closing.encode())
    yield "multiparts", lambda size: multiparts(size // 60)


def _nested(opening: bytes, closing: bytes) -> Make:
    return lambda size: opening * (size // len(opening + closing)) + b"x" + closing * (size // len(opening + closing))


def multiparts(depth: int) -> bytes:
    """A mail of so many multiparts, one within the other."""
    return b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(depth)) + b"\nx"


def bombs() -> Iterator[tuple[str, bytes]]:
    """Mails that ask for more than any real mail does, whole, at the size at which others broke down."""
    head = b"From: eve@evil.example\nSubject: x\n"
    yield "1,000 nested multiparts", head + multiparts(1_000)
    yield "100,000 parts", head + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000
    yield "20,000 encoded words", b"Subject: " + b"=?utf-8?q?a=20b?= " * 20_000 + b"\n\nx"
    yield "a header of 50 MB", head + b"X: " + b"a" * 50_000_000 + b"\n\nx"
    yield "10,000 recipients", head + b"To: " + b"a@b.example, " * 10_000 + b"\n\nx"
    yield "an archive that unpacks to terabytes", head + _attached(b"PK\x03\x04" + bytes(42_000))
    yield "1 MB of nested <div>", head + b"Content-Type: text/html\n\n" + b"<div>" * 200_000
    yield "60 MB of text", head + b"\n" + b"line\n" * 12_000_000


def _attached(content: bytes) -> bytes:
    part = b"Content-Type: application/zip; name=42.zip\nContent-Transfer-Encoding: binary\n\n" + content
    return b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\n" + part + b"\n--b--\n"
