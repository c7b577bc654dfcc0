"""One mailbox read over IMAP: batches into the pipeline, the cursor behind them, the server told after the commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from helpdeskctl.desk import Desk
from helpdeskctl.errors import HelpdeskError, Refused, TryAgain
from helpdeskctl.mail import fetch
from helpdeskctl.mail.fetch import Envelope, Folder
from helpdeskctl.operations import intake_cursor, intake_large
from helpdeskctl.operations.intake_keep import LeftBehind, Letter, Source, keep
from helpdeskctl.operations.intake_settle import WAITING, settle, settle_waiting
from helpdeskctl.operations.intake_tally import Tally
from helpdeskctl.queries.intake import Standing
from helpdeskctl.store.tables import IncomingMail, Mailbox, MailboxFolder

_TOLD_AT_ONCE = 200  # UIDs in one after-action


@dataclass(slots=True)
class Reading:
    """One mailbox, being read. `limit`: at most so many mails; `stop` is asked between batches; `tell` the server.
    `uids`: these mails and no others, wherever the cursor stands."""

    desk: Desk
    known: Standing
    mailbox: Mailbox
    tally: Tally
    limit: int | None = None
    tell: bool = True
    uids: Sequence[int] = ()
    stop: Callable[[], bool] = lambda: False
    untold: HelpdeskError | None = None  # why the server could not be told what to do with stored mail

    def read(self) -> None:
        """Take in what is new. Raises the error family; what was done until then stays done."""
        self._read()
        if self.untold is not None:
            raise self.untold

    def _read(self) -> None:
        deadline = time.monotonic() + self.desk.config.mail.mailbox_budget
        with fetch.connected(intake_cursor.login(self.desk, self.mailbox)) as session:
            folder = session.open(self.mailbox.folder)
            cursor = intake_cursor.cursor_of(self.desk, self.mailbox, session, folder)
            self.tally.add(settle_waiting(self.desk, self.known, [self.mailbox.id], self.stop))
            for batch in self._batches(session, folder, cursor):
                self._take_in(session, folder, batch, deadline)
                self._tell(session, folder)
                if self.stop() or time.monotonic() > deadline:
                    return
            self._tell(session, folder)

    def _batches(
        self, session: fetch.Mailbox, folder: Folder, cursor: intake_cursor.Cursor
    ) -> Iterator[list[Envelope]]:
        """New mail, ascending, in batches bounded by count and bytes. A mail that is too large for them is alone."""
        uids = sorted(self.uids) or session.after(cursor.last_uid)
        not_before = None if self.uids else cursor.not_before
        if self.limit is not None:
            uids = uids[: self.limit]
        batch: list[Envelope] = []
        size = passed_over = 0
        for envelope in session.envelopes(uids):
            if not_before is not None and envelope.received_at < not_before:
                passed_over += 1
                continue
            weight = 0 if self._too_large(envelope) else envelope.size
            if batch and (len(batch) == fetch.BATCH_COUNT or size + weight > self.desk.config.mail.batch_bytes):
                yield batch
                batch, size = [], 0
            batch.append(envelope)
            size += weight
        if batch:
            yield batch
        if passed_over:
            intake_cursor.count_skipped(self.mailbox.id, folder, passed_over)
        if not self.uids:
            self._pass(folder, uids)

    def _take_in(self, session: fetch.Mailbox, folder: Folder, batch: Sequence[Envelope], deadline: float) -> None:
        wanted = [envelope for envelope in batch if not self._too_large(envelope)]
        bodies = session.bodies([envelope.uid for envelope in wanted]) if wanted else {}
        letters = [Letter(bodies[e.uid], e.received_at, e.uid) for e in wanted if e.uid in bodies]
        source = Source(self.mailbox.id, folder.name, folder.uidvalidity, archive=self.mailbox.archive)
        too_large = [e for e in batch if self._too_large(e)]
        large = intake_large.sort(self.desk, self.mailbox, session, too_large, deadline=deadline)
        left = [*large.left, *_withheld(session, [e for e in wanted if e.uid not in bodies])]
        up_to = None if self.uids else batch[-1].uid
        received = keep(self.desk, source, letters, large=large.kept, left=left, up_to=up_to)
        if large.left and self.tell:
            intake_large.tell_of_left(self.desk, self.known, self.mailbox, large.left)
        self.tally.add(["left"] * len(left))
        self.tally.add(settle(self.desk, received, self.known))

    def _too_large(self, envelope: Envelope) -> bool:
        return envelope.size > self.mailbox.max_size

    def _pass(self, folder: Folder, uids: Sequence[int]) -> None:
        """Nothing up to here is left to read: what has no row vanished, or was passed over."""
        if uids:
            MailboxFolder.update(last_uid=uids[-1]).where(
                MailboxFolder.mailbox_id == self.mailbox.id,
                MailboxFolder.folder == folder.name,
                MailboxFolder.uidvalidity == folder.uidvalidity,
                MailboxFolder.last_uid < uids[-1],
            ).execute()

    def _tell(self, session: fetch.Mailbox, folder: Folder) -> None:
        """The after-action, for committed mail only; what fails here is tried again by the next run.

        A server that refuses it is no reason to leave the other mail unread: that is told at the end.
        """
        if not self.tell or self.untold is not None:
            return
        rows = list(
            IncomingMail.select(IncomingMail.id, IncomingMail.uid, IncomingMail.folder, IncomingMail.uidvalidity)
            .where(IncomingMail.mailbox_id == self.mailbox.id, IncomingMail.acknowledged == 0)
            .where(IncomingMail.state.not_in(WAITING))
            .order_by(IncomingMail.id)
        )
        for start in range(0, len(rows), _TOLD_AT_ONCE):
            some = rows[start : start + _TOLD_AT_ONCE]
            # Under another UIDVALIDITY the numbers mean other mails: those come again, and are told then.
            here = [r.uid for r in some if r.folder == folder.name and r.uidvalidity == folder.uidvalidity]
            try:
                session.finish([uid for uid in here if uid is not None], self.mailbox.after)
            except (Refused, TryAgain) as no:
                self.untold = no
                return
            IncomingMail.update(acknowledged=True).where(IncomingMail.id.in_([row.id for row in some])).execute()


def _withheld(session: fetch.Mailbox, missing: Sequence[Envelope]) -> Iterator[LeftBehind]:
    """Mails that are on the server and that it did not hand out; others were removed meanwhile and are gone."""
    there = {envelope.uid for envelope in session.envelopes([each.uid for each in missing])} if missing else set()
    for envelope in missing:
        if envelope.uid in there:
            yield LeftBehind(envelope.uid, envelope.size, envelope.received_at, "the server does not hand it out")
