"""Help articles go into a reply as a link or as text, and only what its reader may open (KB-3)."""

from __future__ import annotations

from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import NotFound, Refused
from helpdeskctl.operations import articles, replies, settings, setup
from helpdeskctl.operations.articles import Wanted
from helpdeskctl.operations.replies import Reply
from helpdeskctl.queries import article_inserts
from helpdeskctl.store.tables import Message
from tests.builders import Builder

ANN = "alice@acme.example"


@pytest.fixture
def ticket(desk: Desk) -> int:
    """A request of alice, whose mails are German, on a desk with a portal."""
    build = Builder(desk)
    build.mailbox()
    build.contact(ANN, language="de")
    setup.create(desk, SYSTEM, "article_category", "printing", {"name": "Printing"})
    settings.put(desk, SYSTEM, "portal_url", "https://help.example.org")
    return build.ticket("Smoke", requester=ANN)


def write(desk: Desk, title: str, **wanted: Any) -> str:
    whole = {"title": title, "body": "Unplug it.\n", "category": "printing", "status": "published", **wanted}
    return articles.create(desk, SYSTEM, None, Wanted(**whole)).key


def test_a_reply_carries_the_link_or_the_text_below_what_was_written(desk: Desk, ticket: int) -> None:
    key = write(desk, "If it smokes")
    german = Wanted(title="Wenn es raucht", body="Stecker ziehen.", language="de")
    articles.edit(desk, SYSTEM, key, german)
    new = Reply(body="Hello,", articles=[key], article_texts=[key], no_signature=True)
    sent = replies.reply(desk, SYSTEM, ticket, new)
    said = Message.get(Message.id == sent.message_id).body
    assert said == f"Hello,\n\nStecker ziehen.\n\nWenn es raucht\nhttps://help.example.org/kb/de/{key}"


def test_what_the_requester_may_not_read_is_neither_offered_nor_sent(desk: Desk, ticket: int) -> None:
    shown = write(desk, "For everybody")
    kept = [write(desk, "A draft", status="draft"), write(desk, "For members", audience="signed-in")]
    assert [each.key for each in article_inserts.offered(desk, ticket)] == [shown]
    for key in [*kept, "nothing"]:
        with pytest.raises(NotFound, match="may read"):
            replies.reply(desk, SYSTEM, ticket, Reply(articles=[key], no_signature=True))


def test_without_an_address_of_the_portal_there_is_no_link_but_the_text(desk: Desk, ticket: int) -> None:
    key = write(desk, "If it smokes")
    settings.unset(desk, SYSTEM, "portal_url")
    with pytest.raises(Refused, match="no address"):
        replies.reply(desk, SYSTEM, ticket, Reply(articles=[key], no_signature=True))
    replies.reply(desk, SYSTEM, ticket, Reply(article_texts=[key], no_signature=True))
    assert Message.select().order_by(Message.id.desc()).get().body == "Unplug it."
