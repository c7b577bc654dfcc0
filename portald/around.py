"""The people round a ticket, and what its reader may do besides answering: shown by every ticket's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helpdeskctl.domain.permissions import Action, Actor
from helpdeskctl.queries import portal_people, ratings
from helpdeskctl.queries.portal_people import OnTicket
from helpdeskctl.queries.portal_tickets import Detail
from helpdeskctl.queries.ratings import Rating
from portald.forms import Filled
from portald.visit import Visit


@dataclass(frozen=True, slots=True)
class Around:
    """Who takes part; whether the reader muted it; whether they are asked how content they were, and what they said.

    `adding` and `rating` are the forms for that.
    """

    people: tuple[OnTicket, ...]
    muted: bool
    asks: bool
    rated: Rating | None
    adding: Filled
    rating: Filled


def of_ticket(visit: Visit, actor: Actor, ticket: Detail, forms: Mapping[str, Filled]) -> Around:
    """What stands round a ticket; `forms`: those of its forms that came and are shown again. Link holders see none."""
    desk, number, seen = visit.desk, ticket.number, actor.kind != "link"
    asks = ticket.closed and Action.RATE in ticket.rights and bool(visit.settings["ratings"])
    rated = ratings.of_ticket(number) if asks else None
    return Around(
        portal_people.people(desk, actor, number, keeps=Action.PEOPLE in ticket.rights)
        if seen and ticket.shared
        else (),
        Action.MUTE in ticket.rights and portal_people.muted(desk, actor, number),
        asks,
        rated,
        forms.get("adding") or visit.filled(),
        forms.get("rating") or (visit.filled({"words": rated.words} if rated else None) if asks else Filled("")),
    )
