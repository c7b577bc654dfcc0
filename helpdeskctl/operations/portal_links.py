"""Links into the portal that mails carry (POR-5)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.operations import portal_tokens
from helpdeskctl.queries import settings
from helpdeskctl.store.tables import PortalToken

PURPOSE = "handle"
_LASTS = timedelta(days=3650)
_PAGES: Mapping[str, str] = {
    "sign_in": "login/link",
    "reset": "reset",
    "invite": "reset",
    "register": "register",
    "change_address": "account/email",
    "confirm": "confirm",
    "rate": "rate",
}
"""Where in the portal the secrets of each purpose are used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A one-time link that a mail carries, how long it holds, and the digits that may be typed instead."""

    url: str
    valid_for: timedelta
    code: str | None = None

    @property
    def secret(self) -> str:
        """What the link ends with."""
        return self.url.rpartition("/")[2]


def one_time(
    desk: Desk,
    purpose: str,
    *,
    lasts: timedelta,
    contact_id: int | None,
    address: str,
    ticket: int | None = None,
    nonce: str | None = None,
) -> Link:
    """A link with a new secret, to the page where it is used; with six digits for the form `nonce`, where it is given.

    The portal has an address: its callers refuse without one.
    """
    code = portal_tokens.six_digits() if nonce is not None else None
    secret = portal_tokens.issue(
        desk, purpose, lasts=lasts, contact_id=contact_id, address=address, ticket=ticket, code=code, nonce=nonce
    )
    return Link(url=f"{settings.get(desk, 'portal_url')}/{_PAGES[purpose]}/{secret}", valid_for=lasts, code=code)


def ticket_url(desk: Desk, number: int, *, contact_id: int, address: str) -> str | None:
    """`PORTAL/tickets/N?p=HANDLE` for one recipient; None without a portal.

    The handle names the recipient and opens nothing: the page behind it offers to mail them a sign-in link. It is the
    same in every mail to an address, its hash stands in portal_token.
    """
    portal = settings.get(desk, "portal_url")
    if portal is None:
        return None
    return f"{portal}/tickets/{number}?p={_handle(desk, contact_id, address)}"


def _handle(desk: Desk, contact_id: int, address: str) -> str:
    mac = hmac.digest(desk.keys.key("portal-handle"), f"{contact_id}|{address}".encode(), hashlib.sha256)
    handle = base64.b32encode(mac).decode().lower()[:26]
    PortalToken.insert(
        secret_sha256=hashlib.sha256(handle.encode()).hexdigest(),
        purpose=PURPOSE,
        contact_id=contact_id,
        address=address,
        expires_at=desk.now() + _LASTS,
        created_at=desk.now(),
    ).on_conflict(action="NOTHING", conflict_target=[PortalToken.secret_sha256]).execute()
    return handle
