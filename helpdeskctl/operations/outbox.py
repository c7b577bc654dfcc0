"""The outbox (OUT-4): a row in the transaction of what caused it; sent afterwards, outside any transaction."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal

from helpdeskctl.desk import Desk
from helpdeskctl.domain import references
from helpdeskctl.domain.delivery import Answer, State
from helpdeskctl.domain.references import Audience, TokenKeys
from helpdeskctl.errors import HelpdeskError, InvalidInput, StorageFailed, TryAgain
from helpdeskctl.mail import compose, send
from helpdeskctl.mail.compose import File, Person
from helpdeskctl.operations import automatic, mailbox_faults, mailbox_login, outbox_rows
from helpdeskctl.operations.jobs import SAID, together
from helpdeskctl.operations.messages import NewAttachment
from helpdeskctl.operations.outbox_rows import Claimed
from helpdeskctl.queries import hold
from helpdeskctl.store import prepared, steady
from helpdeskctl.store.database import transaction
from helpdeskctl.store.orm import ModelSelect
from helpdeskctl.store.tables import Department, Mailbox, OutgoingMail, OutgoingRecipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a mail of ours says, frozen until it has left. `bcc` goes into the envelope alone.

    `html` None: it is made from the text when the mail leaves. `in_reply_to` is the Message-ID that is answered,
    `ancestors` those before it, the oldest first. `automatic`: what RFC 3834 calls it, None for the words of a person.
    `unsubscribe`: the address at which a POST ends such mail (RFC 8058).
    """

    to: Sequence[Person]
    subject: str
    text: str
    html: str | None = None
    language: str | None = None
    cc: Sequence[Person] = ()
    bcc: Sequence[str] = ()
    in_reply_to: str | None = None
    ancestors: Sequence[str] = ()
    automatic: Literal["auto-replied", "auto-generated"] | None = None
    files: Sequence[NewAttachment] = ()
    unsubscribe: str | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """A mail in the outbox: its row and its Message-ID, the same at every try."""

    id: int
    mail_id: str


@dataclass(frozen=True, slots=True)
class MailboxReport:
    """What one run did for one mailbox, in mails; `left` are due and were not tried."""

    address: str
    sent: int = 0
    deferred: int = 0
    refused: int = 0
    unknown: int = 0
    left: int = 0
    seconds: float = 0.0
    error: HelpdeskError | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What one run of `deliver` did."""

    mailboxes: tuple[MailboxReport, ...] = ()

    def total(self, state: str) -> int:
        """How many mails ended as `state`: sent, deferred, refused, unknown or left."""
        return sum(int(getattr(mailbox, state)) for mailbox in self.mailboxes)


@transaction
def enqueue(
    desk: Desk,
    letter: Letter,
    *,
    mailbox_id: int,
    event: str,
    ticket: int | None = None,
    message: int | None = None,
    fixed_id: bool = False,
    sender_null: bool = False,
    undo: timedelta = timedelta(0),
    suppressed: bool = False,
    audience: Audience = Audience.CONTACT,
) -> Queued:
    """Write a mail into the outbox, in the transaction of what caused it.

    Its Message-ID carries the token of `ticket` and `message`; `fixed_id` says that this is the one mail whose id
    the message itself has. It leaves from `mailbox_id`, not before `undo` has passed. `sender_null`: with the null
    envelope sender. `suppressed`: written down, never sent (MAIL-23). InvalidInput for nobody to write to, too many,
    or an address that mail cannot go to.
    """
    mailbox = steady.the(desk.database, Mailbox, mailbox_id)
    recipients = _recipients(letter)
    mail_id = _mail_id(desk, mailbox.address, ticket, message, fixed_id=fixed_id, audience=audience)
    state = State.SUPPRESSED if suppressed else State.HELD if undo else State.QUEUED
    row = prepared.insert(
        OutgoingMail,
        mailbox_id=mailbox_id,
        ticket_id=ticket,
        message_id=message,
        event=event,
        automatic=letter.automatic is not None,
        mail_id=mail_id,
        sender_null=sender_null,
        content=_frozen(desk, letter, mailbox, mail_id),
        state=state.value,
        not_before=desk.now() + undo,
        created_at=desk.now(),
    )
    for address, field in recipients.items():
        prepared.insert(
            OutgoingRecipient, outgoing_id=row, address=address, field=field, state=state.value, at=desk.now()
        )
    return Queued(row, mail_id)


def letter_of(row: OutgoingMail) -> Letter:
    """What a mail of the outbox says, to be sent again; blind copies do not get it twice."""
    content = row.content
    chain = [each for each in content["references"] if each not in (row.mail_id, content["in_reply_to"])]
    return Letter(
        to=[Person(*person) for person in content["to"]],
        cc=[Person(*person) for person in content["cc"]],
        subject=content["subject"],
        text=content["text"],
        html=content["html"],
        language=content.get("language"),
        in_reply_to=content["in_reply_to"],
        ancestors=chain,
        automatic=content["automatic"],
        files=[NewAttachment(**file) for file in content["files"]],
        unsubscribe=content.get("unsubscribe"),
    )


def token_keys(desk: Desk) -> TokenKeys:
    """The keys by which our Message-IDs are signed."""
    return TokenKeys(desk.keys.current, desk.keys.derived("message-id"))


def deliver(
    desk: Desk,
    ids: Sequence[int] | None = None,
    *,
    limit: int | None = None,
    patience: float | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Send what is due, or of that only `ids`; at most `limit` mails, each server heard for `patience` seconds.

    One connection per mailbox, one claim and one record per mail: what a crash leaves unclear is one mail. A mailbox
    whose server fails stops no other; its mails are tried later and its report holds the error. Raises Refused while
    mail is held (BOX-8). Call it outside any transaction.
    """
    hold.refuse_if_held(desk)
    outbox_rows.recover(desk)
    reports: list[MailboxReport] = []
    for mailbox in outbox_rows.due_mailboxes(desk, ids):
        sent = sum(report.sent + report.deferred + report.refused + report.unknown for report in reports)
        left = None if limit is None else max(0, limit - sent)
        run = _Run(desk, mailbox, ids, left, _login(desk, mailbox, patience), stop)
        reports.append(run.report())
    return Report(tuple(reports))


def send_job(desk: Desk, *, stop: Callable[[], bool]) -> Mapping[str, Any]:
    """The cron job `mail.send`: what it did in numbers. Raises what kept mailboxes from sending."""
    if hold.reason(desk) is not None:
        return {"held": 1}
    automatic.forget_old(desk)
    report = deliver(desk, stop=stop)
    if errors := [mailbox.error for mailbox in report.mailboxes if mailbox.error is not None]:
        raise together(errors)
    did: dict[str, Any] = {state: report.total(state) for state in ("sent", "deferred", "refused", "unknown", "left")}
    return did | ({SAID: line} if (line := automatic.said_once(desk)) else {})


def _recipients(letter: Letter) -> dict[str, str]:
    """Address -> field, each once: who stands in To gets no second copy as Bcc."""
    named = [(p.address, "to") for p in letter.to] + [(p.address, "cc") for p in letter.cc]
    found: dict[str, str] = {}
    for address, field in [*named, *((address, "bcc") for address in letter.bcc)]:
        compose.ascii_address(address)
        found.setdefault(address.strip().casefold(), field)
    if not found:
        raise InvalidInput("there is nobody to write to")
    if len(found) > send.MOST_RECIPIENTS:
        raise InvalidInput(f"{len(found)} recipients in one mail; the limit is {send.MOST_RECIPIENTS}")
    return found


def _mail_id(
    desk: Desk, address: str, ticket: int | None, message: int | None, *, fixed_id: bool, audience: Audience
) -> str:
    domain = compose.ascii_address(address).rpartition("@")[2]
    if ticket is None or message is None:
        return f"<{secrets.token_hex(16)}@{domain}>"
    token = references.make_token(ticket, message, token_keys(desk), audience)
    # Several mails may be about one message (a notice, a resend): the token is theirs, too, the id is not.
    return references.message_id(token, domain if fixed_id else f"{secrets.token_hex(5)}.{domain}")


def _frozen(desk: Desk, letter: Letter, mailbox: Mailbox, mail_id: str) -> dict[str, Any]:
    token = mail_id[1:].partition("@")[0]
    signed = token.startswith("hd.")
    text = letter.text
    if mailbox.body_marker and signed and token not in text:
        text = f"{text.rstrip()}\n\n{references.body_marker(token)}\n"
    return {
        "from": [mailbox.address, mailbox.from_name or _department_name(desk, mailbox)],
        "to": [[p.address, p.name] for p in letter.to],
        "cc": [[p.address, p.name] for p in letter.cc],
        "reply_to": references.plus_address(mailbox.address, token) if mailbox.plus_tokens and signed else None,
        "subject": letter.subject,
        "text": text,
        "html": letter.html,
        "language": letter.language,
        "in_reply_to": letter.in_reply_to,
        "references": list(compose.reference_chain(mail_id, letter.ancestors, letter.in_reply_to)),
        "automatic": letter.automatic,
        "files": [asdict(file) for file in letter.files],
    } | ({"unsubscribe": letter.unsubscribe} if letter.unsubscribe else {})


def _department_name(desk: Desk, mailbox: Mailbox) -> str:
    department = steady.the(desk.database, Department, mailbox.department_id)
    return "" if department.agent_id is not None else str(department.name)


def _login(desk: Desk, mailbox: Mailbox, patience: float | None) -> Callable[[], send.Login]:
    times = desk.config.mail
    longest = patience if patience is not None else float("inf")

    def login() -> send.Login:
        if not mailbox.smtp_url or not mailbox.enabled:
            raise TryAgain(
                f"mailbox {mailbox.address} does not send",
                hint=f"helpdeskctl mailbox edit {mailbox.address} --smtp URL",
            )
        sign_in = mailbox_login.sign_in(desk, mailbox, **({} if patience is None else {"patience": patience}))
        return send.Login(
            mailbox.smtp_url,
            sign_in.password,
            mailbox.ca_file,
            sign_in.bearer,
            connect_timeout=min(times.connect_timeout, longest),
            command_timeout=min(times.command_timeout, longest),
            mail_timeout=min(outbox_rows.HAND_OVER, longest),
        )

    return login


@dataclass(slots=True)
class _Run:
    """One run of one mailbox."""

    desk: Desk
    mailbox: Mailbox
    ids: Sequence[int] | None
    limit: int | None
    login: Callable[[], send.Login]
    stop: Callable[[], bool]

    def report(self) -> MailboxReport:
        started = time.monotonic()
        counts = dict.fromkeys(("sent", "deferred", "refused", "unknown"), 0)
        error = None
        while self._goes_on(sum(counts.values())) and self._due().exists():
            with ExitStack() as stack:
                try:
                    sender = stack.enter_context(send.connected(self.login()))
                except HelpdeskError as fault:
                    address = self.mailbox.address
                    error = mailbox_faults.about(fault, address, otherwise="helpdeskctl mailbox test ADDRESS")
                    counts["deferred"] += outbox_rows.put_off(self.desk, self.mailbox.id, self.ids, fault.message)
                    break
                if not self._send_through(sender, counts):
                    break
        seconds = round(time.monotonic() - started, 3)
        return MailboxReport(self.mailbox.address, **counts, left=self._due().count(), seconds=seconds, error=error)

    def _due(self) -> ModelSelect[OutgoingMail]:
        return outbox_rows.due(self.desk, self.ids).where(OutgoingMail.mailbox_id == self.mailbox.id)

    def _goes_on(self, done: int) -> bool:
        return not self.stop() and (self.limit is None or done < self.limit)

    def _send_through(self, sender: send.Sender, counts: dict[str, int]) -> bool:
        """Send until nothing is due (False) or the connection is of no use any more (True)."""
        while self._goes_on(sum(counts.values())):
            claimed = outbox_rows.claim(self.desk, self.mailbox.id, self.ids)
            if claimed is None:
                return False
            state = outbox_rows.record(self.desk, claimed, _hand_over(self.desk, claimed, sender))
            counts[state if state in counts else "deferred"] += 1
            if sender.broken:
                return True
        return False


def _hand_over(desk: Desk, claimed: Claimed, sender: send.Sender) -> dict[str, Answer]:
    try:
        mail = compose.compose(_described(desk, claimed))
        wires = {address: compose.ascii_address(address) for address in claimed.recipients}
    except (StorageFailed, TryAgain) as fault:
        return dict.fromkeys(claimed.recipients, Answer(State.DEFERRED, fault.message))
    except HelpdeskError as fault:  # bytes that are gone, an address that is none: no try will change that
        return dict.fromkeys(claimed.recipients, Answer(State.REFUSED, fault.message))
    address = compose.ascii_address(claimed.content["from"][0])
    senders = ["", address] if claimed.sender_null else [address]
    answers = sender.send(senders, list(dict.fromkeys(wires.values())), mail)
    return {address: answers[wire] for address, wire in wires.items()}


def _described(desk: Desk, claimed: Claimed) -> compose.OutgoingMail:
    content = claimed.content
    return compose.OutgoingMail(
        message_id=claimed.mail_id,
        date=claimed.created_at,
        sender=Person(*content["from"]),
        to=[Person(*person) for person in content["to"]],
        cc=[Person(*person) for person in content["cc"]],
        reply_to=content["reply_to"],
        subject=content["subject"],
        text=content["text"],
        html=content["html"],
        language=content.get("language"),
        in_reply_to=content["in_reply_to"],
        references=content["references"],
        installation=desk.config.installation,
        automatic=content["automatic"],
        files=[_file(desk, file) for file in content["files"]],
        unsubscribe=content.get("unsubscribe"),
    )


def _file(desk: Desk, file: Mapping[str, Any]) -> File:
    content = desk.blobs.get(file["sha256"])
    return File(file["filename"], file["content_type"], content, file["inline"], file["content_id"])
