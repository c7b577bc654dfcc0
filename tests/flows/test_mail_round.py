"""A customer's mail, our answer, their answer: over real IMAP and SMTP, in one ticket; a stranger's in another."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from helpdeskctl.desk import Desk, utc_now
from helpdeskctl.operations import intake, outbox, replies
from helpdeskctl.operations.replies import Reply
from helpdeskctl.store.tables import Link, MailboxFolder, Message, Secret, Ticket
from tests.builders import Builder
from tests.clock import SteppedClock
from tests.servers.imap import ImapAccount, ImapServer
from tests.servers.smtp import SmtpSink


@pytest.fixture
def account(desk: Desk, clock: SteppedClock, imap: ImapServer, smtp: SmtpSink) -> ImapAccount:
    """The mailbox of support, received from and sent by with one password."""
    clock.set(utc_now())
    account = imap.account("support")
    build = Builder(desk)
    build.agent("ann@example.org", support="agent")
    user = quote(account.user, safe="")
    secret = Secret.insert(purpose="mailbox", sealed=desk.keys.seal("pw"), changed_at=desk.now()).execute()
    build.mailbox(
        account.user,
        imap_url=f"imaps://{user}@{imap.host}:{imap.tls_port}",
        smtp_url=f"smtp://{user}@localhost:{smtp.port}",
        ca_file=str(imap.ca_file),
        secret_id=secret,
        start="all",
    )
    return account


def mail(to: str, *, sender: str, subject: str, body: str, mail_id: str, parents: tuple[str, ...] = ()) -> bytes:
    """A mail as a mail program writes it."""
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Message-ID: {mail_id}"]
    lines += ["Date: Tue, 10 Mar 2026 09:00:00 +0000", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"]
    if parents:
        lines += [f"In-Reply-To: {parents[-1]}", f"References: {' '.join(parents)}"]
    return "\r\n".join([*lines, "", body, ""]).encode()


def fetched(desk: Desk) -> None:
    for report in intake.fetch(desk):
        assert report.error is None


def test_the_customers_answer_lands_in_the_ticket_and_a_strangers_with_the_same_token_does_not(
    desk: Desk, account: ImapAccount, smtp: SmtpSink
) -> None:
    account.append(
        mail(
            account.user,
            sender="Alice <alice@acme.example>",
            subject="Printer on fire",
            body="Help!",
            mail_id="<1@acme>",
        )
    )
    fetched(desk)
    ticket = Ticket.get()
    replies.reply(desk, Builder(desk).actor("ann@example.org"), ticket.id, Reply(body="Use water."))
    outbox.deliver(desk)
    answer = next(taken.message for taken in smtp.to("alice@acme.example") if "Use water." in taken.data.decode())
    assert answer["In-Reply-To"] == "<1@acme>"

    thread = ("<1@acme>", str(answer["Message-ID"]))
    subject = f"Re: {answer['Subject']}"
    account.append(
        mail(
            account.user, sender="alice@acme.example", subject="Thanks", body="Out.", mail_id="<2@acme>", parents=thread
        ),
        mail(
            account.user, sender="eve@beta.example", subject=subject, body="Me too.", mail_id="<3@beta>", parents=thread
        ),
        smtp.deliveries[-1].data,  # our own mail, brought back by a list
    )
    fetched(desk)
    texts = [message.body.strip() for message in Message.select().where(Message.ticket_id == ticket.id)]
    assert texts == ["Help!", "Use water.", "Out."]
    stranger = Ticket.get(Ticket.id != ticket.id)
    assert [message.body.strip() for message in Message.select().where(Message.ticket_id == stranger.id)] == ["Me too."]
    assert Link.get(Link.ticket_id == stranger.id).kind == "may_belong"
    assert Ticket.select().count() == 2
    assert MailboxFolder.get().last_uid == 4


def test_the_first_mail_is_answered_by_one_receipt_that_quotes_nothing(
    desk: Desk, account: ImapAccount, smtp: SmtpSink
) -> None:
    account.append(
        mail(account.user, sender="Canary <a@acme.example>", subject="canary", body="canary", mail_id="<1@acme>"),
        mail(account.user, sender="Canary <a@acme.example>", subject="again", body="canary", mail_id="<2@acme>"),
    )
    fetched(desk)
    outbox.deliver(desk)
    (receipt,) = smtp.deliveries
    assert receipt.mail_from == "<>" and b"canary" not in receipt.data.lower()
    account.append(receipt.data)  # and a robot that sends it back gets nothing
    fetched(desk)
    outbox.deliver(desk)
    assert (len(smtp.deliveries), Ticket.select().count()) == (1, 2)
