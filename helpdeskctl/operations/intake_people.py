"""The people in Cc of a mail: with the one that opens a ticket they take part, later they are suggested (MAIL-15)."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.domain.loops import is_nobody
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.operations import ticket_people
from helpdeskctl.queries.intake import Standing

_MOST = 20  # a mail to a whole company is no list of participants


def bring_people(
    desk: Desk, known: Standing, mail: IncomingMail, number: int, *, requester: str, opening: bool
) -> None:
    """Put them on the ticket: active with its opening mail, else suggested. Never an address of ours or an agent's."""
    left_out = {requester.casefold(), (mail.sender.address if mail.sender else "").casefold()}
    people: dict[str, str] = {}
    for entry in mail.cc:
        address = entry.address.casefold()
        if address in left_out or address in known.policy.own or address in known.agents or is_nobody(address):
            continue
        people.setdefault(address, entry.name)
    for address, name in list(people.items())[:_MOST]:
        ticket_people.participate(desk, SYSTEM, number, address, name=name, suggested=not opening)
