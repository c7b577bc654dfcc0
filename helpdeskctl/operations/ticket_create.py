"""A ticket that an agent opens for a customer: on the phone, at the counter, from a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Action, Actor, may_in
from helpdeskctl.domain.text import clean, clean_line
from helpdeskctl.errors import InvalidInput, NotPermitted, Refused
from helpdeskctl.mail.compose import ascii_address
from helpdeskctl.operations import contacts, files, personal
from helpdeskctl.operations.messages import NewAttachment, NewMessage
from helpdeskctl.operations.tickets import NewTicket, Opened, open_ticket
from helpdeskctl.queries import names
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Contact, Department, Ticket, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a customer asked for, as an agent writes it down. `phone`: it counts as the customer's own message.

    Without a `department` the topic's is taken, or the only one there is. `attachments` come from `files.keep`.
    """

    requester: str
    subject: str
    body: str
    name: str = ""
    phone: bool = False
    department: str | None = None
    topic: str | None = None
    attachments: Sequence[NewAttachment] = ()


@transaction
def create(desk: Desk, actor: Actor, request: Request) -> Opened:
    """Open a ticket for a customer, who becomes a contact if there is none with this address. Nothing is mailed.

    NotPermitted without the right to create in the department, InvalidInput for an unusable address or no subject.
    """
    topic = _topic(request.topic)
    department = _department(desk, actor, request, topic)
    if not (verdict := may_in(actor, Action.CREATE, department.id, department.agent_id)).allowed:
        raise NotPermitted(f"{department.key}: {verdict.why}", subject=f"department/{department.key}")
    files.refuse_too_much(desk, request.attachments)
    subject, address = clean_line(request.subject), ascii_address(request.requester).casefold()
    if not subject:
        raise InvalidInput("a ticket needs a subject", hint="--subject TEXT")
    contact = Contact.get(Contact.id == contacts.known_or_new(desk, address, name=request.name, origin="agent"))
    new = NewTicket(
        subject=subject,
        department_id=department.id,
        contact_id=contact.id,
        requester_address=address,
        origin="phone" if request.phone else "agent",
        topic_id=topic.id if topic else None,
    )
    first = NewMessage(
        kind="phone" if request.phone else "portal",
        direction="in",
        body=clean(request.body),
        contact_id=contact.id,
        author_name=contact.name,
        author_address=address,
        attachments=tuple(request.attachments),
    )
    opened = open_ticket(desk, actor, new, first)
    if not request.phone:  # TIC-5: the agent knows of it, nobody waits for a first look
        Ticket.update(waiting_since=None, last_customer_message_id=None).where(Ticket.id == opened.number).execute()
    return opened


def _topic(key: str | None) -> Topic | None:
    if key is None:
        return None
    (topic_id,) = names.ids("topic", Topic.key, [key])
    row: Topic = Topic.get(Topic.id == topic_id)
    return row


def _department(desk: Desk, actor: Actor, request: Request, topic: Topic | None) -> Department:
    if request.department is not None:
        return personal.department_called(desk, request.department)
    if topic is not None:
        row: Department = Department.get(Department.id == topic.department_id)
        return row
    possible = [
        department
        for department in Department.select()
        .where(Department.archived_at.is_null(), Department.agent_id.is_null())
        .order_by(Department.key)
        if may_in(actor, Action.CREATE, department.id).allowed
    ]
    if not possible:
        raise Refused("there is no department for it", hint="helpdeskctl department create support --name Support")
    if len(possible) > 1:
        raise InvalidInput("which department?", hint=f"--department {'|'.join(row.key for row in possible)}")
    return possible[0]
