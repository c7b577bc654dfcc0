"""What is kept of a mailbox's sign-in by OAuth 2.0 (BOX-6): each function one transaction. Tokens are always sealed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.errors import TryAgain
from helpdeskctl.mail.sasl import Tokens
from helpdeskctl.queries import secrets as stored
from helpdeskctl.store.database import transaction
from helpdeskctl.store.secrets import check_reference
from helpdeskctl.store.tables import Mailbox, MailboxLogin, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A sign-in that worked: with whom, how, as which application, and the tokens it brought.

    `secret_id`: a client secret that is kept already; else `secret` is its value or `secret_reference` where it lies.
    """

    provider: str
    way: str  # device | browser | app
    token_url: str
    client_id: str
    scope: str
    tokens: Tokens
    secret_id: int | None = None
    secret: str | None = None
    secret_reference: str | None = None
    secret_until: date | None = None

    def __repr__(self) -> str:
        return f"Granted({self.provider}, {self.way})"


@transaction
def put(desk: Desk, mailbox_id: int, granted: Granted) -> None:
    """Let a mailbox sign in this way from now on; a password that it had is forgotten."""
    secret_id = _client_secret(desk, granted)
    forget(desk, mailbox_id, but=secret_id)
    _forget_password(mailbox_id)
    until = granted.secret_until
    MailboxLogin.insert(
        mailbox_id=mailbox_id,
        provider=granted.provider,
        way=granted.way,
        token_url=granted.token_url,
        client_id=granted.client_id,
        client_secret_id=secret_id,
        client_secret_until=datetime.combine(until, time(), UTC) if until else None,
        scope=granted.scope,
        tokens_id=_insert(desk, "tokens", sealed=_sealed(desk, granted.tokens)),
        access_until=_ends(desk, granted.tokens),
        refreshed_at=desk.now(),
        created_at=desk.now(),
    ).execute()
    Mailbox.update(not_before=None, failing_since=None, last_error=None).where(Mailbox.id == mailbox_id).execute()


@transaction
def forget(desk: Desk, mailbox_id: int, *, but: int | None = None) -> bool:
    """Drop a mailbox's sign-in with its secrets, `but` this one; whether there was any."""
    row = MailboxLogin.get_or_none(MailboxLogin.mailbox_id == mailbox_id)
    if row is None:
        return False
    MailboxLogin.delete().where(MailboxLogin.mailbox_id == mailbox_id).execute()
    gone = [each for each in (row.tokens_id, row.client_secret_id) if each is not None and each != but]
    Secret.delete().where(Secret.id.in_(gone)).execute()
    return True


@transaction
def renewed(desk: Desk, login: MailboxLogin, tokens: Tokens) -> None:
    """Keep fresh tokens in place of those of `login`; not where somebody signed in anew meanwhile."""
    here = (MailboxLogin.mailbox_id == login.mailbox_id) & (MailboxLogin.tokens_id == login.tokens_id)
    changed = MailboxLogin.update(
        access_until=_ends(desk, tokens), refreshed_at=desk.now(), failing_since=None, last_error=None
    ).where(here)
    if changed.execute():
        Secret.update(sealed=_sealed(desk, tokens), changed_at=desk.now()).where(Secret.id == login.tokens_id).execute()


@transaction
def failed(desk: Desk, login: MailboxLogin, words: str, *, for_good: bool) -> None:
    """Write down that the provider gave no token; `for_good`: it will not before a person has signed in again."""
    columns: dict[str, Any] = {"failing_since": login.failing_since or desk.now(), "last_error": words[:1000]}
    if for_good:
        columns["access_until"] = None
    MailboxLogin.update(**columns).where(
        MailboxLogin.mailbox_id == login.mailbox_id, MailboxLogin.tokens_id == login.tokens_id
    ).execute()


@transaction
def writable(desk: Desk, login: MailboxLogin) -> None:
    """Write to the row and change nothing: whoever cannot keep fresh tokens must not ask for them."""
    MailboxLogin.update(created_at=login.created_at).where(MailboxLogin.mailbox_id == login.mailbox_id).execute()


def tokens_of(desk: Desk, login: MailboxLogin) -> Tokens:
    """The tokens as they are kept. ConfigError when the key file does not fit."""
    kept = json.loads(stored.value(desk, login.tokens_id) or "{}")
    if "access" not in kept:
        raise TryAgain(f"mailbox {login.mailbox_id} has no tokens", hint="helpdeskctl mailbox login ADDRESS")
    return Tokens(kept["access"], kept.get("refresh"))


def _sealed(desk: Desk, tokens: Tokens) -> bytes:
    return desk.keys.seal(json.dumps({"access": tokens.access, "refresh": tokens.refresh}))


def _ends(desk: Desk, tokens: Tokens) -> datetime:
    return desk.now() + timedelta(seconds=tokens.lives)


def _client_secret(desk: Desk, granted: Granted) -> int | None:
    if granted.secret_reference is not None:
        return _insert(desk, "client_secret", reference=check_reference(granted.secret_reference))
    if granted.secret is not None:
        return _insert(desk, "client_secret", sealed=desk.keys.seal(granted.secret))
    return granted.secret_id


def _insert(desk: Desk, purpose: str, **value: Any) -> int:
    return int(Secret.insert(purpose=purpose, changed_at=desk.now(), **value).execute())


def _forget_password(mailbox_id: int) -> None:
    row = Mailbox.get(Mailbox.id == mailbox_id)
    if row.secret_id is not None:
        Mailbox.update(secret_id=None).where(Mailbox.id == mailbox_id).execute()
        Secret.delete().where(Secret.id == row.secret_id).execute()
