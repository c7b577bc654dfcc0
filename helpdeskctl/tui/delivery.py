"""What became of mail of ours at one recipient, in words that need no colour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from helpdeskctl.domain.delivery import FAILED, State
from helpdeskctl.queries.messages import Delivery, MessageView
from helpdeskctl.queries.outbox import Queued
from helpdeskctl.tui import text

_FATES = {
    State.QUEUED: "waits to be sent",
    State.SENDING: "is being sent",
    State.REFUSED: "NOT DELIVERED, refused",
    State.BOUNCED: "NOT DELIVERED, came back",
    State.UNKNOWN: "UNKNOWN whether it arrived, the server's answer was lost",
    State.SUPPRESSED: "not sent, mail to there came back before",
    State.CANCELLED: "taken back, not sent",
}


@dataclass(frozen=True, slots=True)
class Clock:
    """The moment and the zone in which times are told."""

    now: datetime
    zone: str


def fate(each: Delivery, clock: Clock) -> str:
    """`sent today 13:05`, `leaves in 8 s`, `not yet, next try today 13:20: 451 busy`, `NOT DELIVERED, refused: 550`."""
    said = _said(each, clock)
    if each.settled:
        said = f"{said} (let be)"
    return f"{said}: {each.detail}" if each.detail and each.state != State.SENT else said


def failed(each: Delivery) -> bool:
    """Whether a person should look."""
    return each.state in FAILED and not each.settled


def latest(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """The newest mail to each address."""
    found: dict[str, Delivery] = {}
    for each in sorted(deliveries, key=lambda each: each.outgoing_id):
        found[each.address] = each
    return list(found.values())


def trouble(messages: Iterable[MessageView], clock: Clock) -> list[str]:
    """What did not arrive of a ticket's mail, a line an address."""
    every = latest(each for message in messages for each in message.deliveries)
    return [f"{each.address}: {fate(each, clock)}" for each in every if failed(each)]


def leaves_at(messages: Iterable[MessageView]) -> datetime | None:
    """When the next mail leaves that can still be taken back."""
    held = [
        each.not_before
        for message in messages
        for each in message.deliveries
        if each.state == State.HELD and each.not_before is not None
    ]
    return min(held, default=None)


def of_mail(mail: Queued) -> list[Delivery]:
    """The recipients of a mail of the outbox."""
    settled = mail.state == State.CANCELLED
    return [
        Delivery(
            each.address, each.state, each.at, each.detail, mail.id, mail.not_before, settled and each.state in FAILED
        )
        for each in mail.recipients
    ]


def _said(each: Delivery, clock: Clock) -> str:
    if each.state == State.SENT:
        return f"sent {text.when(each.at, clock.now, clock.zone)}" if each.at else "sent"
    if each.state == State.HELD and each.not_before is not None:
        return f"leaves in {seconds_to(each.not_before, clock.now)} s"
    if each.state == State.DEFERRED and each.not_before is not None:
        return f"not yet, next try {text.when(each.not_before, clock.now, clock.zone)}"
    return _FATES.get(State(each.state), each.state)


def seconds_to(at: datetime, now: datetime) -> int:
    """Whole seconds until then, none when it is past."""
    return max(0, round((at - now).total_seconds()))
