"""All that a customer may see of themselves, as one JSON text (CON-4): nothing that a page would hide from them.

Made request by request and message by message, so that it takes no more memory than one page of a thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.queries import access, contact_export, delegates, own_account, portal, portal_thread
from helpdeskctl.queries.portal_thread import Entry
from helpdeskctl.queries.portal_tickets import PAGE
from helpdeskctl.store.tables import Ticket


def pieces(desk: Desk, actor: Actor, session: str) -> Iterator[str]:
    """The text, piece by piece: the contact, where they are signed in, and the requests they opened or were let see.

    A main contact's company and those the customer acts for are others' data, and not in it.
    """
    own = replace(actor, company_id=None, acting_for=None)
    yield '{"contact": ' + _json(contact_export.own(desk, own.id or 0))
    yield ',\n"delegates": ' + _json(delegates.addresses(own.id or 0))
    yield ',\n"acts_for": ' + _json([person.label for person in portal.people_to_act_for(desk, own.id or 0)])
    signed_in = own_account.sessions(desk, own.id or 0, session)
    yield ',\n"sessions": ' + _json([{"browser": s.agent_string, "begun": s.begun, "used": s.used} for s in signed_in])
    yield ',\n"requests": ['
    for n, row in enumerate(_tickets(own)):
        yield (",\n" if n else "\n") + _head(row)
        for m, entry in enumerate(_entries(desk, own, row.id)):
            yield (",\n " if m else "\n ") + _json(_message(entry))
        yield "]}"
    yield "]}\n"


def _tickets(actor: Actor) -> Iterator[Ticket]:
    last = 0
    rows = Ticket.select().where(access.visible(actor)).order_by(Ticket.id).limit(PAGE)
    while page := list(rows.where(Ticket.id > last)):
        yield from page
        last = page[-1].id


def _entries(desk: Desk, actor: Actor, number: int) -> Iterator[Entry]:
    """The messages from the newest back."""
    before = None
    while True:
        page = portal_thread.thread(desk, actor, number, before=before)
        yield from reversed(page.entries)
        before = page.earlier
        if before is None:
            return


def _head(row: Ticket) -> str:
    known = {"number": row.id, "subject": row.subject, "created_at": row.created_at, "closed_at": row.closed_at}
    return _json(known).removesuffix("}") + ', "messages": ['


def _message(entry: Entry) -> dict[str, Any]:
    files = [
        {"filename": file.filename, "size": file.size, "address": f"/files/{file.id}/{file.filename}"}
        for file in entry.files
    ]
    text = "\n".join(text for _, text in entry.parts)
    return {"at": entry.at, "author": entry.author, "mine": entry.mine, "text": text, "files": files}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else list(value)
