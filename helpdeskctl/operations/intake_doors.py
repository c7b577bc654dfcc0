"""The doors besides IMAP: one mail from a mail server's pipe, and mail in files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helpdeskctl.desk import Desk
from helpdeskctl.mail import files
from helpdeskctl.mail.fetch import BATCH_COUNT
from helpdeskctl.mail.files import Found
from helpdeskctl.operations.intake import take_in
from helpdeskctl.operations.intake_keep import Letter, Source
from helpdeskctl.operations.intake_settle import settle_waiting
from helpdeskctl.operations.intake_tally import Tally
from helpdeskctl.queries import hold, ledger
from helpdeskctl.queries.intake import standing


def pipe(desk: Desk, raw: bytes, *, mailbox: str | None = None) -> str:
    """Take in one mail; what became of it, in the word of a decision, or `failed`: then it is tried again.

    Raises Refused while mail is held (BOX-8), NotFound for an unknown mailbox.
    """
    hold.refuse_if_held(desk)
    source = _source(desk, mailbox)
    (word,) = take_in(desk, source, [Letter(raw, desk.now())], standing(desk)) or ["duplicate"]
    return word


def import_files(
    desk: Desk, found: Iterable[Found], *, mailbox: str | None = None, archive: bool = False
) -> Iterator[Tally]:
    """Take in mail from files, batch by batch, a tally of each; first what an earlier run left unsettled.

    Raises NotFound for an unknown mailbox.
    """
    source = _source(desk, mailbox, archive=archive)
    known = standing(desk)
    waiting = Tally()
    waiting.add(settle_waiting(desk, known, [source.mailbox_id]))
    yield waiting
    for batch in files.batches(found, count=BATCH_COUNT, octets=desk.config.mail.batch_bytes):
        letters = [Letter(each.raw, files.received_at(each.raw, desk.now())) for each in batch]
        tally = Tally()
        tally.add(take_in(desk, source, letters, known))
        yield tally


def _source(desk: Desk, mailbox: str | None, *, archive: bool = False) -> Source:
    mailbox_id = ledger.mailbox_id(desk, mailbox) if mailbox is not None else None
    return Source(mailbox_id, archive=archive)
