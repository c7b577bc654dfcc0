"""Answers end to end: what an agent writes, what leaves through a real SMTP server, what the ticket remembers."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain import references
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.errors import InvalidInput, NewerMessages, NotFound, NotPermitted, Refused
from helpdeskctl.mail import named
from helpdeskctl.mail.parse import parse
from helpdeskctl.operations import drafts, forwards, messages, outbox, replies
from helpdeskctl.operations.drafts import Draft
from helpdeskctl.operations.forwards import Forward
from helpdeskctl.operations.replies import Note, Reply
from helpdeskctl.store.tables import (
    Agent,
    Department,
    Event,
    Mailbox,
    Message,
    MessageReference,
    OutgoingMail,
    Participant,
    Signature,
)
from tests.builders import Builder
from tests.outgoing import CUSTOMER_ID, opened, row, sending, sent_by, state_of, status_of, text_of
from tests.servers.smtp import SmtpSink


def test_a_reply_threads_signs_quotes_and_sets_the_status(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    signature = Signature.insert(
        key="support", department_id=build.department(), body="{{agent.name}} · {{department.name}}"
    ).execute()
    Department.update(signature_id=signature).where(Department.key == "support").execute()
    number = opened(build, subject="Printer on fire", body="It is smoking again.")
    sent = replies.reply(desk, ann, number, Reply(body="Use the\nextinguisher."))
    assert (sent.number, sent.to, sent.status, sent.held_until) == (number, ("alice@acme.example",), "answered", None)
    (taken,) = sent_by(desk, smtp)
    mail = taken.message
    assert mail["Subject"] == f"Re: [Support#{number}] Printer on fire"
    assert mail["In-Reply-To"] == CUSTOMER_ID
    assert mail["References"].split() == [mail["Message-ID"], CUSTOMER_ID]
    assert mail["From"].addresses[0].display_name == "Support"
    assert mail["Auto-Submitted"] is None
    text = text_of(taken)
    assert text.index("Use the\nextinguisher.") < text.index("\n-- \nAnn · Support\n") < text.index("> It is smoking")
    assert "On 10 March 2026 at 09:00, Alice wrote:\n> It is smoking again." in text
    message = Message.get(Message.id == sent.message_id)
    assert (message.kind, message.direction, message.author_name) == ("reply", "out", "Ann")
    assert (message.mail_id, message.recipients) == (mail["Message-ID"], {"to": ["alice@acme.example"], "cc": []})
    ticket = row(number)
    assert (status_of(number), ticket.waiting_since) == ("answered", None)
    assert Agent.get(Agent.address == "ann@example.org").last_signature_id == signature
    verbs = [event.verb for event in Event.select().where(Event.ticket_id == number).order_by(Event.id)]
    assert verbs == [Verb.REPLIED, Verb.STATUS]


def test_the_customers_answer_carries_our_token_back(desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink) -> None:
    number = opened(build)
    sent = replies.reply(desk, ann, number, Reply(body="Hello"))
    (taken,) = sent_by(desk, smtp)
    ours = str(taken.message["Message-ID"])
    answer = parse(
        f"From: alice@acme.example\r\nIn-Reply-To: {ours}\r\nReferences: {CUSTOMER_ID} {ours}\r\n\r\nThanks".encode()
    )
    token, _ = next(named.tokens(answer, outbox.token_keys(desk)))
    assert (token.ticket, token.message) == (number, sent.message_id)
    known = MessageReference.get(MessageReference.id_sha256 == messages.hash_of_id(ours))
    assert (known.message_id, known.ours) == (sent.message_id, True)
    assert len(ours.partition("@")[0].strip("<")) <= 64


def test_every_answer_stands_in_the_chain_with_the_customers_last_mail_as_parent(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    number = opened(build)
    replies.reply(desk, ann, number, Reply(body="One"))
    second = build.message(number, "Still burning.", mail_id="<second@mail.acme.example>")
    assert second
    replies.reply(desk, ann, number, Reply(body="Two"))
    first, last = sent_by(desk, smtp)
    assert last.message["In-Reply-To"] == "<second@mail.acme.example>"
    assert last.message["References"].split() == [
        last.message["Message-ID"], CUSTOMER_ID, first.message["Message-ID"], "<second@mail.acme.example>",
    ]  # fmt: skip
    assert "> Still burning." in text_of(last) and "smoking" not in text_of(last)


def test_what_a_message_quotes_itself_is_not_quoted_again(desk: Desk, build: Builder, ann: Actor) -> None:
    number = opened(build)
    build.message(number, "Mine.\n> theirs\n> too\nBye", folds=[["quote", 1, 2]])
    replies.reply(desk, ann, number, Reply(body="Hello"))
    text = OutgoingMail.get().content["text"]
    assert "> Mine.\n> Bye" in text and "theirs" not in text


def test_outlook_sized_ids_reach_the_customer_unbroken(desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink) -> None:
    number = opened(build)
    long = [f"<{n}{'A1B2' * 22}@AM0PR01MB1234.eurprd01.prod.exchangelabs.com>" for n in range(9)]
    for each in long:
        build.message(number, "More.", mail_id=each)
    replies.reply(desk, ann, number, Reply(body="Hello"))
    (taken,) = sent_by(desk, smtp)
    head = taken.data.split(b"\r\n\r\n")[0]
    assert b"=?" not in head
    assert parse(taken.data).references[-1] == long[-1]
    assert set(long) <= set(parse(taken.data).references)


def test_two_databases_of_keys_do_not_share_tokens(desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink) -> None:
    replies.reply(desk, ann, opened(build), Reply(body="Hello"))
    (taken,) = sent_by(desk, smtp)
    foreign = references.TokenKeys("a", {"a": b"another key of 32 bytes ........"})
    assert references.in_message_id(str(taken.message["Message-ID"]), foreign) is None


def test_notes_and_blind_copies_never_appear_in_any_mail(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    number = opened(build)
    note = replies.note(desk, ann, number, Note(body="canary-note: he never pays"))
    new = Reply(body="Hello", cc=["boss@acme.example"], bcc=["canary-bcc@x.example"])
    reply = replies.reply(desk, ann, number, new)
    build.message(number, "Thanks.")
    replies.reply(desk, ann, number, Reply(body="Again"))
    forwards.forward(desk, ann, number, Forward(to=["maker@printers.example"]))
    forwards.resend(desk, ann, number, reply.message_id)
    with pytest.raises(Refused, match="internal: it never leaves"):
        forwards.forward(desk, ann, number, Forward(to=["maker@printers.example"], message=note))
    taken = sent_by(desk, smtp)
    assert len(taken) == 4
    assert [mail for mail in taken if b"canary" in mail.data] == []
    assert [mail.rcpt_tos for mail in smtp.to("canary-bcc@x.example")] == [
        ("alice@acme.example", "boss@acme.example", "canary-bcc@x.example")
    ]
    assert "canary" not in str([m.recipients for m in Message.select()])


def test_a_copy_joins_the_ticket_and_gets_later_mail_a_blind_one_does_not(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    number = opened(build)
    replies.reply(desk, ann, number, Reply(body="One", cc=["Boss@acme.example"], bcc=["spy@x.example"]))
    replies.reply(desk, ann, number, Reply(body="Two"))
    replies.reply(desk, ann, number, Reply(body="Three", only_requester=True))
    assert [taken.rcpt_tos for taken in sent_by(desk, smtp)] == [
        ("alice@acme.example", "boss@acme.example", "spy@x.example"),
        ("alice@acme.example", "boss@acme.example"),
        ("alice@acme.example",),
    ]
    assert smtp.deliveries[1].message["Cc"] == "boss@acme.example"
    assert Participant.select().count() == 1


def test_our_own_addresses_and_broken_ones_cannot_be_copied_in(desk: Desk, build: Builder, ann: Actor) -> None:
    number = opened(build)
    for bad in ("support@example.org", "nonsense", "a@b.example\nRCPT TO:<x@y.example>"):
        with pytest.raises(InvalidInput):
            replies.reply(desk, ann, number, Reply(body="Hello", cc=[bad]))
        with pytest.raises(InvalidInput):
            replies.reply(desk, ann, number, Reply(body="Hello", bcc=[bad]))
    assert (OutgoingMail.select().count(), status_of(number)) == (0, "new")


def test_a_department_without_a_sending_mailbox_cannot_answer_but_note(desk: Desk, build: Builder, ann: Actor) -> None:
    number = opened(build)
    Mailbox.update(smtp_url=None).execute()
    with pytest.raises(Refused, match="department support has no mailbox that sends") as told:
        replies.reply(desk, ann, number, Reply(body="Hello"))
    assert told.value.hint == "helpdeskctl mailbox create ADDRESS --department support --server HOST"
    assert replies.note(desk, ann, number, Note(body="Ask Bob")) > 0
    assert Message.select().where(Message.kind == "reply").count() == 0


def test_an_answer_leaves_from_where_the_ticket_came_in_unless_another_is_picked(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    second = sending(desk, build, smtp, "help@example.org", from_name="Help")
    build.mailbox("billing@example.org", department="billing")
    number = opened(build, mailbox_id=second)
    replies.reply(desk, ann, number, Reply(body="One"))
    replies.reply(desk, ann, number, Reply(body="Two", mailbox="Support@example.org"))
    with pytest.raises(NotFound, match="does not send from billing@"):
        replies.reply(desk, ann, number, Reply(body="Three", mailbox="billing@example.org"))
    left_from = {text_of(taken).split("\n")[0]: taken.mail_from for taken in sent_by(desk, smtp)}
    assert left_from == {"One": "help@example.org", "Two": "support@example.org"}


def test_who_may_not_answer_changes_nothing(desk: Desk, build: Builder) -> None:
    number = opened(build)
    build.agent("reader@example.org", support="reader")
    build.agent("stranger@example.org", billing="agent")
    with pytest.raises(NotPermitted):
        replies.reply(desk, build.actor("reader@example.org"), number, Reply(body="Hello"))
    with pytest.raises(NotPermitted):
        replies.note(desk, build.actor("reader@example.org"), number, Note(body="Hello"))
    for write in (
        lambda actor: replies.reply(desk, actor, number, Reply(body="Hello")),
        lambda actor: forwards.forward(desk, actor, number, Forward(to=["x@y.example"])),
        lambda actor: drafts.save(desk, actor, number, Draft(kind="reply", content={})),
    ):
        with pytest.raises(NotFound):
            write(build.actor("stranger@example.org"))
    assert (Message.select().count(), OutgoingMail.select().count()) == (1, 0)


def test_a_reply_is_held_back_when_something_newer_arrived(desk: Desk, build: Builder, ann: Actor) -> None:
    number = opened(build)
    seen = Message.get(Message.ticket_id == number).id
    build.message(number, "Never mind!")
    with pytest.raises(NewerMessages) as told:
        replies.reply(desk, ann, number, Reply(body="Hello", if_last=seen))
    assert [message.text for message in told.value.newer] == ["Never mind!"]
    assert OutgoingMail.select().count() == 0


def test_an_empty_answer_is_refused(desk: Desk, build: Builder, ann: Actor) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        replies.reply(desk, ann, opened(build), Reply(body=" \n\t\n"))


def test_the_status_can_be_picked_and_an_unknown_one_undoes_all(desk: Desk, build: Builder, ann: Actor) -> None:
    number = opened(build)
    with pytest.raises(NotFound, match='no status "gone"'):
        replies.reply(desk, ann, number, Reply(body="Hello", status="gone"))
    assert (Message.select().count(), OutgoingMail.select().count()) == (1, 0)
    assert replies.reply(desk, ann, number, Reply(body="Hello", status="question")).status == "question"


def test_the_system_answers_in_the_departments_name(desk: Desk, build: Builder, smtp: SmtpSink) -> None:
    number = opened(build)
    sent = replies.reply(desk, SYSTEM, number, Reply(body="Hello"))
    message = Message.get(Message.id == sent.message_id)
    assert (message.agent_id, message.author_name, message.author_address) == (None, "Support", "support@example.org")
    sent_by(desk, smtp)
    assert state_of(sent.outgoing_id) == "sent"
