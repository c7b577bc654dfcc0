"""Looking into what is somebody's own: an admin may, and it is written down (DEP-3)."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import Action, Actor, Relation, may
from helpdeskctl.operations import events
from helpdeskctl.queries import threads
from helpdeskctl.store.database import transaction


@transaction
def opened(desk: Desk, actor: Actor, number: int) -> bool:
    """To be called before a ticket is shown: writes an event when an admin opens a foreign personal department.

    Returns whether it did. NotFound when the actor may not see the ticket, an admin without a reason included.
    """
    facts = threads.seen(desk, actor, number)
    foreign = facts.personal_agent_id is not None and facts.personal_agent_id != actor.id
    if not foreign or may(actor, Action.SEE, facts).relation is not Relation.ADMIN:
        return False
    events.record(desk, actor, Verb.OPENED, ticket=number)
    return True
