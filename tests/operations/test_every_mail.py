"""Every mail in every language: through the real outbox to a real server, read back with Python's parser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from email.message import EmailMessage
from html import unescape

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain import wording
from helpdeskctl.domain.languages import LANGUAGES
from helpdeskctl.domain.templates import ACCOUNT_EVENTS, EVENTS
from helpdeskctl.operations import letters, outbox
from helpdeskctl.operations.outbox import Letter
from helpdeskctl.queries import outgoing
from helpdeskctl.queries.outgoing import Thread
from helpdeskctl.store.tables import Mailbox, OutgoingMail
from tests.builders import Builder
from tests.outgoing import opened
from tests.servers.smtp import Delivery, SmtpSink

_NAMES = {"he": "דנה כהן", "th": "สมชาย ใจดี", "de": "Jürgen Groß", "da": "Åse Østergaard", "fr": "Zoë Lefèvre"}
_SUBJECT = "המדפסת בוערת, der Drucker brennt, เครื่องพิมพ์ไฟไหม้ และมีควันออกมามากในห้องทำงานชั้นสาม"
_ENCODED = re.compile(rb"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")
_ONCE = ("Subject", "From", "To", "Date", "Message-ID", "MIME-Version", "Content-Language")


def values(language: str) -> dict[str, str | None]:
    """Something for every placeholder, in that language where it has words."""
    words = wording.of(language)
    return {
        "desk.name": "Example Support",
        "portal.url": "https://help.example.org",
        "department.name": words.statuses["open"],
        "agent.name": "Ada",
        "contact.name": _NAMES.get(language, "Ann <b>Muster</b>"),
        "contact.address": "ann@muster.example",
        "company.name": "Muster & Söhne",
        "ticket.number": "1001",
        "ticket.subject": _SUBJECT,
        "ticket.status": words.statuses["question"],
        "ticket.url": "https://help.example.org/tickets/1001?p=abcdefghijklmnopqrstuvwxyz",
        "ticket.survivor": "1002",
        "message.text": "Use the extinguisher.\n\n> Is it <hot>?\n\nשלום & สวัสดี " + "long " * 300,
        "link.url": "https://help.example.org/reset/AbCdEf0123456789AbCdEf0123456789",
        "link.code": "123456",
        "link.valid_for": words.period(timedelta(hours=72)),
        "access.until": words.day(date(2026, 12, 31)),
        "limit": words.size(25 * 1024**2),
    }


def letter(desk: Desk, number: int, event: str, language: str) -> Letter:
    """As the operations write it, with everything that may follow the text."""
    about = outgoing.about(desk, number, language=language)
    thread = outgoing.thread(desk, number) if event not in ACCOUNT_EVENTS else Thread()
    enclosed = letters.Enclosed()
    if event == "reply":
        enclosed = letters.Enclosed(signature="Ada\nExample GmbH", quotation=thread.last)
    return letters.about_ticket(desk, about, event, values(language), thread=thread, enclosed=enclosed)


def post_all(desk: Desk, build: Builder, smtp: SmtpSink, language: str) -> Mapping[str, tuple[Letter, Delivery]]:
    number = opened(build, subject="Re: Printer")
    box = Mailbox.get().id
    written = {}
    for event in EVENTS:
        written[event] = letter(desk, number, event, language)
        outbox.enqueue(desk, written[event], mailbox_id=box, event=event)
    outbox.deliver(desk)
    ids = {row.mail_id: row.event for row in OutgoingMail.select()}
    assert {row.state for row in OutgoingMail.select()} == {"sent"}
    events = [(ids[str(taken.message["Message-ID"])], taken) for taken in smtp.deliveries]
    return {event: (written[event], taken) for event, taken in events}


def parts_of(message: EmailMessage) -> list[str]:
    """The text and the HTML, in this order (RFC 2046 §5.1.4: the best last)."""
    parts = list(message.walk())
    assert [each.get_content_type() for each in parts] == ["multipart/alternative", "text/plain", "text/html"]
    return [str(part.get_content()).replace("\r\n", "\n") for part in parts[1:] if isinstance(part, EmailMessage)]


def read(html: str) -> str:
    """What the page says."""
    return unescape(re.sub(r"<[^>]*>", " ", re.sub(r"</?a\b[^>]*>", "", html)))


def words(text: str) -> list[str]:
    return re.sub(r"[>\s]+", " ", text).split()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_leaves_and_is_read_as_it_was_written(
    desk: Desk, build: Builder, smtp: SmtpSink, language: str
) -> None:
    taken = post_all(desk, build, smtp, language)
    assert set(taken) == set(EVENTS)
    direction = "rtl" if language == "he" else "ltr"
    for event, (wanted, delivery) in taken.items():
        message = delivery.message
        assert [part.defects for part in message.walk()] == [[], [], []], event
        assert {name: len(message.get_all(name, [])) for name in _ONCE} == dict.fromkeys(_ONCE, 1), event
        assert message["Subject"] == wanted.subject, event
        assert message["Content-Language"] == language
        text, html = parts_of(message)
        assert text == wanted.text.rstrip("\n") + "\n", event
        assert "{{" not in text + html
        assert html.startswith(f'<!DOCTYPE html>\n<html lang="{language}" dir="{direction}">'), event
        assert words(read(html)) == words(text), event
        assert keeps_within_the_standards(delivery.data), event


def keeps_within_the_standards(data: bytes) -> bool:
    """Lines of at most 998 octets, 78 in the head (RFC 5322 §2.1.1); encoded words of at most 75, alone on lines of at
    most 76 (RFC 2047 §2)."""
    lines = data.split(b"\r\n")
    head = lines[: lines.index(b"")]
    encoded = [line for line in head if b"=?" in line]
    short = max(map(len, lines)) <= 998 and max(map(len, head)) <= 78 and all(len(line) <= 76 for line in encoded)
    return data.isascii() and short and all(len(word) <= 75 for line in encoded for word in _ENCODED.findall(line))
