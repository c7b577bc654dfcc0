"""An SMTP server on loopback that keeps what it is given, and refuses, delays or breaks on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.certificates import Certificates

PASSWORD = "pw"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One accepted (or silently dropped) transaction: envelope, raw bytes, who logged in, whether TLS was on."""

    mail_from: str
    rcpt_tos: tuple[str, ...]
    data: bytes
    login: str | None
    tls: bool

    @property
    def message(self) -> EmailMessage:
        """The mail as a program of the receiver sees it."""
        parsed = message_from_bytes(self.data, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass(slots=True)
class Behaviour:
    """How the server answers. `recipients` maps an address to its RCPT answer, such as "550 no such user"."""

    recipients: dict[str, str] = field(default_factory=dict)
    sender: str | None = None  # answer to MAIL FROM
    senders: dict[str, str] = field(default_factory=dict)  # the same for one sender; the null path is "<>"
    data: str | None = None  # answer to the mail itself
    lose_answer: bool = False  # keep the mail, then drop the connection without a word
    hold_answer: float = 0.0  # seconds between keeping the mail and saying so
    refuse_auth: bool = False
    slow: float = 0.0  # seconds before each answer to RCPT and DATA


class SmtpSink:
    """`port` speaks plain and STARTTLS (AUTH only after it), `tls_port` TLS from the first byte.

    Any user may log in with the password "pw". `deliveries` holds what was taken, in order.
    """

    host = "localhost"
    without: tuple[str, ...] = ()  # mechanisms that it does not offer

    def __init__(self, certificates: Certificates) -> None:
        self.ca_file: Path = certificates.ca_file
        self.deliveries: list[Delivery] = []
        self.behaviour = Behaviour()
        self.logins: list[str] = []
        tls = certificates.good.server_context()
        shared: dict[str, Any] = {"hostname": "127.0.0.1", "port": 0, "authenticator": self._authenticate}
        shared["auth_exclude_mechanism"] = self.without
        self._controllers = (
            _Controller(self, **shared, tls_context=tls),
            _Controller(self, **shared, ssl_context=tls, auth_require_tls=False),
        )
        for controller in self._controllers:
            controller.start()
        self.port, self.tls_port = (controller.bound_port for controller in self._controllers)

    def stop(self) -> None:
        """Close both ports."""
        for controller in self._controllers:
            controller.stop()

    def reset(self) -> None:
        """Forget the mails and behave again."""
        self.deliveries.clear()
        self.logins.clear()
        self.behaviour = Behaviour()

    def to(self, address: str) -> list[Delivery]:
        """Return what was delivered to `address`, in order."""
        return [delivery for delivery in self.deliveries if address in delivery.rcpt_tos]

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        accepted = data.password == PASSWORD.encode() and not self.behaviour.refuse_auth
        if accepted:
            self.logins.append(data.login.decode())
        return AuthResult(success=accepted, handled=False, auth_data=data.login.decode())

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.behaviour.senders.get(address, self.behaviour.sender):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 sender ok"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        await asyncio.sleep(self.behaviour.slow)
        answer = self.behaviour.recipients.get(address, "250 recipient ok")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.behaviour.slow)
        if self.behaviour.data:
            return self.behaviour.data
        assert isinstance(envelope.content, bytes)
        transport = server.transport
        assert isinstance(transport, asyncio.Transport)
        tls = transport.get_extra_info("sslcontext") is not None
        self.deliveries.append(
            Delivery(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.content, session.auth_data, tls)
        )
        await asyncio.sleep(self.behaviour.hold_answer)
        if self.behaviour.lose_answer:
            transport.abort()
        return "250 taken"


class _Controller(Controller):
    """A controller on a port the kernel chose."""

    def __init__(self, sink: SmtpSink, **options: Any) -> None:
        super().__init__(sink, **options)

    @property
    def bound_port(self) -> int:
        assert isinstance(self.server, asyncio.Server)
        port: int = self.server.sockets[0].getsockname()[1]
        return port

    def _trigger_server(self) -> None:
        self.port = self.bound_port
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd is half typed


@contextmanager
def smtp_sink(certificates: Certificates) -> Iterator[SmtpSink]:
    """Run the sink for the length of the block."""
    sink = SmtpSink(certificates)
    try:
        yield sink
    finally:
        sink.stop()
