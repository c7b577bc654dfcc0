"""Mail of ours that did not arrive: its ticket is in sight until a later mail or a person's word settles it (OUT-4)."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import NotPermitted, Refused
from helpdeskctl.operations import queue
from helpdeskctl.queries import history, outbox, tickets
from helpdeskctl.store.tables import OutgoingMail, OutgoingRecipient
from tests.builders import Builder
from tests.outgoing import put, state_of, states_of

ANN, BO = "ann@muster.example", "bo@muster.example"


@pytest.fixture
def build(desk: Desk) -> Builder:
    return Builder(desk)


def failed(desk: Desk, build: Builder, number: int, *states: str) -> int:
    """A mail about a ticket whose first recipients stand so; the others have it."""
    mail = put(desk, build.mailbox(), ANN, BO, ticket=number)
    every = (*states, "sent", "sent")[:2]
    for address, state in zip((ANN, BO), every, strict=True):
        OutgoingRecipient.update(state=state, detail="550 no such user").where(
            OutgoingRecipient.outgoing_id == mail, OutgoingRecipient.address == address
        ).execute()
    OutgoingMail.update(state="unknown" if "unknown" in states else "sent").where(OutgoingMail.id == mail).execute()
    return mail


def listed(desk: Desk) -> list[int]:
    return [row.number for row in tickets.list_tickets(desk, SYSTEM, "is:undelivered").rows]


@pytest.mark.parametrize("state", ["refused", "bounced", "unknown"])
def test_a_ticket_with_a_failed_answer_is_listed_and_marked(desk: Desk, build: Builder, state: str) -> None:
    build.agent("ada@example.org", support="lead")
    number, other = build.ticket(status="closed"), build.ticket()
    failed(desk, build, number, state)
    failed(desk, build, other)
    assert listed(desk) == [number]
    rows = tickets.list_tickets(desk, build.actor("ada@example.org")).rows
    assert {row.number: row.undelivered for row in rows} == {number: True, other: False}


def test_a_receipt_that_failed_troubles_nobody(desk: Desk, build: Builder) -> None:
    mail = failed(desk, build, build.ticket(), "bounced")
    OutgoingMail.update(automatic=True).where(OutgoingMail.id == mail).execute()
    assert listed(desk) == []


def test_a_later_mail_to_the_same_address_ends_the_trouble_and_one_to_another_does_not(
    desk: Desk, build: Builder
) -> None:
    number = build.ticket()
    failed(desk, build, number, "refused")
    put(desk, build.mailbox(), BO, ticket=number)
    assert listed(desk) == [number]
    put(desk, build.mailbox(), ANN, ticket=number)
    assert listed(desk) == []


def test_settling_lets_it_be_and_keeps_what_the_servers_said(desk: Desk, build: Builder) -> None:
    number = build.ticket()
    mail = failed(desk, build, number, "refused")
    queue.settle(desk, SYSTEM, mail)
    assert listed(desk) == []
    assert states_of(mail) == {ANN: "refused", BO: "sent"}
    assert outbox.queue(desk, SYSTEM) == []
    assert history.of_ticket(desk, SYSTEM, number)[-1].verb == "settled"
    with pytest.raises(Refused, match="nothing to decide"):
        queue.settle(desk, SYSTEM, mail)


def test_what_arrived_after_all_counts_as_sent(desk: Desk, build: Builder) -> None:
    mail = failed(desk, build, build.ticket(), "unknown")
    queue.settle(desk, SYSTEM, mail, arrived=True)
    assert (state_of(mail), states_of(mail)) == ("sent", {ANN: "sent", BO: "sent"})
    assert listed(desk) == []


def test_one_that_is_settled_can_still_be_tried_again(desk: Desk, build: Builder) -> None:
    mail = failed(desk, build, build.ticket(), "refused")
    queue.settle(desk, SYSTEM, mail)
    queue.retry(desk, SYSTEM, mail)
    assert (state_of(mail), states_of(mail)) == ("queued", {ANN: "queued", BO: "sent"})


def test_nothing_is_settled_that_is_well_or_can_still_leave_or_by_who_may_only_read(desk: Desk, build: Builder) -> None:
    build.agent("rita@example.org", support="reader")
    number = build.ticket()
    with pytest.raises(Refused, match="nothing to decide"):
        queue.settle(desk, SYSTEM, failed(desk, build, number))
    with pytest.raises(Refused, match="is queued"):
        queue.settle(desk, SYSTEM, put(desk, build.mailbox(), ticket=number))
    with pytest.raises(NotPermitted):
        queue.settle(desk, build.actor("rita@example.org"), failed(desk, build, number, "refused"))
