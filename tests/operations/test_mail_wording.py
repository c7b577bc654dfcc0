"""In whose language, time zone and words a mail is written, and to whom it is not."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.operations import forwards, notices, replies, setup, ticket_fields, tickets
from helpdeskctl.operations.forwards import Forward
from helpdeskctl.operations.replies import Reply
from helpdeskctl.store.tables import (
    Contact,
    Department,
    Message,
    OutgoingMail,
    Setting,
    Template,
    Ticket,
)
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.outgoing import opened, sent_by, text_of
from tests.servers.smtp import SmtpSink

_LIMIT = 25 * 1024**2


def texts() -> list[str]:
    return [mail.content["text"] for mail in OutgoingMail.select().order_by(OutgoingMail.id)]


@pytest.mark.parametrize(
    ("contact", "ticket", "department", "desks", "offered", "spoken"),
    [
        ("da", "fr", "es", "nl", None, "Hej Alice"),
        (None, "fr", "es", "nl", None, "Bonjour Alice"),
        (None, None, "es", "nl", None, "Hola, Alice"),
        (None, None, None, "nl", None, "Goedendag Alice"),
        (None, None, None, None, None, "Hello Alice"),
        ("da", "fr", None, "nl", ["nl", "fr"], "Bonjour Alice"),
        ("xx", None, None, "nl", None, "Goedendag Alice"),
    ],
)
def test_a_mail_speaks_the_contacts_language_else_the_tickets_the_departments_the_desks(
    desk: Desk, build: Builder, ann: Actor, contact: str | None, ticket: str | None, department: str | None,
    desks: str | None, offered: list[str] | None, spoken: str,
) -> None:  # fmt: skip
    if desks:
        Setting.insert(key="default_language", value=desks).execute()
    if offered:
        Setting.insert(key="languages", value=offered).execute()
    Department.update(language=department).execute()
    build.contact("alice@acme.example", language=contact)
    tickets.take(desk, ann, opened(build, language=ticket))
    (mail,) = OutgoingMail.select()
    assert mail.content["text"].startswith(spoken)


def test_a_quotation_tells_its_moment_in_the_readers_zone_else_the_desks(
    desk: Desk, build: Builder, ann: Actor, clock: SteppedClock
) -> None:
    number = opened(build)
    Setting.insert(key="timezone", value="Asia/Bangkok").execute()
    for zone, language in ((None, "th"), ("Europe/Copenhagen", "da"), ("no such/zone", "de")):
        Contact.update(timezone=zone, language=language).execute()
        replies.reply(desk, ann, number, Reply(body="Hello"))
        Message.delete().where(Message.direction == "out").execute()
    thai, danish, german = texts()
    assert "เมื่อวันที่ 10 มีนาคม 2569 เวลา 16:00 น. Alice เขียนว่า:\n> It is smoking again." in thai
    assert "Den 10. marts 2026 kl. 10.00 skrev Alice:\n>" in danish
    assert "Am 10. März 2026 um 16:00 schrieb Alice:\n>" in german


def test_a_status_is_told_in_the_readers_language_and_as_customers_are_shown_it(
    desk: Desk, build: Builder, ann: Actor
) -> None:
    build.contact("alice@acme.example", language="pt")
    number = opened(build)
    tickets.set_status(desk, ann, number, "question", notify=True)
    ticket_fields.edit(desk, ann, number, {"show_as": "hold"})
    notices.tell(desk, ann, number, "status", notify=True)
    asked, shown = texts()
    assert "agora é: Aguardamos a sua resposta." in asked
    assert "agora é: Em andamento." in shown


def test_a_template_with_html_of_its_own_gets_signature_and_quotation_into_its_page(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    own = "<html><body><h1>{{ticket.subject}}</h1>{{message.text}}</body></html>"
    Template.insert(event="reply", language="en", subject="Re: x", body="{{message.text}}", html=own).execute()
    replies.reply(desk, ann, opened(build, subject="<b>"), Reply(body="Hello <you>\nthere"))
    (taken,) = sent_by(desk, smtp)
    html = taken.message.get_body(("html",))
    assert html is not None
    page = html.get_content()
    assert "<h1>&lt;b&gt;</h1>Hello &lt;you&gt;<br>" in page
    assert page.index("Alice wrote:") < page.index("<blockquote") < page.index("</body>")
    assert page.count("<html") == page.count("</body>") == 1


def test_a_forwarded_message_is_headed_in_the_departments_language_and_the_desks_zone(
    desk: Desk, build: Builder, ann: Actor
) -> None:
    Setting.insert(key="timezone", value="Europe/Berlin").execute()
    Department.update(language="de").execute()
    build.contact("alice@acme.example", language="th")
    forwards.forward(desk, ann, opened(build), Forward(to=["maker@printers.example"], body="Können Sie helfen?"))
    assert "---------- Weitergeleitete Nachricht ----------\nVon: Alice <alice@acme.example>\n" in texts()[0]
    assert "\nDatum: 10. März 2026, 10:00\nBetreff: Printer on fire\n\nIt is smoking again." in texts()[0]


def test_a_link_that_several_people_read_names_none_of_them(desk: Desk, build: Builder, ann: Actor) -> None:
    Setting.insert(key="portal_url", value="https://help.example.org").execute()
    build.contact("alice@acme.example", portal_access=True)
    number = opened(build)
    replies.reply(desk, ann, number, Reply(body="Hello"))
    replies.reply(desk, ann, number, Reply(body="Hello", bcc=["boss@acme.example"]))
    replies.reply(desk, ann, number, Reply(body="Hello", cc=["bob@acme.example"]))
    alone, blind, copied = texts()
    assert f"/tickets/{number}?p=" in alone
    for text in (blind, copied):
        assert f"/tickets/{number}\n" in text and "?p=" not in text


def test_who_has_a_ticket_is_told_once_and_nobody_of_their_own_act(desk: Desk, build: Builder, ann: Actor) -> None:
    number = opened(build)
    tickets.take(desk, ann, number)
    tickets.set_status(desk, ann, number, "hold")
    tickets.take(desk, ann, number)
    assert len(texts()) == 1
    own = opened(build, requester="ann@example.org")
    tickets.take(desk, ann, own)
    assert len(texts()) == 1
    tickets.set_status(desk, ann, number, "hold")
    tickets.take(desk, ann, number, notify=True)
    assert len(texts()) == 2


def test_a_sender_of_too_large_a_mail_is_told_the_limit_in_their_language_and_nothing_of_theirs(
    desk: Desk, build: Builder, smtp: SmtpSink
) -> None:
    build.contact("alice@acme.example", language="fr")
    box = build.mailbox()
    for address in ("alice@acme.example", "who@x.example"):
        notices.refusal(
            desk, address, mailbox_id=box, mail_id="<canary@x>", received_at=desk.now(), limit=_LIMIT
        )  # fmt: skip
    french, other = sent_by(desk, smtp)
    assert "la limite est de 25 Mo." in text_of(french) and "25 MB is the limit" in text_of(other)
    assert {taken.mail_from for taken in (french, other)} == {"<>"}
    assert french.message["Auto-Submitted"] == "auto-replied"
    assert OutgoingMail.get().event == "too_large"


def test_where_the_null_sender_is_refused_the_mailboxs_address_stands_in(
    desk: Desk, build: Builder, smtp: SmtpSink
) -> None:
    smtp.behaviour.senders = {"<>": "550 5.7.1 no null senders"}
    notices.refusal(desk, "who@x.example", mailbox_id=build.mailbox(), mail_id=None, received_at=desk.now())
    (taken,) = sent_by(desk, smtp)
    assert taken.mail_from == "support@example.org"


def test_links_only_means_no_word_of_the_answer_in_any_language(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    Setting.insert(key="portal_url", value="https://help.example.org").execute()
    setup.edit(desk, build.actor("boss@example.org") if build.agent("boss@example.org", admin=True) else ann,
               "department", "support", {"notify": "link"})  # fmt: skip
    build.contact("alice@acme.example", language="he", portal_access=True)
    number = opened(build, body="canary-question")
    replies.reply(desk, ann, number, Reply(body="canary-answer"))
    (taken,) = sent_by(desk, smtp)
    html = taken.message.get_body(("html",))
    assert html is not None
    for part in (text_of(taken), html.get_content()):
        assert "canary" not in part and f"https://help.example.org/tickets/{number}?p=" in part
        assert "נא להיכנס" in part
    assert Ticket.get(Ticket.id == number).status_id == build.status("answered")


def test_with_links_only_others_who_may_see_the_ticket_get_their_own_link_and_the_rest_nothing(
    desk: Desk, build: Builder, ann: Actor, smtp: SmtpSink
) -> None:
    Setting.insert(key="portal_url", value="https://help.example.org").execute()
    Department.update(notify="link").execute()
    build.contact("alice@acme.example", portal_access=True)
    number = opened(build)
    build.contact("bob@acme.example", portal_access=True, language="es")
    build.contact("cyd@acme.example", portal_access=True)
    build.contact("dan@acme.example")
    for address, may_view in (("bob@acme.example", True), ("cyd@acme.example", False), ("dan@acme.example", True)):
        build.participant(number, address, may_view=may_view)
    sent = replies.reply(desk, ann, number, Reply(body="canary"))
    assert sent.to == ("alice@acme.example", "bob@acme.example")
    alice, bob = sent_by(desk, smtp)
    assert (alice.rcpt_tos, bob.rcpt_tos) == (("alice@acme.example",), ("bob@acme.example",))
    links = [text_of(taken).partition("https://")[2].split()[0] for taken in (alice, bob)]
    assert links[0] != links[1] and all(link.startswith(f"help.example.org/tickets/{number}?p=") for link in links)
    assert "Hola, Bob:" in text_of(bob) and b"canary" not in alice.data + bob.data
    held = replies.reply(desk, ann, number, Reply(body="Wrong!", undo_seconds=10))
    replies.undo(desk, ann, held.outgoing_id)
    assert sorted(row.state for row in OutgoingMail.select()) == ["cancelled", "cancelled", "sent", "sent"]
