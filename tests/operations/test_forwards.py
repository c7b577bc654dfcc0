"""Taking back, forwarding, sending once more; notes and drafts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain import references
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import InvalidInput, NotFound, Refused
from helpdeskctl.operations import drafts, files, forwards, outbox, replies
from helpdeskctl.operations.drafts import Draft
from helpdeskctl.operations.forwards import Forward
from helpdeskctl.operations.replies import Note, Reply
from helpdeskctl.queries import drafts as saved
from helpdeskctl.store.tables import (
    Event,
    Message,
    OutgoingMail,
)
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.outgoing import columns_of, opened, row, sent_by, status_of, text_of
from tests.servers.smtp import SmtpSink


def test_a_held_reply_taken_back_leaves_no_trace_but_history_and_a_draft(
    desk: Desk, clock: SteppedClock, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    number = opened(build)
    before = columns_of(number)
    clock.advance(60)
    attached = files.keep(desk, "a.txt", b"hi")
    sent = replies.reply(
        desk, ann, number, Reply(body="Wrong!", bcc=["b@x.example"], attachments=[attached], undo_seconds=10)
    )
    assert sent.held_until == clock.now + timedelta(seconds=10)
    clock.advance(9)
    draft = replies.undo(desk, ann, sent.outgoing_id)
    clock.advance(60)
    assert sent_by(desk, smtp) == []
    after = columns_of(number)
    assert after == before
    assert Message.get_or_none(Message.id == sent.message_id) is None
    assert (draft.content["body"], draft.content["bcc"]) == ("Wrong!", ["b@x.example"])
    assert draft.content["attachments"][0]["sha256"] == attached.sha256
    kept = saved.mine(desk, ann, number)
    assert kept is not None and kept.content == draft.content
    verbs = [event.verb for event in Event.select().where(Event.ticket_id == number).order_by(Event.id)]
    assert verbs == [Verb.REPLIED, Verb.STATUS, Verb.CANCELLED, Verb.STATUS]


def test_a_reply_that_left_cannot_be_taken_back(
    desk: Desk, clock: SteppedClock, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    number = opened(build)
    sent = replies.reply(desk, ann, number, Reply(body="Hello", undo_seconds=10))
    clock.advance(10)
    assert len(sent_by(desk, smtp)) == 1
    with pytest.raises(Refused, match="cannot be taken back: it is sent"):
        replies.undo(desk, ann, sent.outgoing_id)
    assert Message.get_or_none(Message.id == sent.message_id) is not None


def test_what_a_customer_wrote_meanwhile_stays_when_a_reply_is_taken_back(
    desk: Desk, build: Builder, ann: Actor
) -> None:
    number = opened(build)
    sent = replies.reply(desk, ann, number, Reply(body="Wrong!", undo_seconds=10))
    build.message(number, "Thanks!")
    replies.undo(desk, ann, sent.outgoing_id)
    assert status_of(number) == "answered"
    assert [m.body for m in Message.select().order_by(Message.id)] == ["It is smoking again.", "Thanks!"]


def test_a_forwarded_message_goes_with_its_files_and_the_customer_sees_nothing_of_it(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    number = opened(build, body="It is smoking.")
    first = Message.get(Message.ticket_id == number).id
    build.attachment(first, "photo.jpg", b"jpeg")
    sent = forwards.forward(desk, ann, number, Forward(to=["maker@printers.example"], body="Can you help?"))
    (taken,) = sent_by(desk, smtp)
    assert taken.rcpt_tos == ("maker@printers.example",)
    assert taken.message["Subject"] == f"Fwd: [Support#{number}] Printer on fire"
    assert taken.message["In-Reply-To"] is None
    text = text_of(taken)
    assert (
        text.startswith("Can you help?\n") and "It is smoking." in text and "From: Alice <alice@acme.example>" in text
    )
    assert [part.get_filename() for part in taken.message.iter_attachments()] == ["photo.jpg"]
    kept = Message.get(Message.id == sent.message_id)
    assert (kept.direction, status_of(number)) == ("internal", "new")
    assert row(number).waiting_since is not None
    with pytest.raises(NotFound):
        forwards.forward(desk, ann, number, Forward(to=["x@y.example"], message=first + 1000))
    with pytest.raises(InvalidInput):
        forwards.forward(desk, ann, number, Forward(to=[]))


def test_a_mail_sent_once_more_is_the_same_mail_with_an_id_of_its_own(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    number = opened(build)
    sent = replies.reply(desk, ann, number, Reply(body="Hello", cc=["boss@acme.example"]))
    forwards.resend(desk, ann, number, sent.message_id)
    forwards.resend(desk, ann, number, sent.message_id, to=["other@acme.example"])
    first, again, other = sent_by(desk, smtp)
    assert again.rcpt_tos == first.rcpt_tos and other.rcpt_tos == ("other@acme.example",)
    assert text_of(first) == text_of(again)
    ids = {str(taken.message["Message-ID"]) for taken in smtp.deliveries}
    assert len(ids) == 3
    keys = outbox.token_keys(desk)
    assert {(token.ticket, token.message) for each in ids if (token := references.in_message_id(each, keys))} == {
        (number, sent.message_id)
    }
    assert Message.select().where(Message.kind == "reply").count() == 1
    with pytest.raises(Refused, match="was not sent by this desk"):
        forwards.resend(desk, ann, number, Message.get(Message.ticket_id == number).id)


def test_a_note_changes_nothing_but_the_thread(desk: Desk, build: Builder, ann: Actor) -> None:
    number = opened(build)
    note = replies.note(desk, ann, number, Note(body="Ask Bob"))
    kept = Message.get(Message.id == note)
    assert (kept.kind, kept.direction, kept.author_name) == ("note", "internal", "Ann")
    assert (status_of(number), OutgoingMail.select().count()) == ("new", 0)
    assert row(number).waiting_since is not None


def test_a_draft_is_kept_per_agent_and_goes_when_the_answer_does(desk: Desk, build: Builder, ann: Actor) -> None:
    number = opened(build)
    build.agent("bob@example.org", support="agent")
    bob = build.actor("bob@example.org")
    for body in ("One", "Two"):
        drafts.save(desk, ann, number, Draft(kind="reply", content={"body": body}, seen_message_id=1))
    drafts.save(desk, bob, number, Draft(kind="note", content={"body": "Bob's"}))
    mine = saved.mine(desk, ann, number)
    assert mine is not None and (mine.content, mine.seen_message_id) == ({"body": "Two"}, 1)
    replies.reply(desk, ann, number, Reply(body="Two"))
    assert saved.mine(desk, ann, number) is None
    assert saved.mine(desk, bob, number) is not None
    assert drafts.discard(desk, bob, number) and not drafts.discard(desk, bob, number)
