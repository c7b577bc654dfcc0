"""What stands in an answer: signatures, canned replies, templates, links, files."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain import references
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import InvalidInput, NotFound, NotPermitted, Refused
from helpdeskctl.operations import files, forwards, outbox, replies
from helpdeskctl.operations.replies import Reply
from helpdeskctl.store.tables import (
    CannedReply,
    Contact,
    Department,
    Mailbox,
    Message,
    OutgoingMail,
    Setting,
    Signature,
    SignatureGrant,
    Template,
)
from tests.builders import Builder
from tests.outgoing import opened, row, sent_by, text_of
from tests.servers.smtp import SmtpSink


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
