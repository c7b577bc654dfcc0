"""Trying a mailbox's servers for real, in plain words (BOX-3). Nothing is stored; only a round trip sends a mail."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from helpdeskctl.desk import Desk
from helpdeskctl.domain.delivery import State
from helpdeskctl.domain.mailurls import Security, Sendmail, Server, parse_imap, parse_smtp
from helpdeskctl.errors import HelpdeskError, InvalidInput, NegativeAnswer, NotFound, Refused, TryAgain
from helpdeskctl.mail import compose, fetch, send
from helpdeskctl.mail.compose import Person
from helpdeskctl.mail.salvage import salvage
from helpdeskctl.mail.sasl import Bearer
from helpdeskctl.operations import mailbox_faults, mailbox_login
from helpdeskctl.queries import hold
from helpdeskctl.store.tables import Mailbox

_ARRIVES_WITHIN = 60.0  # seconds
_LOOKS_EVERY = 1.0
_LONGEST_LOOK = 120.0  # seconds for the connection beside the wait

Told = Callable[[float], None]

_SECURITY = {Security.TLS: "TLS", Security.STARTTLS: "STARTTLS", Security.PLAIN: "without TLS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is tried: a mailbox as it is, or as somebody wants it. Without a URL that direction is not tried."""

    address: str
    imap: str | None = None
    smtp: str | None = None
    password: str | None = field(default=None, repr=False)
    bearer: Bearer | None = None
    ca_file: str | None = None
    folder: str = "INBOX"
    after: str = "keep"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing tried. `text` says what is there, or with `fault` what is wrong and what to do."""

    address: str
    what: str  # imap | smtp | round trip | secret
    text: str
    fault: HelpdeskError | None = None

    @property
    def ok(self) -> bool:
        """Whether it works."""
        return self.fault is None


def targets(desk: Desk, addresses: list[str]) -> list[str]:
    """The mailboxes to try: those named, or without names all that are enabled. NotFound for one that is not there."""
    rows = {row.address: bool(row.enabled) for row in Mailbox.select(Mailbox.address, Mailbox.enabled)}
    for address in addresses:
        if address.casefold() not in rows:
            raise NotFound(
                f'no mailbox "{address}"', hint=f"known: {', '.join(sorted(rows))}", subject=f"mailbox/{address}"
            )
    return [address.casefold() for address in addresses] or sorted(each for each, enabled in rows.items() if enabled)


def of_mailbox(desk: Desk, address: str) -> Target:
    """A mailbox as it is kept. ConfigError or Refused when its password cannot be read as the present user."""
    row = Mailbox.get(Mailbox.address == address)
    sign_in = mailbox_login.sign_in(desk, row)
    return Target(
        address=row.address,
        imap=row.imap_url,
        smtp=row.smtp_url,
        password=sign_in.password,
        bearer=sign_in.bearer,
        ca_file=row.ca_file,
        folder=row.folder,
        after=row.after,
    )


def probe(desk: Desk, mailbox: str, *, imap: bool = True, smtp: bool = True, told: Told | None = None) -> list[Finding]:
    """Try a stored mailbox: its password, then IMAP and SMTP, as far as they are asked for.

    With `told` a round trip follows where both work; it hears how many seconds that has taken so far.
    """
    try:
        target = of_mailbox(desk, mailbox)
    except HelpdeskError as fault:
        return [Finding(mailbox, "secret", "", mailbox_faults.about(fault, mailbox))]
    found = [try_imap(desk, target)] if imap and target.imap else []
    found += [try_smtp(desk, target)] if smtp and target.smtp else []
    if told is not None and all(finding.ok for finding in found):
        found.append(try_round_trip(desk, target, told=told))
    return found


def try_imap(desk: Desk, target: Target) -> Finding:
    """Log in, open the folder, see that stored mail can be dealt with: `imap 993 TLS, INBOX 41,207 messages`."""
    try:
        server = parse_imap(target.imap or "", allow_insecure=True)
        with fetch.connected(_imap_login(desk, target)) as session:
            folder = session.open(target.folder, readonly=True)
            session.check(target.after)
    except HelpdeskError as fault:
        return Finding(target.address, "imap", "", _named(fault, target, "--imap URL"))
    return Finding(target.address, "imap", f"imap {_way(server)}, {folder.name} {folder.count:,} messages")


def try_smtp(desk: Desk, target: Target) -> Finding:
    """Log in and ask whether the mailbox may send: `smtp 587 STARTTLS, may send as support@example.org`."""
    try:
        server = parse_smtp(target.smtp or "", allow_insecure=True)
        with send.connected(_smtp_login(desk, target)) as sender:
            answer = sender.may_send_as(compose.ascii_address(target.address))
    except HelpdeskError as fault:
        return Finding(target.address, "smtp", "", _named(fault, target, "--smtp URL"))
    if answer.state is not State.SENT:
        words = f"the server does not let us send as {target.address}: {answer.detail}"
        no = NegativeAnswer(words, hint="let this user send from that address, or name another user in the URL")
        return Finding(target.address, "smtp", "", _named(no, target))
    where = f"sendmail {server.path}" if isinstance(server, Sendmail) else f"smtp {_way(server)}"
    return Finding(target.address, "smtp", f"{where}, may send as {target.address}")


def try_round_trip(
    desk: Desk, target: Target, *, patience: float = _ARRIVES_WITHIN, told: Told = lambda _seconds: None
) -> Finding:
    """Send a mail to the mailbox itself, wait until it arrives, and remove it. Refused while mail is held (BOX-8).

    Meanwhile no other run reads the mailbox. What arrives is no ticket: it bears this desk's mark (MAIL-20).
    """
    try:
        if not (target.imap and target.smtp):
            raise InvalidInput("a round trip needs both directions", hint="mailbox edit --imap URL --smtp URL")
        hold.refuse_if_held(desk)
        with desk.lock(f"mailbox:{target.address}"):
            return Finding(target.address, "round trip", _go_round(desk, target, patience, told))
    except HelpdeskError as fault:
        return Finding(target.address, "round trip", "", _named(fault, target))


def _go_round(desk: Desk, target: Target, patience: float, told: Told) -> str:
    with fetch.connected(_imap_login(desk, target, longest=patience + _LONGEST_LOOK)) as session:
        before = session.open(target.folder).uidnext - 1
        started = time.monotonic()
        token = secrets.token_hex(16)
        _send_to_itself(desk, target, token)
        while (waited := time.monotonic() - started) < patience:
            told(waited)
            session.refresh()
            if (uid := _arrived(session, before, token)) is not None:
                return f"round trip in {waited:.0f} s, {_removed(session, uid, target)}"
            time.sleep(_LOOKS_EVERY)
    raise NegativeAnswer(
        f"sent, but not arrived in {target.folder} within {patience:.0f} s",
        hint="look into the spam folder, the server's queue and its aliases",
    )


def _arrived(session: fetch.Mailbox, before: int, token: str) -> int | None:
    """The UID of our mail, if it is there. NegativeAnswer for a mail that answers it: it could not be delivered."""
    for uid in session.after(before):
        header = session.header(uid)
        mail = salvage(header)
        if mail.subject == _subject(token):  # some servers write a Message-ID of their own
            return uid
        if token.encode() in header:
            raise NegativeAnswer(
                f'sent, and an answer came instead of it: "{mail.subject}"', hint="read that mail, it says why"
            )
    return None


def _removed(session: fetch.Mailbox, uid: int, target: Target) -> str:
    try:
        session.finish([uid], "delete")
    except (Refused, TryAgain):
        return f"the test mail stays in {target.folder} (the server cannot remove single mails)"
    return "the test mail was removed"


def _subject(token: str) -> str:
    return f"Test of this mailbox ({token})"


def _send_to_itself(desk: Desk, target: Target, token: str) -> None:
    """Our header in it keeps a later fetch from making a ticket of it."""
    address = compose.ascii_address(target.address)
    mail = compose.OutgoingMail(
        message_id=f"<test-{token}@{address.rpartition('@')[2]}>",
        date=desk.now(),
        sender=Person(target.address),
        to=[Person(target.address)],
        subject=_subject(token),
        text="This mail was sent by `helpdeskctl mailbox test --round-trip`. It may be deleted.",
        installation=desk.config.installation,
        automatic="auto-generated",
    )
    with send.connected(_smtp_login(desk, target)) as sender:
        answer = sender.send([address], [address], compose.compose(mail))[address]
    if answer.state is not State.SENT:
        raise NegativeAnswer(
            f"the server did not take a mail to {target.address}: {answer.detail}",
            hint="whether that address is known to it, and whether this user may send so",
        )


def _imap_login(desk: Desk, target: Target, *, longest: float = 600.0) -> fetch.Login:
    times = desk.config.mail
    return fetch.Login(
        target.imap or "",
        target.password,
        target.ca_file,
        target.bearer,
        connect_timeout=times.connect_timeout,
        command_timeout=times.command_timeout,
        longest=longest,
    )


def _smtp_login(desk: Desk, target: Target) -> send.Login:
    times = desk.config.mail
    return send.Login(
        target.smtp or "",
        target.password,
        target.ca_file,
        target.bearer,
        connect_timeout=times.connect_timeout,
        command_timeout=times.command_timeout,
    )


def _way(server: Server) -> str:
    return f"{server.port} {_SECURITY[server.security]}"


def _named(fault: HelpdeskError, target: Target, change: str = "") -> HelpdeskError:
    """The error of this mailbox; without a hint of its own the one that names another server: `change`."""
    otherwise = f"helpdeskctl mailbox edit ADDRESS {change}" if change else "helpdeskctl mailbox test ADDRESS"
    return mailbox_faults.about(fault, target.address, otherwise=otherwise)
