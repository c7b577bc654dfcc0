"""A seeded corpus of mails as a desk gets them: mostly new text, some HTML, replies, files, old charsets, robots."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP

_WORDS = tuple(
    "printer invoice login server please help since monday error screen order delivery password account cannot open "  # noqa: SIM905  # read as a sentence
    "the a our is not and with after before again urgent thanks attached number see below office room network".split()
)
_SHARES = (("text", 60), ("html", 15), ("reply", 15), ("file", 5), ("charset", 3), ("automatic", 2))
_FILE = 100_000  # bytes


def corpus(count: int = 1000, *, to: str = "support@example.org", seed: int = 7) -> Iterator[bytes]:
    """Yield `count` raw mails, always the same for the same seed. Replies refer to earlier mails of the corpus."""
    dice = random.Random(seed)
    kinds, weights = zip(*_SHARES, strict=True)
    sent: list[str] = []
    for n in range(count):
        kind = dice.choices(kinds, weights)[0] if sent else "text"
        mail_id = f"<bench-{seed}-{n}@customers.example>"
        yield _mail(dice, kind, n, mail_id, to=to, parent=dice.choice(sent) if sent else "")
        sent.append(mail_id)


def _mail(dice: random.Random, kind: str, n: int, mail_id: str, *, to: str, parent: str) -> bytes:
    if kind == "charset":
        return _old_charset(dice, n, mail_id, to)
    mail = EmailMessage(policy=SMTP)
    person = dice.randrange(400)
    mail["From"] = f"Person {person} <person{person}@customers{person % 40}.example>"
    mail["To"] = to
    mail["Subject"] = ("Re: " if kind == "reply" else "") + _sentence(dice, 5)
    mail["Date"] = f"Tue, 10 Mar 2026 08:{n // 60 % 60:02}:{n % 60:02} +0000"
    mail["Message-ID"] = mail_id
    text = _text(dice)
    if kind == "reply":
        mail["In-Reply-To"] = mail["References"] = parent
        text += "\n\nOn Monday somebody wrote:\n" + "".join(f"> {line}\n" for line in _text(dice).splitlines())
    if kind == "automatic":
        mail["Auto-Submitted"] = "auto-replied"
    mail.set_content(text)
    if kind == "html":
        rows = "".join(f"<p>{_sentence(dice, 12)} <b>{_sentence(dice, 3)}</b></p>" for _ in range(12))
        mail.add_alternative(f"<html><body><div>{rows}</div></body></html>", subtype="html")
    if kind == "file":
        mail.add_attachment(dice.randbytes(_FILE), maintype="image", subtype="jpeg", filename="photo.jpg")
    return mail.as_bytes()


def _old_charset(dice: random.Random, n: int, mail_id: str, to: str) -> bytes:
    subject = base64.b64encode("Grüße aus Köln".encode("latin-1")).decode()
    return (
        f"From: Bernd <bernd{n}@customers.example>\r\nTo: {to}\r\nSubject: =?iso-8859-1?B?{subject}?=\r\n"
        f"Message-ID: {mail_id}\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n"
    ).encode() + f"Schöne Grüße, {_text(dice)}".replace("\n", "\r\n").encode("latin-1")


def _text(dice: random.Random) -> str:
    return "\n".join(_sentence(dice, dice.randint(6, 14)) for _ in range(dice.randint(4, 25)))


def _sentence(dice: random.Random, words: int) -> str:
    return " ".join(dice.choice(_WORDS) for _ in range(words))
