"""The throw-away desk is a whole one: mail in, tickets, receipts kept in a folder, nothing that leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk, open_desk
from helpdeskctl.operations import demo
from helpdeskctl.queries import portal_articles
from helpdeskctl.store.tables import Link, Mailbox, Message, Quarantine, Ticket


@pytest.fixture
def demo_desk(tmp_path: Path) -> Iterator[Desk]:
    """A furnished demo desk with its mail taken in."""
    desk = open_desk(demo.prepare(tmp_path, listen="127.0.0.1:9"), check_schema=False)
    with desk.connected():
        demo.furnish(desk, portal_url="http://127.0.0.1:9")
        demo.take_in_samples(desk)
        yield desk


def test_the_sample_mails_become_tickets_threads_and_a_quarantined_bounce(demo_desk: Desk) -> None:
    first = Ticket.get(Ticket.id == 1001)
    assert first.subject == "Printer on fire"
    assert [m.automatic for m in Message.select().where(Message.ticket_id == 1001).order_by(Message.id)] == [
        False,
        False,
        True,
    ]
    assert Quarantine.get().reason == "backscatter"


def test_the_stranger_among_them_gets_a_ticket_of_its_own_that_may_belong(demo_desk: Desk) -> None:
    stranger = Ticket.get(Ticket.requester_address == "mallory@elsewhere.example")
    assert Message.select().where(Message.ticket_id == stranger.id).count() == 1
    assert Link.get(Link.kind == "may_belong").ticket_id == stranger.id


def test_every_mailbox_of_it_sends_into_the_folder(demo_desk: Desk) -> None:
    keeper = demo_desk.config.paths.data / "keep-mail"
    assert {box.smtp_url for box in Mailbox.select()} == {f"sendmail:{keeper}"}
    assert {box.imap_url for box in Mailbox.select()} == {None}


def test_its_articles_are_read_in_two_languages(demo_desk: Desk) -> None:
    reader = portal_articles.reader_of(None)
    for language, title in (("en", "The printer smokes"), ("de", "Der Drucker raucht")):
        assert portal_articles.page(demo_desk, reader, "smoke", language).text.title == title
