"""An error of a mail server or provider, as the error of one mailbox."""

from __future__ import annotations

from helpdeskctl.errors import HelpdeskError


def about(fault: HelpdeskError, address: str, *, otherwise: str | None = None) -> HelpdeskError:
    """The same error naming the mailbox, its hint with the address in it; `otherwise` is the hint where it has none."""
    hint = (fault.hint or otherwise or "").replace("ADDRESS", address) or None
    named = f"mailbox {address}"
    message = fault.message if named in fault.message else f"{named}: {fault.message}"
    return type(fault)(message, hint=hint, subject=f"mailbox/{address}")
