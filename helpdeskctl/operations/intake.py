"""How mail becomes messages: the conductor of every door. Begin here.

    fetch ──► keep ──► read ──► gather ──► judge ──► apply ──► tell
    server    raw +    pure     queries    pure      one       server, after
              ledger                                 commit    the commit

`keep` makes the bytes and their row safe before anything looks inside. `settle` reads, judges and applies. Each step
has a file of its own: intake_keep, intake_read, queries/intake, mail/rules, intake_apply, intake_fetch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from helpdeskctl.desk import Desk
from helpdeskctl.errors import NotFound, Refused
from helpdeskctl.operations import intake_trouble
from helpdeskctl.operations.intake_fetch import Reading
from helpdeskctl.operations.intake_keep import Letter, Source, keep
from helpdeskctl.operations.intake_settle import settle, settle_waiting
from helpdeskctl.operations.intake_tally import MailboxReport, Tally, total
from helpdeskctl.operations.jobs import together
from helpdeskctl.queries import hold
from helpdeskctl.queries.intake import Standing, standing
from helpdeskctl.store.tables import Mailbox


def take_in(desk: Desk, source: Source, letters: Sequence[Letter], known: Standing) -> list[str]:
    """The pipeline for mail in hand: what became of each, in the words of a decision."""
    return settle(desk, keep(desk, source, letters), known)


def fetch(
    desk: Desk,
    addresses: Sequence[str] = (),
    *,
    limit: int | None = None,
    patient: bool = False,
    tell: bool = True,
    uids: Sequence[int] = (),
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[MailboxReport]:
    """Read every receiving mailbox, or those named; a report of each. One that fails stops no other.

    `uids`: these mails, wherever the reading stands; what is here already is not taken twice. `patient` leaves
    mailboxes alone that failed a moment ago; without `tell` the server hears of nothing. Raises Refused while mail is
    held (BOX-8), NotFound and Refused for an address that is no receiving mailbox.
    """
    hold.refuse_if_held(desk)
    mailboxes = receiving(addresses)
    known = standing(desk)
    deadline = time.monotonic() + desk.config.mail.run_budget

    def enough() -> bool:
        return stop() or time.monotonic() > deadline

    if not addresses:
        left = Tally()
        left.add(settle_waiting(desk, known, _other_doors(known, mailboxes), enough))
        if left.fetched:
            yield MailboxReport("", left, note="mail of other doors that an earlier run left")
    for mailbox in mailboxes:
        if enough():
            return
        if patient and (trouble := intake_trouble.resting(desk, mailbox)) is not None:
            yield MailboxReport(mailbox.address, Tally(), error=trouble)
        else:
            yield _read(Reading(desk, known, mailbox, Tally(), limit=limit, tell=tell, uids=uids, stop=enough))


def fetch_job(desk: Desk, *, stop: Callable[[], bool]) -> Mapping[str, int]:
    """The cron job `mail.fetch`: what it did in numbers. Raises what kept mailboxes from being read."""
    if hold.reason(desk) is not None:
        return {"held": 1}
    reports = list(fetch(desk, patient=True, stop=stop))
    errors = [report.error for report in reports if report.error is not None]
    if errors:
        raise together(errors)
    return {name: number for name, number in total(reports).as_row().items() if number}


def _read(reading: Reading) -> MailboxReport:
    desk, mailbox, started = reading.desk, reading.mailbox, time.monotonic()
    with desk.lock(f"mailbox:{mailbox.address}") as ours:
        if not ours:
            return MailboxReport(mailbox.address, reading.tally, note="another run is reading it", busy=True)
        error: Exception | None = None
        try:
            with desk.connected():  # a fault of the database is told as one of the family
                reading.read()
                intake_trouble.over(desk, mailbox)
        except Exception as fault:  # whatever is wrong with one mailbox, the others are read
            error = intake_trouble.begun(desk, mailbox, fault, rests=fault is not reading.untold)
    return MailboxReport(mailbox.address, reading.tally, time.monotonic() - started, error)


def receiving(addresses: Sequence[str]) -> list[Mailbox]:
    """The mailboxes that receive, all or those named. NotFound and Refused for an address that is none of them."""
    every = Mailbox.select().where(Mailbox.enabled == 1, Mailbox.imap_url.is_null(False)).order_by(Mailbox.id)
    by_address = {mailbox.address: mailbox for mailbox in every}
    return [_named(address, by_address) for address in addresses] if addresses else list(by_address.values())


def _named(address: str, receiving: Mapping[str, Mailbox]) -> Mailbox:
    if (mailbox := receiving.get(address.casefold())) is not None:
        return mailbox
    if Mailbox.get_or_none(Mailbox.address == address.casefold()) is not None:
        raise Refused(
            f"mailbox {address} does not receive",
            hint=f"helpdeskctl mailbox enable {address}, or: mailbox edit {address} --imap URL",
            subject=f"mailbox/{address}",
        )
    raise NotFound(f'no mailbox "{address}"', hint="helpdeskctl mailbox list", subject=f"mailbox/{address}")


def _other_doors(known: Standing, receiving: Sequence[Mailbox]) -> list[int | None]:
    return [None, *(known.boxes.keys() - {mailbox.id for mailbox in receiving})]
