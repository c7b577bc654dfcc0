"""Reading a mailbox over IMAP (RFC 9051, 3501). The only place that knows imapclient, which is held, not inherited.

TLS is required and verified wherever the URL does not say plain; there is no falling back. Everything is said in UIDs.
Mail is read with BODY.PEEK, so that no flag of a person's changes, and nothing is expunged but by UID (RFC 4315).
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from helpdeskctl.domain.mailurls import Security, Server, parse_imap
from helpdeskctl.domain.text import clean_line
from helpdeskctl.errors import HelpdeskError, NotFound, Refused, TryAgain
from helpdeskctl.mail import naming, sasl

BATCH_COUNT = 50  # mails in one FETCH
PIECE = 2 * 1024 * 1024  # octets of a large mail fetched at once: more than any header has
_NAMES = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID FROM SUBJECT DATE)]"
_SIZES_AT_ONCE = 1000  # UIDs in one look at sizes
_TEMPORARY = re.compile(r"\[?(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]?|try (?:it )?again|temporar", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Login:
    """How to get in: a mail URL, its password, a private authority's certificates; times in seconds.

    `bearer` gives a token instead of the password (OAuth 2.0); it is asked for another one when that is refused, once.
    `longest` is how long the whole connection may last: after it the line is cut, however slowly a server drips.
    """

    url: str
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    bearer: sasl.Bearer | None = None
    connect_timeout: float = 15.0
    command_timeout: float = 60.0
    longest: float = 600.0

    @property
    def host(self) -> str:
        """The server as people know it."""
        return parse_imap(self.url, allow_insecure=True).host


@dataclass(frozen=True, slots=True)
class Folder:
    """A selected folder (RFC 3501, 2.3.1.1): UIDs hold under this UIDVALIDITY only; the next mail gets `uidnext`."""

    name: str
    uidvalidity: int
    uidnext: int
    count: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is known of a mail before it is fetched: octets, and when the server received it."""

    uid: int
    size: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Named:
    """Which mail a UID stands for, as far as its header says."""

    uid: int
    message_id: str | None
    sender: str | None
    subject: str
    received_at: datetime


@contextmanager
def connected(login: Login) -> Iterator[Mailbox]:
    """A logged-in connection.

    TryAgain when the server is away, NotPermitted when it refuses the login, Refused for a certificate that cannot be
    verified and for TLS that it does not offer. The same wraps whatever goes wrong inside the block.
    """
    with _faults(login.host):
        client = _signed_in(login)
        clock = threading.Timer(login.longest, _hang_up, (client,))
        clock.daemon = True
        clock.start()
        try:
            yield Mailbox(client, login.host)
        finally:
            clock.cancel()
            _say_goodbye(client)


class Mailbox:
    """One connection to one account."""

    def __init__(self, client: Any, host: str) -> None:
        self._client = client
        self._host = host

    def folders(self) -> list[str]:
        """The names of all folders that can be read."""
        return sorted(str(name) for flags, _, name in self._client.list_folders() if b"\\Noselect" not in flags)

    def open(self, name: str, *, readonly: bool = False) -> Folder:
        """Select a folder. NotFound, with those there are, when there is none of that name."""
        from imapclient.exceptions import IMAPClientError

        try:
            answer = self._client.select_folder(name, readonly=readonly)
        except self._client.AbortError:
            raise
        except IMAPClientError as fault:
            if _TEMPORARY.search(str(fault)):
                raise
            known = ", ".join(self.folders()[:20])
            raise NotFound(f'{self._host} has no folder "{name}"', hint=f"known: {known}") from fault
        count = int(answer.get(b"EXISTS", 0))
        uidnext = int(answer.get(b"UIDNEXT", 0)) or (self._newest() + 1)
        return Folder(name, int(answer[b"UIDVALIDITY"]), uidnext, count)

    def after(self, last: int) -> list[int]:
        """The UIDs above `last`, ascending. Servers answer `n:*` with the newest mail even when it is older."""
        return sorted(uid for uid in self._client.search(["UID", f"{last + 1}:*"]) if uid > last)

    def since(self, day: date) -> list[int]:
        """The UIDs of mail that the server received on `day` or later."""
        return sorted(self._client.search(["SINCE", day]))

    def envelopes(self, uids: Sequence[int]) -> Iterator[Envelope]:
        """Sizes and times, ascending; mail that vanished meanwhile is left out."""
        for start in range(0, len(uids), _SIZES_AT_ONCE):
            rows = self._client.fetch(list(uids[start : start + _SIZES_AT_ONCE]), ["RFC822.SIZE", "INTERNALDATE"])
            for uid, row in sorted(rows.items()):
                if b"RFC822.SIZE" in row:
                    yield Envelope(uid, row[b"RFC822.SIZE"], _utc(row.get(b"INTERNALDATE")))

    def named(self, uids: Sequence[int]) -> Iterator[Named]:
        """Who wrote what about these mails, ascending, by four fields of their headers; vanished ones are left out."""
        rows = self._client.fetch(list(uids), ["INTERNALDATE", _NAMES]) if uids else {}
        for uid, row in sorted(rows.items()):
            header = next((value for key, value in row.items() if key.startswith(b"BODY[HEADER") and value), b"")
            yield Named(uid, *naming.names(header), _utc(row.get(b"INTERNALDATE")))

    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The mails, octet for octet; one that vanished meanwhile is left out."""
        rows = self._client.fetch(list(uids), ["BODY.PEEK[]"])
        return {uid: row[b"BODY[]"] for uid, row in rows.items() if row.get(b"BODY[]") is not None}

    def pieces(self, uid: int) -> Iterator[bytes]:
        """One mail a piece at a time, for one that is too large to be held in memory; nothing when it vanished."""
        at = 0
        while True:
            row = self._client.fetch([uid], [f"BODY.PEEK[]<{at}.{PIECE}>"]).get(uid, {})
            piece = next((value for key, value in row.items() if key.startswith(b"BODY[]") and value), b"")
            if piece:
                yield piece
            if len(piece) < PIECE:
                return
            at += len(piece)

    def header(self, uid: int) -> bytes:
        """The first 64 kB of a mail's header, for one that is too large to be fetched."""
        row = self._client.fetch([uid], ["BODY.PEEK[HEADER]<0.65536>"]).get(uid, {})
        return next((value for key, value in row.items() if key.startswith(b"BODY[HEADER]") and value), b"")

    def refresh(self) -> None:
        """Let the server tell what is new in the open folder."""
        self._client.noop()

    def check(self, after: str) -> None:
        """Refused when the server cannot do with stored mail what a mailbox wants; nothing is changed."""
        kind = after.partition(":")[0]
        if kind == "delete" or (kind == "move" and not self._client.has_capability("MOVE")):
            self._refuse_without_uidplus()

    def finish(self, uids: Sequence[int], after: str) -> None:
        """Do what the mailbox wants done with stored mail: `seen`, `flag`, `move:FOLDER`, `delete`; `keep` is nothing.

        Refused when the server can neither move nor expunge by UID: a plain EXPUNGE would take other mail along.
        TryAgain when it says no: a full quota, a folder that cannot be made.
        """
        from imapclient.exceptions import IMAPClientError

        if not uids or after == "keep":
            return
        try:
            self._finish(uids, after)
        except self._client.AbortError:
            raise
        except IMAPClientError as no:
            hint = "helpdeskctl mailbox edit ADDRESS --after keep|seen|flag|move:F|delete"
            raise TryAgain(f'{self._host} does not let us "{after}" stored mail: {_words(no)}', hint=hint) from no

    def _finish(self, uids: Sequence[int], after: str) -> None:
        kind, _, folder = after.partition(":")
        if kind == "move":
            self._move(uids, folder)
        elif kind == "delete":
            self._remove(uids)
        else:
            self._client.add_flags(list(uids), [{"seen": rb"\Seen", "flag": rb"\Flagged"}[kind]], silent=True)

    def _move(self, uids: Sequence[int], folder: str) -> None:
        if not self._client.folder_exists(folder):
            self._client.create_folder(folder)
        if self._client.has_capability("MOVE"):
            self._client.move(list(uids), folder)
            return
        self._refuse_without_uidplus()
        self._client.copy(list(uids), folder)
        self._remove(uids)

    def _remove(self, uids: Sequence[int]) -> None:
        self._refuse_without_uidplus()
        self._client.delete_messages(list(uids), silent=True)
        self._client.expunge(list(uids))

    def _refuse_without_uidplus(self) -> None:
        if not self._client.has_capability("UIDPLUS"):
            raise Refused(
                f"{self._host} cannot remove single mails (no UIDPLUS, RFC 4315)",
                hint="helpdeskctl mailbox edit ADDRESS --after seen",
            )

    def _newest(self) -> int:
        return max(self._client.search("ALL"), default=0)


def _signed_in(login: Login) -> Any:
    if login.bearer is None:
        return _open(login, None)
    token = login.bearer(None)
    try:
        return _open(login, token)
    except sasl.TokenRefused:
        return _open(login, login.bearer(token))


def _open(login: Login, token: str | None) -> Any:
    from imapclient import IMAPClient, SocketTimeout

    server = parse_imap(login.url, allow_insecure=True)
    context = ssl.create_default_context(cafile=login.ca_file)
    client = IMAPClient(
        server.host,
        server.port,
        ssl=server.security is Security.TLS,
        ssl_context=context,
        timeout=SocketTimeout(login.connect_timeout, login.command_timeout),
    )
    try:
        client.normalise_times = False  # aware times, in the server's zone
        client._imap.debug = 0  # imapclient has imaplib format every line for a log that nobody reads
        if server.security is Security.STARTTLS:
            client.starttls(context)
        if server.user is not None:
            _log_in(client, server, login.password or "", token)
    except BaseException:
        _hang_up(client)
        raise
    return client


def _log_in(client: Any, server: Server, password: str, token: str | None) -> None:
    from imapclient.exceptions import LoginError

    user = server.user or ""
    offered = [word.decode().removeprefix("AUTH=") for word in client.capabilities() if word.startswith(b"AUTH=")]
    try:
        if token is not None:
            exchange = sasl.exchange(offered, user=user, token=token, host=server.host, port=server.port)
            client.sasl_login(exchange.mechanism, exchange)
        elif "PLAIN" in offered:  # LOGIN cannot carry every character of a password
            client.plain_login(user, password)
        else:
            client.login(user, password)
    except LoginError as no:
        said = sasl.without(_words(no), password, token)
        if isinstance(no.__context__, client.AbortError):
            raise TryAgain(f"{server.host} ended the connection during the login: {said}") from no
        if _TEMPORARY.search(str(no)):
            raise TryAgain(f'login not possible at {server.host} now ("{said}")') from no
        raise sasl.refused(server.host, said, offered, by_token=token is not None) from no


def _say_goodbye(client: Any) -> None:
    try:
        client.logout()
    except Exception:  # the line is dead already
        _hang_up(client)


def _hang_up(client: Any) -> None:
    with suppress(Exception):
        client.socket().shutdown(socket.SHUT_RDWR)
    with suppress(Exception):
        client.shutdown()


def _utc(moment: datetime | None) -> datetime:
    """INTERNALDATE as an instant; a server that gives none received the mail now."""
    if moment is None:
        return datetime.now(UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


@contextmanager
def _faults(host: str) -> Iterator[None]:
    """Whatever imapclient, imaplib, ssl and the network raise, as the error family."""
    from imaplib import IMAP4

    from imapclient.exceptions import CapabilityError, IMAPClientError

    try:
        yield
    except HelpdeskError:
        raise
    except CapabilityError as lacking:
        raise Refused(f"{host} does not offer STARTTLS", hint="imaps:// for TLS from the first byte") from lacking
    except ssl.SSLCertVerificationError as wrong:
        raise Refused(
            f"the certificate of {host} is not trusted: {wrong.verify_message or wrong.reason}",
            hint="name the server as its certificate does, or --ca-file FILE for an authority of your own",
        ) from wrong
    except TimeoutError as slow:
        raise TryAgain(f"{host}: no answer in time") from slow
    except socket.gaierror as unknown:
        raise TryAgain(f"{host} cannot be reached: its name is not known") from unknown
    except IMAP4.abort as lost:
        raise TryAgain(f"{host} cannot be reached: {_words(lost)}") from lost
    except IMAPClientError as no:
        raise TryAgain(f"{host} does not do what it should: {_words(no)}") from no
    except OSError as fault:
        raise TryAgain(f"{host} cannot be reached: {_words(fault)}") from fault


def _words(fault: object) -> str:
    text = str(getattr(fault, "strerror", None) or fault) or type(fault).__name__
    return clean_line(text.removeprefix("b'").removesuffix("'"))[:300]
