"""One-time secrets that leave by mail: only their hashes are kept, each is good once, for one purpose, for a while."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.queries import portal
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import ContactAddress, PortalToken

MOST_TRIES = 5
_KEPT = timedelta(days=7)  # after the end


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a secret stood for."""

    contact_id: int
    address: str
    ticket: int | None


@transaction
def issue(
    desk: Desk,
    purpose: str,
    *,
    lasts: timedelta,
    contact_id: int | None,
    address: str,
    ticket: int | None = None,
    code: str | None = None,
    nonce: str | None = None,
) -> str:
    """Make a secret of 256 random bits and return it. `code`: the six digits that do the same, typed into the form
    whose `nonce` asked for them."""
    secret = secrets.token_urlsafe(32)
    PortalToken.insert(
        secret_sha256=portal.fingerprint(secret),
        purpose=purpose,
        contact_id=contact_id,
        address=address,
        ticket_id=ticket,
        code_sha256=_of_code(code, nonce) if code and nonce else None,
        nonce_sha256=portal.fingerprint(nonce) if nonce else None,
        expires_at=desk.now() + lasts,
        created_at=desk.now(),
    ).execute()
    return secret


@transaction
def redeem(desk: Desk, secret: str, *purposes: str) -> Redeemed | None:
    """Use a secret up; None when it is not (any more) good. Of many at once exactly one gets it."""
    rows = (
        PortalToken.update(used_at=desk.now())
        .where(*portal.usable(desk, secret, *purposes))
        .returning(PortalToken)
        .execute()
    )
    return next((_redeemed(row) for row in rows), None)


def redeem_code(desk: Desk, nonce: str, code: str) -> Redeemed | None:
    """Use up the token whose six digits these are, asked for by the form `nonce`; five tries in all."""
    # Two transactions on purpose: a try must be counted even though it failed.
    row = _one_more_try(desk, nonce)
    if row is None or not hmac.compare_digest(row.code_sha256 or "", _of_code(code, nonce)):
        return None
    return _use_up(desk, row)


@transaction
def kill_all(desk: Desk, contact_id: int) -> None:
    """End every open token of a contact and their feed (I11); the handles in mails open nothing and stay."""
    theirs = ContactAddress.select(ContactAddress.address).where(ContactAddress.contact_id == contact_id)
    signs_in = PortalToken.purpose.in_(["sign_in", "reset", "invite", "change_address", "feed"])
    PortalToken.update(used_at=desk.now()).where(
        PortalToken.used_at.is_null(),
        ((PortalToken.contact_id == contact_id) & signs_in)
        | ((PortalToken.purpose == "register") & PortalToken.address.in_(theirs)),
    ).execute()


@transaction
def forget_old(desk: Desk) -> int:
    """Drop tokens a week after their end; returns how many."""
    return int(PortalToken.delete().where(PortalToken.expires_at < desk.now() - _KEPT).execute())


def six_digits() -> str:
    """A code to type."""
    return f"{secrets.randbelow(10**6):06d}"


@transaction
def _one_more_try(desk: Desk, nonce: str) -> PortalToken | None:
    now = desk.now()
    rows = (
        PortalToken.update(tries=PortalToken.tries + 1)
        .where(
            PortalToken.nonce_sha256 == portal.fingerprint(nonce),
            PortalToken.purpose == "sign_in",
            PortalToken.used_at.is_null(),
            PortalToken.expires_at > now,
            PortalToken.created_at <= now,
            PortalToken.tries < MOST_TRIES,
        )
        .returning(PortalToken)
        .execute()
    )
    found: PortalToken | None = next(iter(rows), None)
    return found


@transaction
def _use_up(desk: Desk, row: PortalToken) -> Redeemed | None:
    used = PortalToken.update(used_at=desk.now()).where(PortalToken.id == row.id, PortalToken.used_at.is_null())
    return _redeemed(row) if used.execute() else None


def _redeemed(row: PortalToken) -> Redeemed:
    return Redeemed(row.contact_id or 0, row.address or "", row.ticket_id)


def _of_code(code: str, nonce: str) -> str:
    # Six digits alone could be tried out; with 128 random bits of the form, which we do not keep, they cannot.
    return hashlib.sha256(f"{nonce}|{code}".encode("utf-8", "replace")).hexdigest()
