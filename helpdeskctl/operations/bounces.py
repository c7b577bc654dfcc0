"""What a bounce tells of a mail of ours: which recipient it did not reach, and whether that is for good (MAIL-20)."""

from __future__ import annotations

from collections.abc import Iterable

from helpdeskctl.desk import Desk
from helpdeskctl.domain.lifecycle import Verb
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.mail import returned
from helpdeskctl.mail.incoming import IncomingMail, RecipientReport
from helpdeskctl.operations import automatic, events
from helpdeskctl.store.tables import OutgoingMail, OutgoingRecipient

_NO_SUCH_MAILBOX = "5.1.1"
_ON_THE_WAY = ("sent", "deferred", "unknown", "sending")


def mark(desk: Desk, mail: IncomingMail, *, ticket: int, message_id: int | None) -> None:
    """Write what the bounce says beside the recipients of our message, and stop automatic mail to dead addresses.

    A bounce that names nobody is about the only recipient there was. A delay changes no state, it only says why.
    One that somebody else could have forged, who got the same mail, stops no automatic mail.
    """
    rows = list(
        OutgoingRecipient.select(OutgoingRecipient)
        .join(OutgoingMail, on=(OutgoingMail.id == OutgoingRecipient.outgoing_id))
        .where(OutgoingMail.message_id == message_id)
    )
    alone = len({row.address for row in rows}) == 1
    failed = []
    for row in rows:
        if row.state not in _ON_THE_WAY:
            continue
        report = _about(row.address, mail, alone=alone)
        if report is None:
            continue
        detail = f"{report.status} {report.diagnostic}".strip()[:1000]
        if report.action == "delayed":
            OutgoingRecipient.update(detail=detail).where(OutgoingRecipient.id == row.id).execute()
            continue
        OutgoingRecipient.update(state="bounced", detail=detail, at=desk.now()).where(
            OutgoingRecipient.id == row.id
        ).execute()
        failed.append(row.address)
        if report.status == _NO_SUCH_MAILBOX and alone:
            automatic.suppress(desk, row.address, reason=detail or "no such mailbox")
    data = {"message": message_id, "addresses": sorted(set(failed))}
    events.record(desk, SYSTEM, Verb.BOUNCED, ticket=ticket, data=data)


def _about(address: str, mail: IncomingMail, *, alone: bool) -> RecipientReport | None:
    """What the bounce says of `address`, in its report or in its text."""
    reports: Iterable[RecipientReport] = returned.recipients(mail)
    for report in reports:
        if address in (report.address.casefold(), report.original_address.casefold()):
            return report
    named = next(iter(reports), None)
    if not alone:
        return None
    return named or RecipientReport(address, "failed", "", mail.subject)
