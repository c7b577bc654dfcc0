"""Files of tickets: put there as a note, taken away for good (TIC-19)."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import events, files, messages, ticket_rows
from helpdeskctl.operations.messages import NewAttachment, NewMessage
from helpdeskctl.queries import attachments
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Attachment


def put(desk: Desk, actor: Actor, number: int, filename: str, content: bytes) -> Change:
    """Put a file on a ticket, as an internal note: customers do not see it. Returns the attachment.

    InvalidInput for more than one message may have; raises what `files.keep` raises.
    """
    ticket_rows.begin(desk, actor, number, Action.NOTE)
    return _put(desk, actor, number, files.keep(desk, filename, content))


@transaction
def _put(desk: Desk, actor: Actor, number: int, file: NewAttachment) -> Change:
    ticket_rows.begin(desk, actor, number, Action.NOTE)
    files.refuse_too_much(desk, [file])
    message = messages.add(
        desk,
        number,
        NewMessage(
            kind="note",
            direction="internal",
            body=file.filename,
            agent_id=actor.id if actor.kind == "agent" else None,
            author_name=actor.name or actor.label,
            author_address=actor.label if actor.kind == "agent" else "",
            attachments=(file,),
        ),
    )
    events.record(desk, actor, Verb.NOTED, ticket=number, data={"message": message, "file": file.filename})
    made = Attachment.get(Attachment.message_id == message)
    return Change("attachment", str(made.id), made.id, "created", ("filename",))


@transaction
def delete(desk: Desk, actor: Actor, attachment_id: int) -> Change:
    """Take a file away: nobody gets it any more, its name and who took it stay. The actor needs a reason.

    InvalidInput without one, NotFound for a file the actor may not see, NotPermitted for who may not change the ticket.
    """
    if not (actor.reason or "").strip():
        raise InvalidInput("taking a file away needs a reason", hint="--reason TEXT")
    number, file = attachments.one(desk, actor, attachment_id)
    ticket_rows.begin(desk, actor, number)
    Attachment.update(deleted_at=desk.now()).where(Attachment.id == attachment_id).execute()
    messages.reindex(desk, file.message_id)
    data = {"attachment": attachment_id, "file": file.filename, "size": file.size, "sha256": file.sha256}
    events.record(desk, actor, Verb.ATTACHMENT_DELETED, ticket=number, data=data)
    return Change("attachment", str(attachment_id), attachment_id, "deleted")
