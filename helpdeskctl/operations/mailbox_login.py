"""Signing a mailbox in: by its password, or by a token that is renewed in time (BOX-6).

A provider may hand out a new refresh token each time and make the old one worthless, or take the second use of an old
one for theft. So one process at a time renews, over all hosts; it first makes sure that it can write, and what it got
is kept before it is used.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from helpdeskctl import log
from helpdeskctl.desk import Desk
from helpdeskctl.errors import HelpdeskError, NotPermitted, StorageFailed, TryAgain
from helpdeskctl.mail.sasl import Bearer, Tokens
from helpdeskctl.operations import mailbox_login_rows as rows
from helpdeskctl.queries import hold
from helpdeskctl.queries import secrets as stored
from helpdeskctl.store.tables import Mailbox, MailboxLogin

_EARLY = timedelta(minutes=5)  # a token is renewed so long before it ends
_PATIENCE = 45.0  # seconds: for another process that renews, and for a database that does not take the tokens
_AGAIN = 0.2  # seconds between two looks


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a mailbox signs in with: one of both, or neither where its servers ask for nothing."""

    password: str | None = field(default=None, repr=False)
    bearer: Bearer | None = None


def sign_in(desk: Desk, mailbox: Mailbox, *, patience: float = _PATIENCE) -> SignIn:
    """How a mailbox signs in. ConfigError or Refused when its password cannot be read; tokens are read when used.

    `patience`: seconds that renewing a token may wait for its provider, or for another process.
    """
    if MailboxLogin.select().where(MailboxLogin.mailbox_id == mailbox.id).exists():
        return SignIn(bearer=partial(access_token, desk, mailbox.id, patience=patience))
    return SignIn(password=stored.value(desk, mailbox.secret_id))


def access_token(desk: Desk, mailbox_id: int, refused: str | None = None, *, patience: float = _PATIENCE) -> str:
    """A token that is good for some minutes and is not `refused`; renewed where need be. Outside any transaction.

    Raises NotPermitted, at once, when a person has to sign in again; TryAgain when the provider is away or another
    process takes its time; Refused while mail is held (BOX-8): renewing would take the token from the real desk.
    """
    if (good := _good(desk, mailbox_id, refused)) is not None:
        return good
    if desk.database.orm.in_transaction():
        raise TryAgain(f"{_named(mailbox_id)}: its sign-in has to be renewed first, which no rehearsal does")
    patient_until = time.monotonic() + patience
    while True:
        with desk.lock(f"login:{mailbox_id}") as ours:
            if ours:
                return _good(desk, mailbox_id, refused) or _renewed(desk, mailbox_id, refused, patience)
        if (good := _good(desk, mailbox_id, refused, early=timedelta(0))) is not None:
            return good  # another process is renewing it; until then the old one does
        if time.monotonic() > patient_until:
            raise TryAgain(f"{_named(mailbox_id)}: another process has been renewing its sign-in for too long")
        time.sleep(_AGAIN)


def _row(mailbox_id: int) -> MailboxLogin:
    row: MailboxLogin | None = MailboxLogin.get_or_none(MailboxLogin.mailbox_id == mailbox_id)
    if row is None:
        raise TryAgain(f"{_named(mailbox_id)}: it has just been given another sign-in")
    return row


def _good(desk: Desk, mailbox_id: int, refused: str | None, *, early: timedelta = _EARLY) -> str | None:
    """The kept token, if it will do."""
    login = _row(mailbox_id)
    if login.access_until is None or login.access_until <= desk.now() + early:
        return None
    access = rows.tokens_of(desk, login).access
    return access if access != refused else None


def _renewed(desk: Desk, mailbox_id: int, refused: str | None, patience: float) -> str:
    """Ask the provider; under the lock."""
    hold.refuse_if_held(desk)
    login = _row(mailbox_id)
    rows.writable(desk, login)
    try:
        tokens = _asked(desk, login, patience)
    except HelpdeskError as fault:
        error = _about(mailbox_id, login, fault)
        rows.failed(desk, login, error.message, for_good=isinstance(fault, NotPermitted))
        log.event("login.failed", mailbox=mailbox_id, error=type(fault).__name__)
        if isinstance(fault, TryAgain) and (old := _good(desk, mailbox_id, refused, early=timedelta(0))):
            return old  # renewed early enough: it may wait until the provider is back
        raise error from fault
    _keep(desk, login, tokens)
    log.event("login.renewed", mailbox=mailbox_id)
    return tokens.access


def _asked(desk: Desk, login: MailboxLogin, patience: float) -> Tokens:
    from helpdeskctl.mail import oauth, oauth_http  # here, because they load what speaks HTTP

    ca_file = Mailbox.get(Mailbox.id == login.mailbox_id).ca_file
    secret = stored.value(desk, login.client_secret_id)
    client = oauth.Client(login.client_id, secret, ca_file, min(patience, oauth_http.PATIENCE))
    if login.way == "app":
        return oauth.by_app(login.token_url, client, login.scope)
    old = rows.tokens_of(desk, login).refresh
    if old is None:
        raise NotPermitted("the provider gave no refresh token when somebody signed in", hint=oauth.AGAIN)
    fresh = oauth.refreshed(login.token_url, client, old, login.scope)
    return Tokens(fresh.access, fresh.refresh or old, fresh.lives)


def _keep(desk: Desk, login: MailboxLogin, tokens: Tokens) -> None:
    """Tokens that are not kept are lost with all that follow from them: a busy database is asked again and again."""
    patient_until = time.monotonic() + _PATIENCE
    while True:
        try:
            rows.renewed(desk, login, tokens)
        except (TryAgain, StorageFailed):
            if time.monotonic() > patient_until:
                raise
            time.sleep(_AGAIN)
        else:
            return


def _about(mailbox_id: int, login: MailboxLogin, fault: HelpdeskError) -> HelpdeskError:
    """The same error with the provider in it, and the command that mends it in the message: it is what is kept."""
    address = Mailbox.get(Mailbox.id == mailbox_id).address
    hint = fault.hint.replace("ADDRESS", address) if fault.hint else None
    message = f"no token from {login.provider}: {fault.message}"
    if isinstance(fault, NotPermitted) and hint:
        message += f"; sign in again: helpdeskctl mailbox login {address}"
    return type(fault)(message, hint=hint)


def _named(mailbox_id: int) -> str:
    row = Mailbox.get_or_none(Mailbox.id == mailbox_id)
    return f"mailbox {row.address}" if row else "this mailbox"
