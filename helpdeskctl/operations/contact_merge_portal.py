"""What two contacts that are one person have in the portal: moved when they are merged, given back when not (CON-4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from helpdeskctl.store.tables import Contact, ContactIdentity, Delegate, Mute, Rating, Ticket

Moved = dict[str, Any]
_ASKED = ("portal_asked_at", "deletion_asked_at")


def move(gone: int, kept: int) -> Moved:
    """Give ways to sign in, ratings, muted tickets, delegates and what was asked for of `gone` to `kept`.

    Returns what `give_back` needs, as it stands in an event.
    """
    identities = [[row.issuer, row.subject] for row in ContactIdentity.select().where(_of(ContactIdentity, gone))]
    ratings = [row.ticket_id for row in Rating.select().where(_of(Rating, gone))]
    for model in (ContactIdentity, Rating):
        model.update(contact_id=kept).where(_of(model, gone)).execute()
    return {
        "identities": identities,
        "ratings": ratings,
        "mutes": _move_mutes(gone, kept),
        "delegates": [_move_delegate(row, gone, kept) for row in Delegate.select().where(_either(gone))],
        "asked": _move_wishes(gone, kept),
    }


def give_back(moved: Moved, gone: int, kept: int) -> None:
    """Undo `move`, as far as it is all still there."""
    for issuer, subject in moved.get("identities", ()):
        row = (ContactIdentity.issuer == issuer) & (ContactIdentity.subject == subject)
        ContactIdentity.update(contact_id=gone).where(row, _of(ContactIdentity, kept)).execute()
    Rating.update(contact_id=gone).where(Rating.ticket_id.in_(moved.get("ratings", [])), _of(Rating, kept)).execute()
    for mute in moved.get("mutes", ()):
        if mute["moved"]:
            Mute.delete().where(Mute.ticket_id == mute["ticket_id"], _of(Mute, kept)).execute()
        if Ticket.get_or_none(Ticket.id == mute["ticket_id"]):
            Mute.insert(contact_id=gone, ticket_id=mute["ticket_id"]).on_conflict_ignore().execute()
    for row in moved.get("delegates", ()):
        _give_delegate_back(row, gone, kept)
    if asked := moved.get("asked"):
        Contact.update(dict.fromkeys(asked)).where(Contact.id == kept).execute()


def _of(model: Any, contact_id: int) -> Any:
    return model.contact_id == contact_id


def _either(contact_id: int) -> Any:
    return (Delegate.contact_id == contact_id) | (Delegate.delegate_id == contact_id)


def _move_mutes(gone: int, kept: int) -> list[Moved]:
    there = {row.ticket_id for row in Mute.select().where(_of(Mute, kept))}
    numbers = [row.ticket_id for row in Mute.select().where(_of(Mute, gone)).order_by(Mute.ticket_id)]
    Mute.delete().where(_of(Mute, gone), Mute.ticket_id.in_(sorted(there))).execute()
    Mute.update(contact_id=kept).where(_of(Mute, gone)).execute()
    return [{"ticket_id": number, "moved": number not in there} for number in numbers]


def _move_delegate(row: Delegate, gone: int, kept: int) -> Moved:
    """One row of who acts for whom; nobody acts for themselves, and nobody twice for the same."""
    contact_id, delegate_id = (kept if each == gone else each for each in (row.contact_id, row.delegate_id))
    Delegate.delete().where(Delegate.contact_id == row.contact_id, Delegate.delegate_id == row.delegate_id).execute()
    moved = contact_id != delegate_id and _put(contact_id, delegate_id, row.address, row.created_at)
    return {
        "contact_id": row.contact_id,
        "delegate_id": row.delegate_id,
        "address": row.address,
        "created_at": row.created_at.isoformat(),
        "moved": moved,
    }


def _give_delegate_back(row: Moved, gone: int, kept: int) -> None:
    contact_id, delegate_id = (kept if row[name] == gone else row[name] for name in ("contact_id", "delegate_id"))
    there = (Delegate.contact_id == contact_id) & (Delegate.delegate_id == delegate_id)
    if row["moved"] and not Delegate.delete().where(there).execute():
        return  # taken back meanwhile
    if Contact.select().where(Contact.id.in_([row["contact_id"], row["delegate_id"]])).count() == 2:
        _put(row["contact_id"], row["delegate_id"], row["address"], datetime.fromisoformat(row["created_at"]))


def _put(contact_id: int, delegate_id: int, address: str, created_at: datetime) -> bool:
    if Delegate.select().where(Delegate.contact_id == contact_id, Delegate.delegate_id == delegate_id).exists():
        return False
    Delegate.insert(contact_id=contact_id, delegate_id=delegate_id, address=address, created_at=created_at).execute()
    return True


def _move_wishes(gone: int, kept: int) -> list[str]:
    """What `gone` waits for and `kept` does not yet."""
    old, new = Contact.get(Contact.id == gone), Contact.get(Contact.id == kept)
    asked = {name: at for name in _ASKED if (at := getattr(old, name)) and not getattr(new, name)}
    if new.portal_access:
        asked.pop("portal_asked_at", None)
    if asked:
        Contact.update(**asked).where(Contact.id == kept).execute()
    return list(asked)
