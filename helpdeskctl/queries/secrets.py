"""Reading a stored secret: unsealed, or through its reference (BOX-5)."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.store import secrets
from helpdeskctl.store.tables import Secret


def value(desk: Desk, secret_id: int | None) -> str | None:
    """The secret in clear; None without one. ConfigError or Refused when it cannot be read, never with the value."""
    row = Secret.get_or_none(Secret.id == secret_id) if secret_id is not None else None
    if row is None:
        return None
    if row.reference is not None:
        return secrets.read_reference(row.reference)
    return desk.keys.unseal(row.sealed or b"")
