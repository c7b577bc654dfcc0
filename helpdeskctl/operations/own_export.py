"""A customer takes all their data away as one file (CON-4)."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from typing import IO

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.operations import events, portal_access, rate_limits
from helpdeskctl.queries import own_data
from helpdeskctl.queries.portal import Visitor
from helpdeskctl.store.database import transaction


def written(desk: Desk, visitor: Visitor, current: str, *, peer: str) -> IO[bytes]:
    """JSON in a temporary file that has no name, at its beginning; whoever gets it closes it.

    `current`: the password, which only who came in just now need not know. WrongPassword, SignInAgain, TooMany.
    """
    portal_access.check_presence(desk, visitor, current, peer=peer)
    rate_limits.hit(desk, rate_limits.EXPORTS, str(visitor.contact_id))
    who = visitor.actor
    with ExitStack() as closing:
        file = closing.enter_context(tempfile.TemporaryFile())
        for piece in own_data.pieces(desk, who, visitor.session):
            file.write(piece.encode())
        file.seek(0)
        _told(desk, who, peer)
        closing.pop_all()  # from here on it is the caller's
    return file


@transaction
def _told(desk: Desk, who: Actor, peer: str) -> None:
    events.record(desk, who, "exported", subject=("contact", who.label), data={"peer": peer})
