"""Growth of every parser of mail on hostile input of doubling size: 2 is linear, 4 quadratic.

CPU time of this process, the best of several runs; what is over in no time is not judged.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from bench import floods
from helpdeskctl.domain.text import clean, clean_line
from helpdeskctl.mail import addresses, charsets, filenames, headers, markup, notices, params, quotes, returned, tnef
from helpdeskctl.mail.bounds import Bomb
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.parse import identity, parse
from helpdeskctl.mail.parts import Tree
from helpdeskctl.mail.requester import requester
from helpdeskctl.mail.rules import automatic, bounce, complaint
from helpdeskctl.mail.rules.facts import Facts, Policy
from helpdeskctl.mail.sanitize import sanitize, with_parts, with_remote
from helpdeskctl.mail.text import html_to_text, unflow

Parser = Callable[[bytes], object]
SIZES = (12_500, 25_000, 50_000, 100_000)
_RUNS = 3
_LEAST = 0.004  # seconds at the largest size below which no growth is told
_ENOUGH = 0.1  # seconds after which one run tells enough, and ten times of which no larger size is tried


def _whole(before: bytes) -> Parser:
    """The whole parser on a mail that begins with `before`."""
    return lambda flood: parse(before + flood + b"\n\nx")


def _text(work: Callable[[str], object]) -> Parser:
    return lambda flood: work(clean(charsets.decode(flood)))


def _mail_from(sender: str, subject: str = "x") -> IncomingMail:
    return parse(f"From: {sender}\nReturn-Path: <>\nSubject: {subject}\n\nx".encode())


_BOUNCE = _mail_from("MAILER-DAEMON@x.example")
_FORWARDED = _mail_from("ann@desk.example", "Fwd: x")
_JUDGED = [_mail_from(f"{name}@x.example") for name in ("postmaster", "fbl", "no-reply")]


def _judged(text: str) -> None:
    facts, policy = Facts(), Policy()
    subject = clean_line(text)[:1_000]
    for mail in (replace(each, subject=subject, text=text) for each in _JUDGED):
        for rule in (bounce, complaint, automatic):
            rule.judge(mail, facts, policy)


def _forwarded(text: str) -> None:
    requester(replace(_FORWARDED, text=text), set(), {"ann@desk.example"})


def _page(html: str) -> str:
    tamed = markup.tame(html)
    return markup.stripped(tamed) if markup.too_much(tamed) else sanitize(tamed)


PARSERS: dict[str, Parser] = {
    "header block": lambda flood: headers.split(b"From: a@b.example\n" + flood),
    "one header": lambda flood: headers.Headers(headers.split(b"X: " + flood).fields).first("x"),
    "encoded words": lambda flood: headers.decode_words(flood, "koi8-r"),
    "base64": headers.decode_base64,
    "addresses": addresses.entries,
    "parameters": lambda flood: params.parse(b"text/plain; " + flood),
    "charsets": lambda flood: [charsets.decode(flood, name) for name in ("iso-2022-jp", "utf-8", "gb18030", "hz")],
    "cleaning": _text(clean_line),
    "file names": _text(filenames.cleaned),
    "MIME tree": lambda flood: Tree(raw := b"Content-Type: multipart/mixed; boundary=b\n\n" + flood).root(
        headers.split(raw)
    ),
    "attributes of winmail.dat": lambda flood: tnef.read(b"\x78\x9f\x3e\x22\x01\x00" + flood),
    "HTML guard": _text(lambda text: markup.too_much(markup.tame(text))),
    "HTML stripped": _text(markup.stripped),
    "HTML sanitized": _text(_page),
    "remote pictures": _text(lambda text: with_parts(with_remote(_page(text)), {"x": "/x"})),
    "HTML to text": _text(lambda text: html_to_text(_page(text))),
    "flowed text": _text(lambda text: unflow(text, delete_space=True)),
    "quotes": _text(lambda text: quotes.folds(f"Hello\n{text}")),
    "quotes in a line": _text(lambda text: quotes.folds(f"Hello\n{text}".replace("\n", " ") + ":\n> x")),
    "recipients of a bounce": _text(lambda text: returned.recipients(replace(_BOUNCE, text=text))),
    "ids in a bounce": _text(lambda text: returned.message_ids(f"Message-ID: {text}")),
    "JSON notices": _text(lambda text: notices.read(headers.Headers.of(x_amz_sns_message_id="1"), text)),
    "delivery status": _whole(b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.example\n"),
    "rules of kinds": _text(_judged),
    "forwarded header": _text(_forwarded),
    "identity": identity,
    "whole mail, text": _whole(b"Subject: x\n\n"),
    "whole mail, HTML": _whole(b"Content-Type: text/html\n\n"),
    "whole mail, header": _whole(b"References: "),
}


@dataclass(frozen=True, slots=True)
class Growth:
    """Seconds of CPU at each size, and by how much one doubling multiplies them: None where all are over in no time."""

    parser: str
    flood: str
    seconds: tuple[float, ...]

    @property
    def factor(self) -> float | None:
        """The mean of the doublings; a first size that is over in no time is left out."""
        told = [each for each in self.seconds if each > _LEAST / 4]
        if len(told) < 2 or self.seconds[-1] < _LEAST:
            return None
        return float((told[-1] / told[0]) ** (1 / (len(told) - 1)))


def growths(parser: str, sizes: tuple[int, ...] = SIZES) -> Iterator[Growth]:
    """How one parser takes each flood and nest."""
    for name, make in (*floods.floods(), *floods.nests()):
        seconds: list[float] = []
        for size in sizes:
            seconds.append(_seconds(PARSERS[parser], make(size)))
            if seconds[-1] > 10 * _ENOUGH:
                break
        yield Growth(parser, name, tuple(seconds))


def _seconds(parser: Parser, flood: bytes) -> float:
    best = math.inf
    for _ in range(_RUNS):
        began = time.process_time()
        with suppress(Bomb):
            parser(flood)
        best = min(best, time.process_time() - began)
        if best < _LEAST / 4 or best > _ENOUGH:
            break
    return best


def run() -> list[dict[str, Any]]:
    """Print the worst growth of each parser and what each bomb costs."""
    print(f"  {'parser':26} {'floods':>6} {'slowest, ms':>12} {'growth':>7}  on")
    figures = [_line(parser, list(growths(parser))) for parser in PARSERS]
    print(f"\n  {'bomb':38} {'ms':>8}  outcome")
    return figures + [_bomb(name, mail) for name, mail in floods.bombs()]


def _line(parser: str, found: list[Growth]) -> dict[str, Any]:
    slowest = max(found, key=lambda each: each.seconds[-1])
    worst = max(found, key=lambda each: each.factor or 0)
    growth = f"{worst.factor:7.2f}  {worst.flood}" if worst.factor else "      -  all over in no time"
    print(f"  {parser:26} {len(found):6} {slowest.seconds[-1] * 1000:12.1f} {growth}")
    return {
        "parser": parser,
        "sizes": SIZES,
        "slowest": {"flood": slowest.flood, "seconds": slowest.seconds},
        "growth": {"flood": worst.flood, "seconds": worst.seconds, "factor": worst.factor},
    }


def _bomb(name: str, mail: bytes) -> dict[str, Any]:
    began = time.process_time()
    try:
        parse(mail)
        outcome = "read"
    except Bomb as bomb:
        outcome = f"put aside: {bomb.reason}"
    took = time.process_time() - began
    print(f"  {name:38} {took * 1000:8.1f}  {outcome}")
    return {"bomb": name, "bytes": len(mail), "seconds": took, "outcome": outcome}
