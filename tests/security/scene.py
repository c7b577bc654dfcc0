"""Who acts in the tests of hostile mail: alice and bob, eve, the agent ann; and a desk whose mail is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.references import Audience
from helpdeskctl.errors import NotFound
from helpdeskctl.operations import outbox, replies
from helpdeskctl.operations.replies import Reply
from helpdeskctl.queries import access, portal_thread, portal_tickets
from helpdeskctl.store.tables import ContactAddress, Event, Message, OutgoingRecipient, Participant, Ticket
from tests.builders import Builder
from tests.outgoing import sending
from tests.post import Post, letter
from tests.servers.smtp import Delivery, SmtpSink

ALICE, BOB, EVE, ANN = "alice@acme.example", "bob@acme.example", "eve@beta.example", "ann@example.org"
FIRST = "<first@acme.example>"


@dataclass
class Scene(Post):
    """T1 is alice's, opened by mail and answered by ann."""

    smtp: SmtpSink
    number: int = 0

    def token(self, audience: Audience = Audience.CONTACT) -> str:
        """The true token of T1's first message."""
        return self.answer_id(self.number, self.messages(self.number)[0].id, audience)[1:].partition("@")[0]

    def answer(self, body: str = "See the manual.", **more: Any) -> Any:
        """Ann's public reply in T1."""
        return replies.reply(self.desk, self.build.actor(ANN), self.number, Reply(body=body, **more))

    def sent(self) -> list[Delivery]:
        """Everything that has left, after whatever can leave has."""
        outbox.deliver(self.desk)
        return self.smtp.deliveries

    def state(self, number: int | None = None) -> tuple[Any, ...]:
        """T1's row, its people and its messages, to the byte."""
        number = number or self.number
        tables = (
            Ticket.select().where(Ticket.id == number),
            Participant.select().where(Participant.ticket_id == number).order_by(Participant.id),
            Message.select().where(Message.ticket_id == number).order_by(Message.id),
        )
        return tuple(list(table.dicts()) for table in tables)

    def newest(self) -> Ticket:
        """The ticket that was opened last."""
        return self.tickets()[-1]

    def security_events(self) -> list[Event]:
        return list(Event.select().where(Event.verb == "security"))

    def sees(self, address: str, number: int | None = None) -> bool:
        """Whether the portal shows T1 to a contact."""
        actor = access.contact_actor(self.desk, ContactAddress.get(ContactAddress.address == address).contact_id)
        try:
            portal_tickets.detail(self.desk, actor, number or self.number)
            portal_thread.thread(self.desk, actor, number or self.number)
        except NotFound:
            return False
        return True

    def everything_arrived(self) -> None:
        """As if each mail of ours had been accepted."""
        self.sent()
        OutgoingRecipient.update(state="sent").execute()


def scene(desk: Desk, smtp: SmtpSink) -> Scene:
    """The desk with T1."""
    build = Builder(desk)
    build.agent(ANN, support="agent")
    sending(desk, build, smtp)
    made = Scene(desk, build, smtp)
    assert made.pipe(letter("Printer on fire", mail_id=FIRST)) == "open"
    made.number = made.newest().id
    made.everything_arrived()
    smtp.deliveries.clear()
    return made
