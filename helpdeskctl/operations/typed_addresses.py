"""Addresses that customers type: one form for all of them, and none that is the desk's own."""

from __future__ import annotations

from helpdeskctl.errors import InvalidInput
from helpdeskctl.mail import addresses
from helpdeskctl.operations import automatic


def checked(typed: str) -> str:
    """The address as we keep it. InvalidInput, whose message is `none` for what is none, `ours` for one of the desk."""
    address = addresses.check(typed.strip())
    if address is None:
        raise InvalidInput("none")
    if automatic.is_own(address):
        raise InvalidInput("ours")
    return address.casefold()
