"""Where mail holds links only (OUT-2): all who may see a ticket hear of news, each by a mail of their own."""

from __future__ import annotations

from datetime import timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.operations import letters, outbox
from helpdeskctl.queries.outgoing import About, Thread
from helpdeskctl.queries.viewers import viewers


def tell_viewers(
    desk: Desk, actor: Actor, about: About, message_id: int, *, mailbox_id: int, thread: Thread, undo: timedelta
) -> tuple[str, ...]:
    """Mail a link to everybody on the ticket who may see it in the portal; their addresses.

    The rest hear nothing: there is nothing that they could open, and no word of the answer may reach them.
    """
    those = viewers(desk, about)
    for viewer in those:
        given = letters.values(desk, viewer, actor)
        letter = letters.about_ticket(desk, viewer, "news", given, thread=thread)
        outbox.enqueue(
            desk, letter, mailbox_id=mailbox_id, event="news", ticket=about.number, message=message_id, undo=undo
        )
    return tuple(viewer.address for viewer in those)
