"""What tests of mail out share: a mailbox that sends, mails in the outbox, tickets by mail, and how all that stands."""

from __future__ import annotations

from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.mail.compose import Person
from helpdeskctl.operations import messages, outbox
from helpdeskctl.operations.outbox import Letter
from helpdeskctl.store.tables import (
    Message,
    OutgoingMail,
    OutgoingRecipient,
    Secret,
    Status,
    Ticket,
)
from tests.builders import Builder
from tests.servers.smtp import Delivery, SmtpSink

CUSTOMER_ID = "<CAB123=x@mail.acme.example>"


def sending(desk: Desk, build: Builder, smtp: SmtpSink, address: str = "support@example.org", **columns: Any) -> int:
    secret = Secret.insert(purpose="mailbox", sealed=desk.keys.seal("pw"), changed_at=desk.now()).execute()
    url = f"smtp://support%40example.org@localhost:{smtp.port}"
    given = {"smtp_url": url, "ca_file": str(smtp.ca_file), "secret_id": secret} | columns
    return build.mailbox(address, **given)


def put(desk: Desk, mailbox: int, *to: str, subject: str = "Hello", **more: Any) -> int:
    """A mail in the outbox."""
    letter = Letter(to=[Person(address) for address in to or ("ann@muster.example",)], subject=subject, text="Text")
    return outbox.enqueue(desk, letter, mailbox_id=mailbox, event="reply", **more).id


def state_of(outgoing: int) -> str:
    return str(OutgoingMail.get(OutgoingMail.id == outgoing).state)


def states_of(outgoing: int) -> dict[str, str]:
    rows = OutgoingRecipient.select().where(OutgoingRecipient.outgoing_id == outgoing)
    return {row.address: row.state for row in rows}


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
