"""Who and what is kept out: addresses, domains, words of a subject (TIC-15)."""

from __future__ import annotations

import re

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kind_types import ADDRESS, DOMAIN, LINE
from helpdeskctl.domain.permissions import Actor, Role
from helpdeskctl.errors import InvalidInput, NotFound, NotPermitted, Refused
from helpdeskctl.operations import events
from helpdeskctl.queries import blocks as stored
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Block, MailboxAddress

SUBJECT = "subject:"


@transaction
def add(desk: Desk, actor: Actor, what: str) -> Change:
    """Block an address, a domain or `subject:TEXT`; what is blocked already stays so.

    InvalidInput when it is none of them, Refused for an address of our own, NotPermitted but for admins and leads.
    """
    _permit(actor)
    kind, value = read(what)
    if kind == "address" and MailboxAddress.get_or_none(MailboxAddress.address == value):
        raise Refused(f"{value} is a mailbox of this desk", subject=f"block/{value}")
    there = Block.get_or_none(Block.kind == kind, Block.value == value)
    if there is not None:
        return Change("block", stored.key(kind, value), there.id, "unchanged")
    number = int(Block.insert(kind=kind, value=value, at=desk.now()).execute())
    events.record(desk, actor, "created", subject=("block", stored.key(kind, value)))
    return Change("block", stored.key(kind, value), number, "created")


@transaction
def remove(desk: Desk, actor: Actor, what: str) -> Change:
    """Lift a block, named as it was added or as `id:3`. NotFound when there is none."""
    found = stored.find(desk, what)
    if found is None:
        raise NotFound(f'no block "{what}"', hint="helpdeskctl block list", subject=f"block/{what}")
    return lift(desk, actor, found.key)


@transaction
def lift(desk: Desk, actor: Actor, what: str) -> Change:
    """As `remove`; unchanged when there is no such block."""
    _permit(actor)
    found = stored.find(desk, what)
    if found is None:
        return Change("block", what, None, "unchanged")
    Block.delete().where(Block.id == found.id).execute()
    events.record(desk, actor, "deleted", subject=("block", found.key))
    return Change("block", found.key, found.id, "deleted")


def read(what: str) -> tuple[str, str]:
    """Kind and value of what is to be blocked. Raises InvalidInput."""
    if what.casefold().startswith(SUBJECT):
        return "subject", LINE.read(what[len(SUBJECT) :]).casefold()
    if "@" in what.strip("@"):
        return "address", ADDRESS.read(what)
    if re.search(r"\s", what):
        raise InvalidInput(f'"{what}" is neither address nor domain', hint=f'"{SUBJECT}{what}"')
    return "domain", DOMAIN.read(what.removeprefix("@"))


def _permit(actor: Actor) -> None:
    if actor.kind != "system" and not actor.admin and Role.LEAD not in actor.roles.values():
        raise NotPermitted("only admins and leads block senders", subject="block")
