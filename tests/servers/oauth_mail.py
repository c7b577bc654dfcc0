"""Mail servers that are signed in to by tokens: Dovecot asks the authorization server about each, so does the sink."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.certificates import Certificates
from tests.servers.dovecot import dovecot_server, find_dovecot, why_no_dovecot
from tests.servers.imap import ImapAccount, ImapServer
from tests.servers.oauth import OAuthServer, oauth_server
from tests.servers.smtp import SmtpSink


class TokenSink(SmtpSink):
    """An SMTP sink that takes XOAUTH2 alone; where the mail is for a real mailbox it puts it there."""

    without = ("PLAIN", "LOGIN")

    def __init__(self, certificates: Certificates, oauth: OAuthServer) -> None:
        self.oauth = oauth
        self.refused: list[str] = []
        self.mailbox: ImapAccount | None = None
        super().__init__(certificates)

    def reset(self) -> None:
        """As the sink, and no mailbox behind it."""
        super().reset()
        self.refused.clear()
        self.mailbox = None

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """Google's and Microsoft's: `user=…^Aauth=Bearer …^A^A`; a refusal explains itself and wants an empty word."""
        words = base64.b64decode(args[1]).decode().split("\x01")
        user, token = words[0].removeprefix("user="), words[1].removeprefix("auth=Bearer ")
        return await self._judged(server, user, token, dummy=b"")

    async def _judged(self, server: SMTP, user: str, token: str, *, dummy: bytes) -> AuthResult:
        if self.oauth.is_good(token) == user:
            self.logins.append(user)
            return AuthResult(success=True, auth_data=user)
        self.refused.append(token)
        challenge = json.dumps({"status": "401", "schemes": "bearer"})
        answer = await server.challenge_auth(challenge)
        assert answer == dummy or (answer is MISSING and not dummy), answer
        await server.push("535 5.7.3 Authentication unsuccessful")
        return AuthResult(success=False, handled=True)

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=False, handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """As the sink, and delivered."""
        answer = await super().handle_DATA(server, session, envelope)
        if self.mailbox is not None:
            assert isinstance(envelope.content, bytes)
            self.mailbox.append(envelope.content)
        return answer


class BearerSink(TokenSink):
    """An SMTP sink that takes OAUTHBEARER, too, which is what a client prefers (RFC 7628)."""

    async def auth_OAUTHBEARER(self, server: SMTP, args: list[str]) -> AuthResult:
        """`n,a=USER,^Ahost=…^Aport=…^Aauth=Bearer …^A^A`; after a refusal one ^A is waited for (3.2.3)."""
        header, host, port, auth, *rest = base64.b64decode(args[1]).decode().split("\x01")
        assert header.startswith("n,a=") and header.endswith(",") and rest == ["", ""]
        assert host.startswith("host=") and port.startswith("port=")
        user = header[4:-1].replace("=2C", ",").replace("=3D", "=")
        return await self._judged(server, user, auth.removeprefix("auth=Bearer "), dummy=b"\x01")


@pytest.fixture(scope="session")
def _oauth() -> Iterator[OAuthServer]:
    with oauth_server() as server:
        yield server


@pytest.fixture
def oauth(_oauth: OAuthServer) -> OAuthServer:
    """An authorization server, as new."""
    _oauth.reset("nobody@example.org")
    return _oauth


@pytest.fixture(scope="session", params=["xoauth2", "oauthbearer"])
def token_imap(request: pytest.FixtureRequest, _oauth: OAuthServer, certificates: Certificates) -> Iterator[ImapServer]:
    """Dovecot, once with each of the mechanisms for tokens."""
    program = find_dovecot()
    if program is None:
        pytest.skip(f"{why_no_dovecot()}: nothing else takes tokens")
    with dovecot_server(program, certificates, tokens=(request.param, f"{_oauth.base}/introspect")) as server:
        yield server


@pytest.fixture
def token_account(token_imap: ImapServer, oauth: OAuthServer) -> ImapAccount:
    """A mailbox whose owner is the one that signs in."""
    account = token_imap.account("support")
    oauth.user = account.user
    return account


@pytest.fixture(scope="session")
def _token_sink(certificates: Certificates, _oauth: OAuthServer) -> Iterator[TokenSink]:
    sink = TokenSink(certificates, _oauth)
    yield sink
    sink.stop()


@pytest.fixture
def token_smtp(_token_sink: TokenSink) -> TokenSink:
    """An SMTP server that takes tokens, empty and well-behaved."""
    _token_sink.reset()
    return _token_sink
