"""Tickets as other programs get them: the objects of `ticket list|show -o json` and of exports.

The keys are a promise of the command line's contract: they are only added to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.queries import access, around
from helpdeskctl.queries.around import Linked
from helpdeskctl.queries.ticket_rows import TicketRow

if TYPE_CHECKING:  # a list has no messages, and is printed sooner without what reads them
    from helpdeskctl.queries.messages import AttachmentView, Delivery, MessageView
    from helpdeskctl.queries.threads import TicketDetail

Object = dict[str, Any]
_AT_ONCE = 200


def of_rows(desk: Desk, actor: Actor, rows: Iterable[TicketRow]) -> Iterator[Object]:
    """The objects of a list, without messages; tags, people and links are read for many tickets at once."""
    remaining = iter(rows)
    while batch := list(islice(remaining, _AT_ONCE)):
        numbers = [row.number for row in batch]
        tags, people = around.tags(numbers), around.participants(numbers)
        links = around.linked(numbers, access.visible(actor))
        for row in batch:
            yield _ticket(row) | _around(
                people=people.get(row.number, ()), tags=tags.get(row.number, ()), links=links.get(row.number, ())
            )


def of_detail(detail: TicketDetail) -> Object:
    """The object of one ticket with its messages."""
    active = [person.address for person in detail.people if person.kind == "contact" and person.state == "active"]
    return (
        _ticket(detail.row)
        | _around(people=active, tags=detail.tags, links=detail.links)
        | {
            "merged_into": detail.merged_into,
            "merged_from": list(detail.merged_from),
            "type": detail.type,
            "topic": detail.topic,
            "show_as": detail.show_as,
            "fields": dict(detail.fields),
            "people": list(detail.people),
            "booked_seconds": detail.booked_seconds,
            "rating": detail.rating,
            "last_message_id": detail.last_message_id,
            "messages": [_message(message) for message in detail.messages],
        }
    )


def _ticket(row: TicketRow) -> Object:
    return {
        "number": row.number,
        "subject": row.subject,
        "status": row.status,
        "status_kind": row.status_kind.value,
        "priority": row.priority.key,
        "department": row.department,
        "assignee": row.assignee,
        "team": row.team,
        "requester": row.requester,
        "requester_name": row.requester_name,
        "company": row.company,
        "language": row.language,
        "origin": row.origin,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "closed_at": row.closed_at,
        "waiting_since": row.waiting_since,
        "snoozed_until": row.snoozed_until,
        "due": {"at": row.due_at},
        "spam": row.spam,
        "billed": row.billed,
        "proven": row.proven,
        "portal": row.portal,
        "unread": row.unread,
        "merged_into": row.merged_into,
    }


def _around(*, people: Sequence[str], tags: Sequence[str], links: Sequence[Linked]) -> Object:
    return {
        "participants": list(people),
        "tags": list(tags),
        "linked": [link.number for link in links],
        "links": [{"number": link.number, "kind": link.kind, "message_id": link.message_id} for link in links],
    }


def _message(message: MessageView) -> Object:
    return {
        "id": message.id,
        "kind": message.kind,
        "direction": message.direction,
        "author": message.author,
        "author_name": message.author_name,
        "author_kind": message.author_kind,
        "at": message.at,
        "sent_at": message.sent_at,
        "subject": message.subject,
        "message_id": message.mail_id,
        "text": message.text,
        "visible": message.visible,
        "recipients": message.recipients,
        "automatic": message.automatic,
        "sender_proven": message.sender_proven,
        "origin_ticket": message.origin_ticket,
        "attachments": [_attachment(file) for file in message.attachments if file.deleted_at is None],
        "deliveries": [_delivery(delivery) for delivery in message.deliveries],
    }


def _attachment(file: AttachmentView) -> Mapping[str, Any]:
    return {
        "id": file.id,
        "filename": file.filename,
        "size": file.size,
        "type": file.content_type,
        "sha256": file.sha256,
        "inline": file.inline,
        "withheld": file.withheld,
    }


def _delivery(delivery: Delivery) -> Mapping[str, Any]:
    return {"address": delivery.address, "state": delivery.state, "at": delivery.at, "detail": delivery.detail}
