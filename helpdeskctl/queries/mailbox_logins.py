"""How mailboxes sign in by OAuth 2.0, and how long that will last: for people who look, never with a secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from helpdeskctl.queries.setup_places import keys
from helpdeskctl.store.tables import Mailbox, MailboxLogin


@dataclass(frozen=True, slots=True)
class LoginState:
    """One mailbox's sign-in. `access_until`: the present token ends; it is renewed before, by itself.

    `died`: a person has to sign in again; without it a failing one may recover by itself.
    """

    mailbox: str
    provider: str
    way: str
    client_id: str
    access_until: datetime | None
    refreshed_at: datetime | None
    client_secret_until: datetime | None
    failing_since: datetime | None
    error: str | None

    @property
    def died(self) -> bool:
        """Whether no waiting will mend it."""
        return self.failing_since is not None and self.access_until is None


def of(mailbox_ids: Sequence[int]) -> dict[int, LoginState]:
    """mailbox id -> its sign-in; those with passwords are left out."""
    rows = list(MailboxLogin.select().where(MailboxLogin.mailbox_id.in_(list(mailbox_ids))))
    addresses = keys(Mailbox, "address", [row.mailbox_id for row in rows])
    return {row.mailbox_id: _state(addresses[row.mailbox_id], row) for row in rows}


def _state(address: str, row: MailboxLogin) -> LoginState:
    return LoginState(
        address,
        row.provider,
        row.way,
        row.client_id,
        row.access_until,
        row.refreshed_at,
        row.client_secret_until,
        row.failing_since,
        row.last_error,
    )
