"""The three ways to sign a mailbox in by OAuth 2.0: what is asked of whom, and the tokens that come of it (BOX-6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from helpdeskctl.desk import Desk
from helpdeskctl.domain import mailurls
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import InvalidInput, Refused
from helpdeskctl.mail import oauth, oauth_providers
from helpdeskctl.mail.oauth import Client
from helpdeskctl.mail.oauth_providers import Provider
from helpdeskctl.mail.sasl import Tokens
from helpdeskctl.operations import mailbox_probe, mailboxes
from helpdeskctl.operations.mailbox_login_rows import Granted
from helpdeskctl.operations.mailbox_probe import Target
from helpdeskctl.queries import secrets as stored
from helpdeskctl.queries import setup as objects
from helpdeskctl.store.secrets import read_reference
from helpdeskctl.store.tables import Mailbox, MailboxLogin

_REGISTER = {
    mailurls.MICROSOFT: "register an application at https://entra.microsoft.com and give --client-id ID",
    mailurls.GOOGLE: "make a desktop client at https://console.cloud.google.com and give --client-id ID",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for; what is left out is as it was at the last sign-in, or the provider's own."""

    provider: str | None = None
    tenant: str | None = None
    client_id: str | None = None
    secret: str | None = field(default=None, repr=False)
    secret_reference: str | None = None
    secret_until: date | None = None
    scope: str | None = None
    app_only: bool = False
    browser: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A sign-in that can begin: `user` is whose mail it is, as the servers are told."""

    address: str
    user: str
    provider: Provider
    way: str  # device | browser | app
    client: Client
    scope: str
    wish: Wish
    secret_id: int | None = None

    def granted(self, tokens: Tokens) -> Granted:
        """What is to be kept when it has worked."""
        return Granted(
            provider=self.provider.name,
            way=self.way,
            token_url=self.provider.token_url,
            client_id=self.client.id,
            scope=self.scope,
            tokens=tokens,
            secret_id=self.secret_id,
            secret=self.wish.secret,
            secret_reference=self.wish.secret_reference,
            secret_until=self.wish.secret_until,
        )


def plan(desk: Desk, key: str, wish: Wish) -> Plan:
    """How a mailbox will sign in. Asks an issuer for its description.

    Raises NotFound, InvalidInput for what is missing, Refused for a way that the provider does not have, TryAgain when
    it is away.
    """
    row = Mailbox.get(Mailbox.id == objects.known(desk, "mailbox", key))
    before = MailboxLogin.get_or_none(MailboxLogin.mailbox_id == row.id)
    servers = _servers(row)
    wish = _completed(row.address, servers, wish, before)
    provider = oauth_providers.named(wish.provider or "", tenant=wish.tenant, ca_file=row.ca_file)
    if wish.client_id is None:
        hint = _REGISTER.get(provider.name, "register an application there and give --client-id ID")
        raise InvalidInput(f"as which application does mailbox {row.address} sign in?", hint=hint)
    way = _way(provider, wish, before)
    secret, kept = _secret(desk, wish, before)
    if way == "app" and secret is None:
        raise InvalidInput("an application alone needs its secret", hint="--client-secret-file FILE")
    asked = provider.for_apps if way == "app" else provider.scope(receives="imap" in servers, sends="smtp" in servers)
    return Plan(
        address=row.address,
        user=next((server.user for server in servers.values() if server.user), row.address),
        provider=provider,
        way=way,
        client=Client(wish.client_id, secret, row.ca_file),
        scope=wish.scope or asked,
        wish=wish,
        secret_id=kept,
    )


def by_app(plan: Plan) -> Tokens:
    """The tokens of the application alone."""
    return oauth.by_app(plan.provider.token_url, plan.client, plan.scope)


def target(desk: Desk, plan: Plan, tokens: Tokens) -> Target:
    """The mailbox with these tokens, to be tried before they are kept."""
    wanted = mailbox_probe.of_mailbox(desk, plan.address)
    return replace(wanted, password=None, bearer=lambda _refused: tokens.access)


def keep(desk: Desk, actor: Actor, plan: Plan, tokens: Tokens) -> Change:
    """Keep a sign-in that worked."""
    if tokens.refresh is None and plan.way != "app":
        raise Refused(
            f"{plan.provider.name} gave no refresh token: the sign-in would end within the hour",
            hint='allow the application offline access, or name its scope: --scope "… offline_access"',
        )
    return mailboxes.set_login(desk, actor, plan.address, plan.granted(tokens))


def _servers(row: Mailbox) -> dict[str, mailurls.Server]:
    """imap, smtp -> the servers that a mailbox signs in to."""
    found = {
        "imap": mailurls.parse_imap(row.imap_url, allow_insecure=True) if row.imap_url else None,
        "smtp": mailurls.parse_smtp(row.smtp_url, allow_insecure=True) if row.smtp_url else None,
    }
    return {way: server for way, server in found.items() if isinstance(server, mailurls.Server) and server.user}


def _completed(address: str, servers: Mapping[str, mailurls.Server], wish: Wish, before: MailboxLogin | None) -> Wish:
    """The wish, and for what it leaves out the last sign-in, then what the servers' names say."""
    if wish.provider is None and before is None:
        known = next(filter(None, (mailurls.provider_of(server.host) for server in servers.values())), None)
        if known is None:
            hint = f"helpdeskctl mailbox login {address} --provider microsoft, google or an issuer's URL"
            raise InvalidInput(f"who gives mailbox {address} its tokens?", hint=hint)
        return replace(wish, provider=known)
    if before is None or (wish.provider or before.provider).rstrip("/") != before.provider:
        return wish
    same_way = before.way == ("app" if wish.app_only else "browser" if wish.browser else before.way)
    return replace(
        wish,
        provider=before.provider,
        tenant=wish.tenant or oauth_providers.tenant_of(before.token_url),
        client_id=wish.client_id or before.client_id,
        scope=wish.scope or (before.scope if same_way else None),
        secret_until=wish.secret_until or (before.client_secret_until and before.client_secret_until.date()),
    )


def _way(provider: Provider, wish: Wish, before: MailboxLogin | None) -> str:
    if wish.app_only and wish.browser:
        raise InvalidInput("--app-only needs no browser", hint="one of both")
    if wish.app_only and provider.name == mailurls.GOOGLE:
        raise Refused(
            "Google lets no application read mail by its secret alone, and its service accounts are not supported",
            hint="helpdeskctl mailbox login ADDRESS --provider google",
        )
    if wish.app_only or wish.browser:
        return "app" if wish.app_only else "browser"
    if before is not None and before.provider == provider.name:
        return str(before.way)
    return "device" if provider.device_url else "browser"


def _secret(desk: Desk, wish: Wish, before: MailboxLogin | None) -> tuple[str | None, int | None]:
    """The client secret, and its row where it is the one that is kept already."""
    if wish.secret is not None or wish.secret_reference is not None:
        return wish.secret or read_reference(wish.secret_reference or ""), None
    if before is None or before.client_id != wish.client_id or before.client_secret_id is None:
        return None, None
    return stored.value(desk, before.client_secret_id), before.client_secret_id
