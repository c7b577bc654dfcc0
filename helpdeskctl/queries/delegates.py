"""Who may act for whom in the portal (CON-6)."""

from __future__ import annotations

from helpdeskctl.store.tables import ContactAddress, Delegate


def addresses(contact_id: int) -> tuple[str, ...]:
    """The people who may act for a contact, by the addresses under which they were named.

    Nothing else of them is told: whether anybody with such an address is known here is not the namer's to learn.
    """
    rows = Delegate.select(Delegate.address).where(Delegate.contact_id == contact_id)
    return tuple(sorted(address for row in rows for address in row.address.split()))


def named_by(contact_id: int) -> list[int]:
    """The ids of the contacts that named this one, in the order they did."""
    rows = Delegate.select(Delegate.contact_id).where(Delegate.delegate_id == contact_id)
    return [row.contact_id for row in rows.order_by(Delegate.created_at, Delegate.contact_id)]


def has(contact_id: int, delegate_id: int) -> bool:
    """Whether the one may be acted for by the other."""
    return Delegate.select().where(Delegate.contact_id == contact_id, Delegate.delegate_id == delegate_id).exists()


def acts(contact_id: int, delegate_id: int) -> bool:
    """Whether the one who was named may act: not by an address that is in their contact and that nobody proved, for
    its holder was meant. One that they have left meanwhile was theirs when they were named."""
    row = Delegate.get_or_none(Delegate.contact_id == contact_id, Delegate.delegate_id == delegate_id)
    if row is None:
        return False
    of_them = ContactAddress.contact_id == delegate_id
    theirs = list(ContactAddress.select().where(of_them, ContactAddress.address.in_(row.address.split())))
    return not theirs or any(each.confirmed_at is not None for each in theirs)
