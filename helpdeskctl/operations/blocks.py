"""Who and what is kept out, and who is always let in: addresses, domains, words of a subject (TIC-15, DEP-8)."""

from __future__ import annotations

import re

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kind_types import ADDRESS, DOMAIN, LINE
from helpdeskctl.domain.permissions import Actor, Role
from helpdeskctl.errors import InvalidInput, NotFound, NotPermitted, Refused
from helpdeskctl.operations import events
from helpdeskctl.queries import blocks as stored
from helpdeskctl.queries.blocks import Blocked
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import Block, MailboxAddress

SUBJECT = "subject:"


@transaction
def add(desk: Desk, actor: Actor, what: str, *, allow: bool = False) -> Change:
    """Block an address, a domain or `subject:TEXT`; with `allow` let an address or domain in, past blocks and DEP-8.

    What stands on the list as the other thing changes sides. InvalidInput when it is none of them, Refused for an
    address of our own, NotPermitted but for admins and leads.
    """
    _permit(actor)
    kind, value = read(what)
    key = stored.key(kind, value)
    if allow and kind == "subject":
        raise InvalidInput("senders are let in, subjects are not", hint="helpdeskctl block add ADDRESS --allow")
    if kind == "address" and MailboxAddress.get_or_none(MailboxAddress.address == value):
        raise Refused(f"{value} is a mailbox of this desk", subject=f"block/{value}")
    said = _said(key, allow=allow)
    there = Block.get_or_none(Block.kind == kind, Block.value == value)
    if there is None:
        number = int(Block.insert(kind=kind, value=value, allow=allow, at=desk.now()).execute())
        events.record(desk, actor, "created", subject=("block", key), data={"allow": allow})
        return Change("block", key, number, "created", said=said)
    if there.allow == allow:
        return Change("block", key, there.id, "unchanged", said=said)
    Block.update(allow=allow, at=desk.now()).where(Block.id == there.id).execute()
    events.record(desk, actor, "updated", subject=("block", key), data={"allow": allow})
    return Change("block", key, there.id, "updated", ("allow",), said)


@transaction
def remove(desk: Desk, actor: Actor, what: str) -> Change:
    """Take an entry off the list, named as it was added or as `id:3`. NotFound when there is none."""
    found = stored.find(desk, what)
    if found is None:
        raise NotFound(f'no block "{what}"', hint="helpdeskctl block list", subject=f"block/{what}")
    return _delete(desk, actor, found)


@transaction
def lift(desk: Desk, actor: Actor, what: str) -> Change:
    """Let a blocked sender or subject in again; unchanged when it is not blocked."""
    found = stored.find(desk, what)
    return Change("block", what, None, "unchanged") if found is None or found.allow else _delete(desk, actor, found)


def _delete(desk: Desk, actor: Actor, found: Blocked) -> Change:
    _permit(actor)
    Block.delete().where(Block.id == found.id).execute()
    events.record(desk, actor, "deleted", subject=("block", found.key))
    return Change("block", found.key, found.id, "deleted", said=_said(found.key, allow=found.allow))


def _said(key: str, *, allow: bool) -> str:
    return f"{'allow' if allow else 'block'} {key}"


def read(what: str) -> tuple[str, str]:
    """Kind and value of what is to be blocked. Raises InvalidInput."""
    if what.casefold().startswith(SUBJECT):
        if not what[len(SUBJECT) :].strip():
            raise InvalidInput(f'"{what}" names no words of a subject', hint=f'as "{SUBJECT}you have won"')
        return "subject", LINE.read(what[len(SUBJECT) :]).casefold()
    if "@" in what.strip("@"):
        return "address", ADDRESS.read(what)
    if re.search(r"\s", what):
        raise InvalidInput(f'"{what}" is neither address nor domain', hint=f'"{SUBJECT}{what}"')
    return "domain", DOMAIN.read(what.removeprefix("@"))


def _permit(actor: Actor) -> None:
    if actor.kind != "system" and not actor.admin and Role.LEAD not in actor.roles.values():
        raise NotPermitted("only admins and leads block senders", subject="block")
