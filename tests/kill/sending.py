"""A desk with mail in its outbox, a sender that may die with it, and the invariants that must hold afterwards.

I1, at any moment: each mail is in the outbox, or was handed over; nobody has it more than twice.
I2, after a run that ended: each recipient has it once or twice, under one Message-ID, and its state says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from helpdeskctl.config import Config
from helpdeskctl.desk import Desk, open_desk
from helpdeskctl.store.tables import OutgoingMail, OutgoingRecipient
from tests.builders import Builder
from tests.desks import close, write_config
from tests.kill.harness import Counts
from tests.outgoing import put, sending
from tests.servers.smtp import SmtpSink

PEOPLE = ("ann@acme.example", "ben@acme.example", "cleo@acme.example")
_WAITING = ("queued", "deferred", "sending", "held")


@dataclass(frozen=True, slots=True)
class Sending:
    """One desk whose mailbox sends through the sink, with one mail for each of three people."""

    config: Config
    sink: SmtpSink

    def broken_now(self) -> list[str]:
        """Return what breaks I1 at this moment."""
        with self._looking():
            states = _states()
        problems = self._too_many()
        for person in PEOPLE:
            if not self.sink.to(person) and states[person] not in _WAITING:
                problems.append(f"{person}: {states[person]}, and nothing was handed over")
        return problems

    def broken_at_the_end(self, wanted: Counts) -> list[str]:
        """Return what breaks I2 after a run that ended."""
        with self._looking() as desk:
            states = _states()
            counts = _counts(desk)
        problems = self._too_many()
        for person in PEOPLE:
            if not self.sink.to(person):
                problems.append(f"{person}: never got it")
            if states[person] != "sent":
                problems.append(f"{person}: {states[person]}")
        return problems + [f"{name}: {counts[name]} rows, not {n}" for name, n in wanted.items() if counts[name] != n]

    def counts(self) -> Counts:
        """Return how many mails and recipients there are."""
        with self._looking() as desk:
            return _counts(desk)

    def copies(self) -> int:
        """How many mails were handed over."""
        return len(self.sink.deliveries)

    def time_passes(self) -> None:
        """The lease of a dead sender ends, and pauses do."""
        with self._looking() as desk:
            long_ago = desk.now() - timedelta(minutes=1)
            OutgoingMail.update(lease_until=long_ago).where(OutgoingMail.lease_until.is_null(False)).execute()
            OutgoingMail.update(not_before=long_ago).execute()

    def _too_many(self) -> list[str]:
        problems = [
            f"{person}: {len(self.sink.to(person))} copies" for person in PEOPLE if len(self.sink.to(person)) > 2
        ]
        ids = {person: {taken.message["Message-ID"] for taken in self.sink.to(person)} for person in PEOPLE}
        return problems + [f"{person}: several Message-IDs" for person, found in ids.items() if len(found) > 1]

    @contextmanager
    def _looking(self) -> Iterator[Desk]:
        desk = open_desk(self.config)
        try:
            with desk.connected():
                yield desk
        finally:
            close(desk.database)


def furnish(folder: Path, url: str, sink: SmtpSink) -> Sending:
    """Set up a desk with a mailbox and three mails in its outbox."""
    sink.reset()
    config = write_config(folder, url)
    desk = open_desk(config)
    with desk.connected():
        mailbox = sending(desk, Builder(desk), sink)
        for person in PEOPLE:
            put(desk, mailbox, person)
    close(desk.database)
    return Sending(config, sink)


def _states() -> dict[str, str]:
    return {row.address: row.state for row in OutgoingRecipient.select()}


def _counts(desk: Desk) -> Counts:
    tables = ("outgoing_mail", "outgoing_recipient")
    return {table: desk.database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
