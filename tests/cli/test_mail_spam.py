"""Verdicts of one's own mail server on the command line: the spam list, and senders that are not proven (BOX-9)."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import Mailbox
from tests.builders import Builder
from tests.cli.conftest import Answer, Call
from tests.post import Post, letter

HOST = "mx.example.org"


@pytest.fixture
def here(desk: Desk, call: Call) -> Call:
    build = Builder(desk)
    build.mailbox()
    build.agent("ann@example.org", support="lead")
    Mailbox.update(trust_headers_from=HOST).execute()

    def ran(*words: object) -> Answer:
        return call(*words, config=desk.config.path)

    return ran


@pytest.fixture
def post(desk: Desk, here: Call) -> Post:
    return Post(desk, Builder(desk))


def test_what_our_server_called_spam_is_a_ticket_in_the_spam_list_and_nobody_hears_of_it(
    here: Call, post: Post
) -> None:
    assert post.pipe(letter("Pills", lines="X-Spam-Flag: YES\nCc: bob@acme.example")) == "open"
    number = post.tickets()[0].id
    assert post.outbox() == []
    assert "Pills" not in here("ticket", "list").out
    assert f"#{number}" in here("mail", "spam", "list").out
    assert [row["number"] for row in here("mail", "spam", "list", "-o", "json").json] == [number]
    assert here("mail", "spam", "release", number).code == 0
    assert here("mail", "spam", "list", "-o", "json").json == []
    assert "Pills" in here("ticket", "list").out
    assert here("mail", "spam", "release", number, "-o", "json").json["action"] == "unchanged"


def test_its_sender_can_be_blocked_and_it_can_be_deleted_later(here: Call, post: Post) -> None:
    post.pipe(letter("Pills", lines="X-Spam: Yes"))
    number = post.tickets()[0].id
    assert here("ticket", "spam", number, "--block").code == 0
    assert post.pipe(letter("More pills")) == "quarantine"
    assert here("block", "list", "-o", "json").json[0]["allow"] is False
    assert here("ticket", "delete", number, "--confirm", number).code == 0
    assert here("mail", "spam", "list", "-o", "json").json == []


def test_where_no_server_is_named_anybody_may_say_so_and_nothing_comes_of_it(here: Call, post: Post) -> None:
    Mailbox.update(trust_headers_from=None).execute()
    post.pipe(letter("Pills", lines=f"X-Spam-Flag: YES\nAuthentication-Results: {HOST}; dmarc=fail"))
    assert here("mail", "spam", "list", "-o", "json").json == []
    assert "not proven" not in here("ticket", "show", post.tickets()[0].id).out


@pytest.mark.parametrize(("verdict", "proven"), [("fail", False), ("pass", True), ("none", None)])
def test_a_sender_that_failed_dmarc_is_named_as_not_proven(
    here: Call, post: Post, verdict: str, proven: bool | None
) -> None:
    post.pipe(letter(lines=f"Authentication-Results: {HOST}; dmarc={verdict} header.from=acme.example"))
    number = post.tickets()[0].id
    assert ("sender not proven" in here("ticket", "show", number).out) is (proven is False)
    (message,) = here("ticket", "show", number, "-o", "json").json["messages"]
    assert message["sender_proven"] is proven


def test_an_agent_s_forward_that_is_not_proven_opens_nothing_for_others(here: Call, post: Post) -> None:
    forward = {"subject": "Fwd: Printer", "sender": "ann@example.org", "text": "From: Carl <carl@c.example>\n\nHelp"}
    post.pipe(letter(**forward, lines=f"Authentication-Results: {HOST}; dmarc=fail"))
    post.pipe(letter(**forward, lines=f"Authentication-Results: {HOST}; dmarc=pass"))
    assert [ticket.requester_address for ticket in post.tickets()] == ["ann@example.org", "carl@c.example"]


def test_the_allow_list_is_listed_and_taken_away_like_a_block(here: Call) -> None:
    assert here("block", "add", "partner.example", "--allow").out == "created  allow partner.example\n"
    assert here("block", "add", "partner.example").out == "updated  block partner.example\n"
    assert here("block", "add", "partner.example", "--allow").out == "updated  allow partner.example\n"
    assert here("block", "list", "-o", "json").json[0]["allow"] is True
    assert here("block", "add", "subject:hello", "--allow").code == 65
    assert here("block", "remove", "partner.example").out == "deleted  allow partner.example\n"
