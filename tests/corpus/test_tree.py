"""The tree of parts beside the one that Python's own parser finds."""

from __future__ import annotations

import email
from collections.abc import Iterator
from email.message import Message

from helpdeskctl.mail.headers import split
from helpdeskctl.mail.parts import Part, Tree
from tests.corpus.conftest import Cases, Figure

Leaf = tuple[str, bytes | None]


def comparable(content_type: str, content: bytes | None) -> Leaf:
    """Attached mails are leaves to us; line ends at the edges belong to nobody."""
    if content_type.startswith("message/") or content is None:
        return content_type, None
    return content_type, content.replace(b"\r\n", b"\n").strip()


def ours(part: Part) -> Iterator[Leaf]:
    if not part.children:
        yield comparable(part.content_type, part.content)
    for child in part.children:
        yield from ours(child)


def pythons(message: Message) -> Iterator[Leaf]:
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        for child in message.get_payload():
            yield from pythons(child)  # type: ignore[arg-type]  # is_multipart says they are messages
    else:
        payload = None if message.is_multipart() else message.get_payload(decode=True)
        yield comparable(message.get_content_type(), payload if isinstance(payload, bytes) else None)


def test_the_parts_of_real_mail_are_those_of_the_standard_library(cases: Cases, record_property: Figure) -> None:
    same = total = 0
    for kind in ("robust", "parsed", "bounces"):
        for _, raw, _ in cases(kind):
            if b"\n" not in raw or raw[:5] in (b"From ", b">From"):
                continue  # these the standard library does not read
            total += 1
            same += list(ours(Tree(raw).root(split(raw)))) == list(pythons(email.message_from_bytes(raw)))
    record_property("figure", f"tree:    {'as the library':20} {same:5} of {total:5}  {same / total:6.1%}")
    assert same / total > 0.96
