from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from helpdeskctl.mail.bounds import MAX_BYTES, MAX_DEPTH, MAX_HTML_CHARACTERS, MAX_TEXT_CHARACTERS, Bomb
from helpdeskctl.mail.parse import identity, parse


def nested(depth: int) -> bytes:
    return b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(depth)) + b"\nx"


def parts(count: int) -> bytes:
    return b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * count


@pytest.mark.parametrize(
    ("bomb", "reason"),
    [
        (nested(1_000), "levels of parts"),
        (parts(100_000), "parts"),
        (b"X: " + b"a" * 50_000_000, "bytes in one header"),
        (b"X: a\n" * 100_000, "header fields"),
        (b"X: a\n" + b"stray\n" * 100_000 + b"From: x\n\n", "header fields"),
        (b"To: " + b"a@b.example, " * 10_000 + b"\n\nx", "recipients"),
        (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--bx\n" * 200_000, "lines like a boundary"),
        (bytes(MAX_BYTES + 1), "bytes"),
    ],
)
def test_a_mail_over_a_bound_is_put_aside_with_the_bound_named(bomb: bytes, reason: str) -> None:
    with pytest.raises(Bomb) as caught:
        parse(bomb)
    assert caught.value.reason.partition(",")[0].endswith(reason)
    assert len(identity(bomb)) == 32


def test_what_real_mail_needs_is_within_bounds() -> None:
    assert parse(nested(MAX_DEPTH - 1)).text == "x"
    assert len(parse(parts(900)).text.split()) == 900


def test_the_bound_of_a_body_holds_for_all_its_parts_together() -> None:
    page = b"Content-Type: text/html\n\n" + b"<p>hello</p>" * 50_000
    log = b"Content-Type: text/plain\n\n" + b"line\n" * 150_000
    mail = parse(
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"".join(b"--b\n%b\n" % part for part in [page, log] * 4)
    )
    assert len(mail.text) < 2 * MAX_TEXT_CHARACTERS
    assert len(mail.html or "") < 3 * MAX_HTML_CHARACTERS
    assert [part.filename for part in mail.attachments] == ["message.html", "message.txt"] * 3


def words(n: int) -> bytes:
    return b"Subject: " + b"=?utf-8?q?a=20b?= " * (n // 20) + b"\n\nx"


GROWING: dict[str, Callable[[int], bytes]] = {
    "encoded words": words,
    "unfinished words": lambda n: b"Subject: " + b"=?a?q?" * (n // 6) + b"?=\n\nx",
    "words without end": lambda n: b"Subject: =?utf-8?q?" + b"=?" * (n // 2) + b"\n\nx",
    "quotes in addresses": lambda n: b"From: " + b'"' * n + b"\n\nx",
    "escaped quotes": lambda n: b'From: "' + b'\\"' * (n // 2) + b"\n\nx",
    "comments": lambda n: b"From: " + b"(" * n + b"\n\nx",
    "commas": lambda n: b"To: " + b"a," * (n // 2) + b"\n\nx",
    "angles": lambda n: b"To: " + b"<" * n + b"\n\nx",
    "colons": lambda n: b"To: " + b"a:" * (n // 2) + b";\n\nx",
    "references": lambda n: b"References: " + b"<a@b>" * (n // 5) + b"\n\nx",
    "open references": lambda n: b"References: " + b"<" * n + b"\n\nx",
    "parameters": lambda n: b"Content-Type: text/plain" + b";a=b" * (n // 4) + b"\n\nx",
    "quoted parameters": lambda n: b"Content-Type: text/plain; a=" + b'"\\' * (n // 2) + b"\n\nx",
    "continued parameters": lambda n: (
        b"Content-Type: text/plain" + b"".join(b";a*%d=b" % k for k in range(n // 8)) + b"\n\nx"
    ),
    "lines that are no fields": lambda n: b"A: b\n" + b"junk\n" * (n // 5) + b"From: x\n\nx",
    "beginnings of uuencode": lambda n: b"Content-Transfer-Encoding: x-uuencode\n\n" + b"begin 644 a\n" * (n // 12),
    "flowed lines": lambda n: b"Content-Type: text/plain; format=flowed\n\n" + b"a \n" * (n // 3),
    "quote marks": lambda n: b"\n\nhi\n" + b"> x\n" * (n // 4),
    "quote marks in a line": lambda n: b"\n\nhi\n" + b">" * n,
    "attributions": lambda n: b"\n\nhi\n" + b"On 1.1.2026 10:00 a@b said:\n" * (n // 28),
    "words of On": lambda n: b"\n\n" + b"On a a a " * (n // 9) + b"wrote:",
    "empty lines": lambda n: b"\n\nhi" + b"\n" * n,
    "headers in text": lambda n: b"\n\nhi\n" + b"From: a\n\n" * (n // 9),
    "combining marks": lambda n: b"Content-Type: text/plain; charset=utf-8\n\n" + "\u0301\u0327".encode() * (n // 4),
    "base64 padding": lambda n: b"Content-Transfer-Encoding: base64\n\n" + b"YQ==" * (n // 4),
    "delivery status": lambda n: b"Content-Type: message/delivery-status\n\n" + b"\n\nx" * (n // 3),
    "junk in a delivery status": lambda n: b"Content-Type: message/delivery-status\n\n" + b"junk\n" * (n // 5),
    "japanese shifts": lambda n: b"Content-Type: text/plain; charset=iso-2022-jp\n\n" + b"\x1b$B-!" * (n // 5),
    **{
        f"HTML of {unit}": lambda n, unit=unit: b"Content-Type: text/html\n\n" + unit.encode() * (n // len(unit))
        for unit in (
            "<",
            "<!--",
            "<a ",
            "&",
            "&a",
            "&#",
            "<p a='",
            "<![CDATA[",
            "<li>",
            "<p>",
            "<div>",
            "<a href=x>",
            "<b>x</b>",
            "<table>",
            "<td>x",
            "<style>",
            "<pre>\n",
            "<blockquote>",
            "x<br>",
        )
    },
}


def seconds(mail: bytes) -> float:
    """Seconds of CPU for one reading, the better of two."""
    best = float("inf")
    for _ in range(2):
        start = time.process_time()
        with suppress(Bomb):
            parse(mail)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("hostile", GROWING)
def test_eight_times_the_mail_takes_about_eight_times_as_long(hostile: str) -> None:
    small, large = 25_000, 200_000
    calm = statistics.median(seconds(b"Subject: x\n\n" + b"calm text\n" * (small // 10)) for _ in range(3))
    # Quadratic work would take 64 times as long. What is over in no time needs no ratio.
    assert seconds(GROWING[hostile](large)) < 20 * max(seconds(GROWING[hostile](small)), calm)
