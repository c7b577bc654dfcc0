"""Answers end to end: what an agent writes, what leaves through a real SMTP server, what the ticket remembers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain import references
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import SYSTEM, Actor
from helpdeskctl.errors import InvalidInput, NewerMessages, NotFound, NotPermitted, Refused
from helpdeskctl.mail.parse import parse
from helpdeskctl.operations import drafts, files, forwards, messages, outbox, replies
from helpdeskctl.operations.drafts import Draft
from helpdeskctl.operations.forwards import Forward
from helpdeskctl.operations.replies import Note, Reply
from helpdeskctl.queries import drafts as saved
from helpdeskctl.store.tables import (
    Agent,
    CannedReply,
    Contact,
    Department,
    Event,
    Mailbox,
    Message,
    MessageReference,
    OutgoingMail,
    Participant,
    Setting,
    Signature,
    SignatureGrant,
    Status,
    Template,
    Ticket,
)
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.operations.test_outbox import sending, state_of
from tests.servers.smtp import Delivery, SmtpSink

CUSTOMER_ID = "<CAB123=x@mail.acme.example>"


@pytest.fixture
def build(desk: Desk, smtp: SmtpSink) -> Builder:
    """A department support with the agent ann and a mailbox that sends through the sink."""
    builder = Builder(desk)
    builder.agent("ann@example.org", support="agent")
    sending(desk, builder, smtp)
    return builder


@pytest.fixture
def ann(build: Builder) -> Actor:
    return build.actor("ann@example.org")


def opened(build: Builder, **columns: Any) -> int:
    """A ticket that came by mail, with the customer's Message-ID."""
    number = build.ticket(**columns)
    first = Message.get(Message.ticket_id == number)
    Message.update(mail_id=CUSTOMER_ID, author_name="Alice").where(Message.id == first.id).execute()
    messages.remember_id(first.id, CUSTOMER_ID, ours=False)
    return number


def sent_by(desk: Desk, smtp: SmtpSink) -> list[Delivery]:
    outbox.deliver(desk)
    return smtp.deliveries


def row(number: int) -> Ticket:
    found: Ticket = Ticket.get(Ticket.id == number)
    return found


def columns_of(number: int) -> dict[str, Any]:
    """Everything about a ticket but when it was touched last."""
    rows: Any = Ticket.select().where(Ticket.id == number).dicts()
    return {name: value for name, value in rows.get().items() if name != "updated_at"}


def status_of(number: int) -> str:
    return str(Status.get(Status.id == row(number).status_id).key)


def text_of(taken: Delivery) -> str:
    body = taken.message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


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
    assert "Alice, 2026-03-10 09:00 UTC:\n> It is smoking again." in text
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
    (token,) = references.in_references(answer.in_reply_to, answer.references, outbox.token_keys(desk))
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


@pytest.mark.parametrize(
    "hostile", ["a\nX-Injected: 1", "a\r\nBcc: x@y.example", "a\x1b]0;t\x07", "a\x00b", "a\u2028b"]
)
def test_hostile_subjects_and_names_are_answered_with_one_subject(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink, hostile: str
) -> None:
    stored = hostile if "\x00" not in hostile else "a b"  # Postgres takes no NUL: intake removed it
    number = opened(build, subject=stored)
    Contact.update(name=stored).execute()
    replies.reply(desk, ann, number, Reply(body="Hello"))
    (taken,) = sent_by(desk, smtp)
    assert taken.rcpt_tos == ("alice@acme.example",)
    assert len(taken.message.get_all("Subject", [])) == 1
    assert taken.message["X-Injected"] is None and taken.message["Bcc"] is None
    assert not set(taken.data.split(b"\r\n\r\n")[0]) & (set(range(32)) - {9, 10, 13})


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


def test_only_members_and_named_agents_may_sign_so(desk: Desk, build: Builder, ann: Actor) -> None:
    number = opened(build)
    billing = Signature.insert(key="billing", department_id=build.department("billing"), body="Billing").execute()
    with pytest.raises(NotPermitted, match="may not use signature billing"):
        replies.reply(desk, ann, number, Reply(body="Hello", signature="billing"))
    with pytest.raises(NotFound, match="no signature"):
        replies.reply(desk, ann, number, Reply(body="Hello", signature="nonsense"))
    SignatureGrant.insert(signature_id=billing, agent_id=build.agent("ann@example.org")).execute()
    replies.reply(desk, ann, number, Reply(body="Hello", signature="billing"))
    assert "-- \nBilling" in OutgoingMail.get().content["text"]


def test_the_last_signature_used_is_the_next_one_offered(desk: Desk, build: Builder, ann: Actor) -> None:
    support = build.department()
    usual = Signature.insert(key="usual", department_id=support, body="usual").execute()
    Signature.insert(key="short", department_id=support, body="short").execute()
    Department.update(signature_id=usual).where(Department.id == support).execute()
    number = opened(build)
    for new in (
        Reply(body="1"),
        Reply(body="2", signature="short"),
        Reply(body="3"),
        Reply(body="4", no_signature=True),
    ):
        replies.reply(desk, ann, number, new)
    texts = [mail.content["text"] for mail in OutgoingMail.select().order_by(OutgoingMail.id)]
    assert [text.partition("-- \n")[2].partition("\n")[0] for text in texts] == ["usual", "short", "short", ""]


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


def test_files_travel_and_too_many_do_not(desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink) -> None:
    number = opened(build)
    attached = [files.keep(desk, "C:\\tmp\\Grüße.pdf", b"%PDF"), files.keep(desk, "../../etc/a.txt", b"hi")]
    sent = replies.reply(desk, ann, number, Reply(body="See there", attachments=attached))
    (taken,) = sent_by(desk, smtp)
    found = [(part.get_filename(), part.get_content_type()) for part in taken.message.iter_attachments()]
    assert found == [("Grüße.pdf", "application/pdf"), ("a.txt", "text/plain")]
    assert forwards._files(sent.message_id) == attached
    Setting.insert(key="attachment_files", value=1).execute()
    with pytest.raises(InvalidInput, match="2 files"):
        replies.reply(desk, ann, number, Reply(body="See there", attachments=attached))


def test_a_canned_reply_is_filled_in_and_sets_what_it_says(desk: Desk, build: Builder, ann: Actor) -> None:
    CannedReply.insert(
        key="printer-safety", shortcut="ps", title="Safety", body="Dear {{contact.name}}, mind {{ticket.subject}}.",
        sets={"status": "hold", "priority": "high", "tags": ["safety"]},
    ).execute()  # fmt: skip
    number = opened(build, subject="{{agent.name}} burns")
    sent = replies.reply(desk, ann, number, Reply(canned="ps", body="PS: run."))
    body = Message.get(Message.id == sent.message_id).body
    assert body == "Dear Alice, mind {{agent.name}} burns.\n\nPS: run."
    assert (sent.status, row(number).priority, CannedReply.get().used) == ("hold", 4, 1)
    assert replies.reply(desk, ann, number, Reply(canned="ps", status="open")).status == "open"
    CannedReply.update(department_id=build.department("billing")).execute()
    with pytest.raises(NotFound, match='no canned reply "ps" here'):
        replies.reply(desk, ann, number, Reply(canned="ps"))


def test_a_departments_template_and_language_are_used(desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink) -> None:
    Template.insert(
        event="reply", language="de", department_id=build.department(),
        subject="AW: {{ticket.subject}}", body="Guten Tag\n\n{{message.text}}\n", html="<p>{{message.text}}</p>",
    ).execute()  # fmt: skip
    number = opened(build, language="de")
    replies.reply(desk, ann, number, Reply(body="<b>Hallo</b> & tschüss"))
    (taken,) = sent_by(desk, smtp)
    assert taken.message["Subject"] == f"Re: [Support#{number}] Printer on fire"
    assert text_of(taken).startswith("Guten Tag\n\n<b>Hallo</b>")
    html = taken.message.get_body(("html",))
    assert html is not None and "<p>&lt;b&gt;Hallo&lt;/b&gt; &amp; tschüss</p>" in html.get_content()


def test_the_portals_link_is_there_for_who_may_sign_in(desk: Desk, build: Builder, ann: Actor) -> None:
    Setting.insert(key="portal_url", value="https://help.example.org").execute()
    number = opened(build)
    replies.reply(desk, ann, number, Reply(body="Hello"))
    Contact.update(portal_access=True).execute()
    replies.reply(desk, ann, number, Reply(body="Hello"))
    without, with_link = (mail.content["text"] for mail in OutgoingMail.select().order_by(OutgoingMail.id))
    assert "help.example.org" not in without
    assert f"https://help.example.org/tickets/{number}?p=" in with_link


def test_a_department_that_mails_links_only_says_no_word_of_the_answer(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    Department.update(notify="link").execute()
    number = opened(build, body="canary-question")
    with pytest.raises(Refused, match="mails links only"):
        replies.reply(desk, ann, number, Reply(body="canary-answer"))
    Setting.insert(key="portal_url", value="https://help.example.org").execute()
    Contact.update(portal_access=True).execute()
    replies.reply(desk, ann, number, Reply(body="canary-answer", attachments=[files.keep(desk, "canary.txt", b"x")]))
    (taken,) = sent_by(desk, smtp)
    assert b"canary" not in taken.data
    assert f"https://help.example.org/tickets/{number}?p=" in text_of(taken)


def test_plus_addresses_and_body_markers_carry_the_token_where_switched_on(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    Mailbox.update(plus_tokens=True, body_marker=True).execute()
    number = opened(build)
    replies.reply(desk, ann, number, Reply(body="Hello"))
    (taken,) = sent_by(desk, smtp)
    keys = outbox.token_keys(desk)
    by_marker = references.in_body(text_of(taken), keys)
    assert [token.ticket for token in by_marker] == [number]
    reply_to = taken.message["Reply-To"]
    assert reply_to is None or references.in_address(str(reply_to), keys) == by_marker[0]


# --- taking back


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


# --- forwarding, sending once more


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


# --- notes and drafts


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
    assert [draft.number for draft in saved.all_mine(desk, bob)] == [number]
    assert drafts.discard(desk, bob, number) and not drafts.discard(desk, bob, number)


def test_the_system_answers_in_the_departments_name(desk: Desk, build: Builder, smtp: SmtpSink) -> None:
    number = opened(build)
    sent = replies.reply(desk, SYSTEM, number, Reply(body="Hello"))
    message = Message.get(Message.id == sent.message_id)
    assert (message.agent_id, message.author_name, message.author_address) == (None, "Support", "support@example.org")
    sent_by(desk, smtp)
    assert state_of(sent.outgoing_id) == "sent"
