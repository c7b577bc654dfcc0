"""How far a folder was read, by mailbox, folder and UIDVALIDITY (MAIL-2), and where a new mailbox starts (BOX-7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from helpdeskctl.desk import Desk
from helpdeskctl.mail import fetch
from helpdeskctl.operations import mailbox_login
from helpdeskctl.store.tables import Mailbox, MailboxFolder

_CLOCKS_DIFFER = timedelta(minutes=10)  # between a mail server and us


@dataclass(frozen=True, slots=True)
class Cursor:
    """Mail up to UID `last_uid` was read, or was there before the start: then `skipped` says how much.

    `not_before`: after a new UIDVALIDITY all mail is looked at again, but what the start passed over stays passed over.
    """

    uidvalidity: int
    last_uid: int
    skipped: int = 0
    not_before: datetime | None = None


def login(desk: Desk, mailbox: Mailbox, *, longest: float | None = None) -> fetch.Login:
    """How to get into a mailbox. ConfigError or Refused when its password cannot be read."""
    times = desk.config.mail
    sign_in = mailbox_login.sign_in(desk, mailbox)
    return fetch.Login(
        mailbox.imap_url or "",
        sign_in.password,
        mailbox.ca_file,
        sign_in.bearer,
        connect_timeout=times.connect_timeout,
        command_timeout=times.command_timeout,
        longest=longest if longest is not None else times.mailbox_budget + times.command_timeout,
    )


def start_folder(desk: Desk, mailbox_id: int) -> Cursor:
    """Set the cursor of a new mailbox as its `start` says: `now`, `all`, or an ISO date. Asks the server.

    Does nothing when the folder has its cursor already. Raises what `mail.fetch.connected` raises.
    """
    mailbox = Mailbox.get(Mailbox.id == mailbox_id)
    with fetch.connected(login(desk, mailbox)) as session:
        return cursor_of(desk, mailbox, session, session.open(mailbox.folder, readonly=True))


def cursor_of(desk: Desk, mailbox: Mailbox, session: fetch.Mailbox, folder: fetch.Folder) -> Cursor:
    """The cursor of an open folder, made where there is none."""
    rows = list(
        MailboxFolder.select()
        .where(MailboxFolder.mailbox_id == mailbox.id, MailboxFolder.folder == folder.name)
        .order_by(MailboxFolder.id)
    )
    found = next((row for row in rows if row.uidvalidity == folder.uidvalidity), None)
    not_before = _not_before(rows)
    if found is not None:
        return Cursor(found.uidvalidity, found.last_uid, found.skipped, None if found is rows[0] else not_before)
    if rows:  # a new UIDVALIDITY: read again from the first mail, identities tell what is new
        last_uid, skipped = 0, 0
    else:
        last_uid, skipped = _start(mailbox.start, session, folder)
    MailboxFolder.insert(
        mailbox_id=mailbox.id,
        folder=folder.name,
        uidvalidity=folder.uidvalidity,
        last_uid=last_uid,
        skipped=skipped,
        created_at=desk.now(),
    ).on_conflict(
        action="NOTHING",
        conflict_target=[MailboxFolder.mailbox_id, MailboxFolder.folder, MailboxFolder.uidvalidity],
    ).execute()
    return Cursor(folder.uidvalidity, last_uid, skipped, not_before)


def count_skipped(mailbox_id: int, folder: fetch.Folder, number: int) -> None:
    """Remember that so many older mails were passed over."""
    MailboxFolder.update(skipped=MailboxFolder.skipped + number).where(
        MailboxFolder.mailbox_id == mailbox_id,
        MailboxFolder.folder == folder.name,
        MailboxFolder.uidvalidity == folder.uidvalidity,
    ).execute()


def _not_before(rows: list[MailboxFolder]) -> datetime | None:
    return rows[0].created_at - _CLOCKS_DIFFER if rows and rows[0].skipped else None


def _start(start: str, session: fetch.Mailbox, folder: fetch.Folder) -> tuple[int, int]:
    """(last UID not to be read, how many mails that leaves alone)."""
    if start == "all":
        return 0, 0
    if start == "now":
        return folder.uidnext - 1, folder.count
    wanted = session.since(date.fromisoformat(start))
    if not wanted:
        return folder.uidnext - 1, folder.count
    return wanted[0] - 1, folder.count - len(session.after(wanted[0] - 1))
