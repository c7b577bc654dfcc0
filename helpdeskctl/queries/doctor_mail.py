"""The checks of mail: what does not come in, what does not leave, whose sign-in ends, what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import durations
from helpdeskctl.domain.delivery import FAILED, OPEN, State
from helpdeskctl.domain.lifecycle import Kind
from helpdeskctl.errors import HelpdeskError
from helpdeskctl.queries import hold, mailbox_logins, retention
from helpdeskctl.queries.doctor import Finding, Level
from helpdeskctl.queries.mailbox_logins import LoginState
from helpdeskctl.store.orm import fn
from helpdeskctl.store.secrets import read_reference
from helpdeskctl.store.tables import (
    Department,
    Event,
    Mailbox,
    OutgoingMail,
    OutgoingRecipient,
    Quarantine,
    Secret,
    Status,
    Ticket,
)

_UNREAD = timedelta(hours=1)  # a mailbox that nobody fetched for so long
_MONTH = timedelta(days=30)
_UNUSED = timedelta(days=60)  # Microsoft forgets a refresh token after 90 days without use
_OLD = timedelta(days=7)  # in quarantine
_STUCK = timedelta(hours=1)  # in the outbox
_LATELY = timedelta(days=7)
_HOUR = timedelta(hours=1)
STOPPED = "automatic_mail_stopped"  # the event that operations/automatic writes


def mail_flows(desk: Desk) -> Iterator[Finding]:
    """Mail is fetched and sent, not held."""
    if why := hold.reason(desk):
        yield Finding(Level.WARNING, f"no mail is fetched or sent: {why}", "helpdeskctl mail hold off")


def mailboxes_read(desk: Desk) -> Iterator[Finding]:
    """Every receiving mailbox is read."""
    rows = list(Mailbox.select().where(Mailbox.enabled == 1).order_by(Mailbox.address))
    logins = mailbox_logins.of([row.id for row in rows])
    for row in rows:
        where = f"mailbox/{row.address}"
        if row.failing_since is not None:
            since = durations.short(desk.now() - row.failing_since)
            died = row.id in logins and logins[row.id].died
            quiet = timedelta(seconds=desk.config.mail.alert_after)
            level = Level.ERROR if died or desk.now() - row.failing_since >= quiet else Level.WARNING
            mend = f"helpdeskctl mailbox {'login' if died else 'test'} {row.address}"
            yield Finding(level, f"{row.last_error} (for {since})", mend, where)
        elif row.imap_url and desk.now() - (row.fetched_at or row.created_at) > _UNREAD:
            never = "has never been fetched" if row.fetched_at is None else "has not been fetched for an hour"
            mend = f"helpdeskctl mail fetch {row.address}"
            yield Finding(Level.WARNING, f"mailbox {row.address} {never}", mend, where)


def sign_ins_last(desk: Desk) -> Iterator[Finding]:
    """Sign-ins by OAuth 2.0 are renewed."""
    for login in _logins():
        mend, where = f"helpdeskctl mailbox login {login.mailbox}", f"mailbox/{login.mailbox}"
        if login.failing_since is not None:
            level = Level.ERROR if login.died else Level.WARNING
            yield Finding(level, f"mailbox {login.mailbox}: {login.error}", mend, where)
        elif login.way != "app" and login.refreshed_at and desk.now() - login.refreshed_at > _UNUSED:
            text = f"mailbox {login.mailbox}: its sign-in at {login.provider} has not been renewed for two months"
            yield Finding(Level.WARNING, text, f"helpdeskctl mailbox test {login.mailbox}", where)


def client_secrets_last(desk: Desk) -> Iterator[Finding]:
    """The secrets of applications do not end within a month."""
    for login in _logins():
        where = f"mailbox/{login.mailbox}"
        mend = f"helpdeskctl mailbox login {login.mailbox} --client-secret-file FILE --client-secret-until DATE"
        until = login.client_secret_until
        if until is None:
            if login.way == "app":
                text = f"mailbox {login.mailbox}: nobody said when the secret of its application ends"
                yield Finding(Level.NOTE, text, mend, where)
        elif until - desk.now() < _MONTH:
            ended = until <= desk.now()
            word = "ended" if ended else "ends"
            text = f"mailbox {login.mailbox}: the secret of its application {word} on {until:%Y-%m-%d}"
            yield Finding(Level.ERROR if ended else Level.WARNING, text, mend, where)


def passwords_readable(desk: Desk) -> Iterator[Finding]:
    """Passwords that are kept in files can be read by this account."""
    for row in Secret.select().where(Secret.reference.startswith("file:")):
        try:
            read_reference(row.reference or "")
        except HelpdeskError as fault:
            yield Finding(Level.ERROR, fault.message, fault.hint)


def departments_answer(desk: Desk) -> Iterator[Finding]:
    """Every department has a mailbox that sends."""
    sending = Mailbox.select(Mailbox.department_id).where(Mailbox.enabled == 1, Mailbox.smtp_url.is_null(False))
    for row in _departments().where(Department.id.not_in(sending)):
        text = f"department {row.key} cannot answer: it has no mailbox that sends"
        mend = f"helpdeskctl mailbox create ADDRESS --department {row.key} --server HOST"
        yield Finding(Level.WARNING, text, mend, f"department/{row.key}")


def departments_let_in(desk: Desk) -> Iterator[Finding]:
    """Departments that let strangers in are known."""
    keys = [row.key for row in _departments().where(Department.unknown_senders == "accept")]
    if keys:
        text = f"mail of strangers opens tickets in {', '.join(keys)}"
        yield Finding(Level.NOTE, text, f"helpdeskctl department edit {keys[0]} --unknown-senders hold")


def quarantine_looked_after(desk: Desk) -> Iterator[Finding]:
    """Nothing waits in quarantine."""
    held: Any = Quarantine.select(fn.COUNT(Quarantine.id), fn.MIN(Quarantine.at)).where(Quarantine.state == "held")
    count, oldest = held.tuples().get()
    if count:
        age = desk.now() - oldest
        level = Level.WARNING if age > _OLD else Level.NOTE
        text = f"{count} in quarantine, the oldest for {durations.short(age)}"
        yield Finding(level, text, "helpdeskctl mail quarantine list")


def kept_long_enough(desk: Desk) -> Iterator[Finding]:
    """Nothing is kept longer than the desk wants."""
    due = [each for each in retention.due(desk) if each.number]
    if due:
        what = ", ".join(f"{each.number} {each.what}" for each in due)
        yield Finding(Level.NOTE, f"kept long enough, and going at the next run: {what}", "helpdeskctl mail retention")


def outbox_empties(desk: Desk) -> Iterator[Finding]:
    """Mail leaves the outbox."""
    waiting = OutgoingMail.state.in_([state.value for state in OPEN])
    stuck = OutgoingMail.select().where(waiting, OutgoingMail.created_at < desk.now() - _STUCK).count()
    if stuck:
        text = f"{stuck} {'mail has' if stuck == 1 else 'mails have'} been waiting to leave for more than an hour"
        yield Finding(Level.WARNING, text, "helpdeskctl mail queue list")
    failed = [state.value for state in FAILED]
    troubles = OutgoingMail.select(OutgoingMail.id).where(OutgoingMail.state != State.CANCELLED.value)
    lost = OutgoingRecipient.select().where(
        OutgoingRecipient.state.in_(failed),
        OutgoingRecipient.at > desk.now() - _LATELY,
        OutgoingRecipient.outgoing_id.in_(troubles),
    )
    if count := lost.count():
        text = f"{count} {'recipient' if count == 1 else 'recipients'} did not get their mail within the last week"
        yield Finding(Level.NOTE, text, "helpdeskctl mail queue list")


def automatic_mail_goes(desk: Desk) -> Iterator[Finding]:
    """No mailbox has stopped its automatic mail."""
    stopped = (Event.object_kind == "mailbox") & (Event.verb == STOPPED) & (Event.at > desk.now() - _HOUR)
    for row in Mailbox.select().where(Mailbox.enabled == 1).order_by(Mailbox.address):
        if Event.select().where(stopped, Event.object_key == row.address).exists():
            text = f"mailbox {row.address} has stopped its automatic mail for an hour: so much smells of a loop"
            mend = f"helpdeskctl mail log --mailbox {row.address} --since 1h"
            yield Finding(Level.WARNING, text, mend, f"mailbox/{row.address}")


def personal_departments(desk: Desk) -> Iterator[Finding]:
    """What lies in personal departments is known."""
    unfinished = Status.select(Status.id).where(Status.kind != Kind.CLOSED.value)
    counted: Any = (
        Ticket.select(Department.key, fn.COUNT(Ticket.id))
        .join(Department, on=(Ticket.department_id == Department.id))
        .where(Department.agent_id.is_null(False), Ticket.status_id.in_(unfinished), Ticket.spam == 0)
        .where(Ticket.merged_into_id.is_null())
        .group_by(Department.key)
        .order_by(Department.key)
        .tuples()
    )
    if listed := [f"{key} ({count})" for key, count in counted]:
        text = f"unfinished tickets that only their agent sees: {', '.join(listed)}"
        yield Finding(Level.NOTE, text, "helpdeskctl ticket department NUMBER KEY --reason TEXT")


def _logins() -> list[LoginState]:
    rows = Mailbox.select(Mailbox.id).where(Mailbox.enabled == 1).order_by(Mailbox.address)
    ids = [row.id for row in rows]
    found = mailbox_logins.of(ids)
    return [found[number] for number in ids if number in found]


def _departments() -> Any:
    rows = Department.select().where(Department.archived_at.is_null(), Department.agent_id.is_null())
    return rows.order_by(Department.key)


CHECKS = (
    mail_flows,
    mailboxes_read,
    sign_ins_last,
    client_secrets_last,
    passwords_readable,
    departments_answer,
    departments_let_in,
    quarantine_looked_after,
    kept_long_enough,
    outbox_empties,
    automatic_mail_goes,
    personal_departments,
)
