"""Mails that are small to write and dear to read (security 50), and mails in which everything is broken (51)."""

from __future__ import annotations

import io
import zipfile
from base64 import b64encode
from collections.abc import Iterator

from tests.post import letter

_MULTIPART = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary={}"


def bombs() -> dict[str, bytes]:
    """Each by its name."""
    return {
        "1,000 nested multiparts": _nested(1_000),
        "100,000 parts": _flat(100_000),
        "20,000 encoded words": letter("=?utf-8?q?x?= " * 20_000, mail_id="<words@bombs>"),
        "a header of 50 MB": letter("Long", lines="X-Long: " + "x" * 50_000_000, mail_id="<header@bombs>"),
        "a header of 20 MB": letter("Long", lines="X-Long: " + "x" * 20_000_000, mail_id="<header2@bombs>"),
        "10,000 recipients": letter(
            "All", to=", ".join(f"p{n}@acme.example" for n in range(10_000)), mail_id="<to@bombs>"
        ),
        "42.zip": _attached(_packed(6)),
    }


def broken() -> Iterator[bytes]:
    """200 mails that break one rule or several, or end where nobody would end."""
    fields = {
        "Message-ID": ["<", "<[abc@]>", "", "<a@b> <c@d>", "x" * 2000],
        "Content-Type": [
            "text/plain; charset=klingon",
            "text/plain; charset=\x00",
            "multipart/mixed",
            "/",
            'text/html; a="',
        ],
        "Date": ["never", "Fri, 31 Feb 2026 25:61:61 +9999", "Thu, 1 Jan 1970", "-1", ""],
        "From": ["[x", "a@b@c", "=?utf-8?b?/////?= <e@x.example>", "\x00 <x@y.example>", ""],
        "Content-Transfer-Encoding": ["base64", "quoted-printable", "8bit", "x-uuencode", "base65"],
        "References": ["<" * 500, ",,,", "<a b@c>", "\x1b]0;x\x07", "<x@y" * 100],
    }
    number = 0
    for name, values in fields.items():
        for value in values:
            for text in ("It is ===broken\xff\xfe=ZZ.", "PGh0bWw+=-", "--b\r\n\r\n--b"):
                number += 1
                head = "" if name == "Message-ID" else f"Message-ID: <{number}@broken.example>\r\n"
                sender = "" if name == "From" else "From: eve@beta.example\r\n"
                raw = f"{sender}{head}{name}: {value}\r\nSubject: Broken {number}\r\n\r\n{text} {number}\r\n"
                yield raw.encode("latin-1")
    whole = _attached(b"bytes " * 200)
    yield from (whole[:end] for end in range(0, len(whole), len(whole) // 105))
    yield from (
        b"\x00\xff" * 100,
        b"\r\n" * 50,
        b"no header at all\r\n",
        "From: \ud800 <s@x>\r\n\r\nx".encode("utf-8", "surrogatepass"),
    )


def _nested(levels: int) -> bytes:
    head = letter("Deep", lines=_MULTIPART.format("b0"), mail_id="<deep@bombs>").split(b"\r\n\r\n")[0]
    inner = "".join(f"--b{n - 1}\r\nContent-Type: multipart/mixed; boundary=b{n}\r\n\r\n" for n in range(1, levels))
    return head + f"\r\n\r\n{inner}--b{levels - 1}\r\n\r\nText\r\n".encode()


def _flat(parts: int) -> bytes:
    return letter("Flat", lines=_MULTIPART.format("b"), mail_id="<flat@bombs>", text="--b\r\n\r\nx\r\n" * parts)


def _attached(data: bytes) -> bytes:
    name = 'Content-Type: application/zip; name="a.zip"\r\nContent-Disposition: attachment; filename="a.zip"'
    body = f"--b\r\n\r\nSee the file.\r\n--b\r\n{name}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    coded = b64encode(data).decode()
    lines = "\r\n".join(coded[at : at + 76] for at in range(0, len(coded), 76))
    return letter("File", lines=_MULTIPART.format("b"), mail_id="<file@bombs>", text=f"{body}{lines}\r\n--b--")


def _packed(levels: int) -> bytes:
    """An archive of archives, ten in each, around ten megabytes of nothing: some ten terabytes when unpacked."""
    data = bytes(10_000_000)
    for _ in range(levels):
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{number}.zip", data)
        data = target.getvalue()
    return data
