"""Which tickets have mail of ours, written by a person, that did not reach somebody (OUT-4)."""

from __future__ import annotations

from helpdeskctl.queries.access import Condition
from helpdeskctl.store.orm import SQL
from helpdeskctl.store.tables import Ticket

# The states stand here as the index outgoing_recipient_failed has them: SQLite takes a partial index for literals only.
_FAILED = (
    "(SELECT o.ticket_id FROM outgoing_recipient r JOIN outgoing_mail o ON o.id = r.outgoing_id"
    " WHERE r.state IN ('refused', 'bounced', 'unknown')"
    " AND o.automatic = 0 AND o.state <> 'cancelled' AND o.ticket_id IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM outgoing_mail later JOIN outgoing_recipient again ON again.outgoing_id = later.id"
    " WHERE later.ticket_id = o.ticket_id AND later.id > o.id AND again.address = r.address"
    " AND again.state IN ('held', 'queued', 'sending', 'deferred', 'sent')))"
)


def undelivered() -> Condition:
    """A mail of the ticket failed at an address that no later mail went to, and nobody settled it."""
    return Ticket.id.in_(SQL(_FAILED))
