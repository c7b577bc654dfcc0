"""Erasing a person: nothing in the database names them any more, and everything that happened is still there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.erasure import NAME
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import InvalidInput, NotFound, NotPermitted, Refused, TryAgain
from helpdeskctl.operations import (
    blocks,
    contact_access,
    contact_erasure,
    contact_merge,
    drafts,
    intake_doors,
    replies,
    setup,
    ticket_people,
)
from helpdeskctl.operations.contact_erasure import Erased
from helpdeskctl.operations.drafts import Draft
from helpdeskctl.operations.replies import Reply
from helpdeskctl.queries import setup as stored
from helpdeskctl.store import search, tables
from helpdeskctl.store.tables import (
    Blob,
    Contact,
    ContactAddress,
    Event,
    IncomingMail,
    Message,
    OutgoingMail,
    OutgoingRecipient,
    Row,
    Ticket,
)
from tests.builders import Builder

ANN, OTHER = "ann_b@muster.example", "joann_b@muster.example"
FORMER, FURTHER, TAKEN, MERGED = "annb@old.example", "a.b@private.example", "gone@private.example", "ab@second.example"
NAMES = ("Annegret Beispiel", "A. Beispielova")
SECRETS = ("+49 30 998877", "likes trains", "CRM-4711", "room 815")
TRACES = (ANN, FORMER, FURTHER, TAKEN, MERGED, *NAMES, *SECRETS)
MAIL = f"""From: Annegret Beispiel <Ann_B@Muster.example>
To: support@example.org
Message-ID: <1@muster.example>
Subject: Order 12
Date: Tue, 10 Mar 2026 08:00:00 +0000

Please answer to {ANN} or {OTHER}.
"""


def texts_of(model: type[Row]) -> Iterator[str]:
    for row in model.select().dicts():
        yield json.dumps(row, default=str, ensure_ascii=False).casefold()


def everything() -> list[str]:
    """Every row of every table, as text."""
    models = [each for each in vars(tables).values() if isinstance(each, type) and issubclass(each, Row)]
    return [text for model in models if model is not Row for text in texts_of(model)]


def left() -> list[str]:
    """The rows in which something of the person stands."""
    rows = [row.replace(OTHER, "") for row in everything()]
    return [row for row in rows if any(trace.casefold() in row for trace in TRACES)]


def found(desk: Desk, words: str) -> list[Any]:
    sql, parameters = search.hits(desk.database.kind, [words])
    cursor = desk.database.orm.cursor()
    cursor.execute(sql, parameters)
    return list(cursor.fetchall())


@pytest.fixture
def build(desk: Desk) -> Builder:
    """The department support with the agent ada and a mailbox."""
    builder = Builder(desk)
    builder.agent("ada@example.org", admin=True, support="lead")
    builder.agent("ben@example.org", support="agent")
    builder.mailbox()
    return builder


@pytest.fixture
def number(desk: Desk, build: Builder) -> int:
    """A ticket of Ann's, whom the desk knows in every way there is."""
    ada = build.actor("ada@example.org")
    setup.create(desk, ada, "field", "room", {"on": "contact", "type": "text"})
    given = {"name": NAMES[0], "phone": SECRETS[0], "notes": SECRETS[1], "external_id": SECRETS[2]}
    setup.create(desk, ada, "contact", FORMER, {**given, "fields": {"room": SECRETS[3]}})
    setup.rename(desk, ada, "contact", FORMER, ANN)
    for address in (FURTHER, TAKEN):
        contact_access.add_address(desk, ada, ANN, address)
    contact_access.remove_address(desk, ada, ANN, TAKEN)
    build.contact(MERGED, name=NAMES[1])
    contact_merge.merge(desk, ada, MERGED, ANN)
    assert intake_doors.pipe(desk, MAIL.encode(), mailbox="support@example.org") == "open"
    ticket: Ticket = Ticket.get()
    replies.reply(desk, ada, ticket.id, Reply(body="We will see."))
    return ticket.id


@pytest.fixture
def others(desk: Desk, build: Builder, number: int) -> int:
    """A ticket of somebody else, on which Ann is copied and in whose draft she stands."""
    ada, other = build.actor("ada@example.org"), build.ticket("Theirs", requester=OTHER)
    ticket_people.add_person(desk, ada, other, FURTHER)
    replies.reply(desk, ada, other, Reply(body="Both of you.", cc=(FURTHER,)))
    drafts.save(desk, ada, other, Draft(kind="reply", content={"body": "Well", "cc": [ANN]}))
    return other


def erase(desk: Desk, key: str = ANN) -> Erased:
    return contact_erasure.anonymize(desk, SYSTEM, key, confirm=key)


def test_nothing_names_the_person_any_more(desk: Desk, number: int, others: int) -> None:
    assert left()
    erased = erase(desk)
    assert left() == []
    assert (erased.tickets, erased.removed["addresses"], erased.removed["mails"]) == (2, 3, 1)
    for trace in (ANN, FURTHER, NAMES[0]):
        assert found(desk, trace) == []


def test_tickets_messages_and_events_stay(desk: Desk, number: int, others: int) -> None:
    before = [model.select().count() for model in (Ticket, Message, OutgoingMail, IncomingMail)]
    events = [(event.id, event.verb) for event in Event.select().order_by(Event.id)]
    alias = erase(desk).change.key
    assert [model.select().count() for model in (Ticket, Message, OutgoingMail, IncomingMail)] == before
    after = [(event.id, event.verb) for event in Event.select().order_by(Event.id)]
    assert after == [*events, (after[-1][0], "anonymized")]
    message = Message.get(Message.ticket_id == number, Message.direction == "in")
    assert (message.author_name, message.author_address) == (NAME, alias)
    assert message.body == f"Please answer to {alias} or {OTHER}."
    assert Ticket.get(Ticket.id == number).requester_address == alias
    assert Ticket.get(Ticket.id == others).requester_address == OTHER
    assert found(desk, "Please answer") == [(message.id,)]
    changed = Event.get(Event.verb == "created", Event.object_key == alias)
    assert changed.data == {"name": "", "phone": "", "notes": "", "external_id": "", "fields": {"room": ""}}


def test_the_bytes_of_their_mail_are_gone_at_once(desk: Desk, number: int) -> None:
    sha256 = IncomingMail.get().raw_sha256
    assert b"Annegret" in desk.blobs.get(sha256)
    erase(desk)
    with pytest.raises(NotFound):
        desk.blobs.get(sha256)
    assert Blob.select().count() == 0
    assert [path for path in desk.blobs.root.rglob("*") if path.is_file()] == []


def test_the_same_mail_is_still_known_and_opens_no_second_ticket(desk: Desk, number: int) -> None:
    erase(desk)
    assert intake_doors.pipe(desk, MAIL.encode(), mailbox="support@example.org") == "duplicate"


def test_mail_that_waits_for_them_does_not_leave_and_that_for_others_does(desk: Desk, number: int, others: int) -> None:
    alias = erase(desk).change.key
    states = {(row.address, row.state) for row in OutgoingRecipient.select()}
    assert states == {(alias, "cancelled"), (OTHER, "queued")}
    mails = {row.ticket_id: row.state for row in OutgoingMail.select().where(OutgoingMail.event == "reply")}
    assert mails == {number: "cancelled", others: "queued"}


def test_while_a_mail_to_them_is_being_sent_nothing_is_erased(desk: Desk, number: int) -> None:
    OutgoingRecipient.update(state="sending").execute()
    with pytest.raises(TryAgain):
        erase(desk)
    assert Contact.select().where(Contact.name == NAMES[0]).exists()


def test_the_contact_stays_empty_under_a_new_key(desk: Desk, number: int) -> None:
    alias = erase(desk).change.key
    kept = stored.one(desk, "contact", alias).values
    assert (kept["name"], kept["phone"], kept["notes"], kept["external_id"], kept["fields"]) == (NAME, "", "", None, {})
    assert kept["addresses"] == (alias,)
    assert not kept["portal_access"]
    with pytest.raises(NotFound):
        contact_merge.unmerge(desk, SYSTEM, MERGED)


def test_who_writes_again_is_a_new_contact(desk: Desk, number: int) -> None:
    old = ContactAddress.get(ContactAddress.address == ANN).contact_id
    erase(desk)
    mail = MAIL.replace("<1@", "<2@").replace("Order 12", "Order 13")
    assert intake_doors.pipe(desk, mail.encode(), mailbox="support@example.org") == "open"
    assert ContactAddress.get(ContactAddress.address == ANN).contact_id != old


def test_a_block_stays(desk: Desk, number: int) -> None:
    blocks.add(desk, SYSTEM, ANN)
    erase(desk)
    assert all('"block"' in row or '"kind": "address"' in row for row in left())
    mail = MAIL.replace("<1@", "<2@")
    assert intake_doors.pipe(desk, mail.encode(), mailbox="support@example.org") != "open"


def test_an_address_that_is_somebody_elses_by_now_stays_theirs(desk: Desk, build: Builder, number: int) -> None:
    build.contact(TAKEN, name="Gonzo Taken")
    other = build.ticket("Mine", requester=TAKEN)
    erase(desk)
    assert Ticket.get(Ticket.id == other).requester_address == TAKEN
    assert stored.one(desk, "contact", TAKEN).values["name"] == "Gonzo Taken"


def test_it_asks_for_the_address_again_and_for_an_admin(desk: Desk, build: Builder, number: int) -> None:
    with pytest.raises(InvalidInput):
        contact_erasure.anonymize(desk, SYSTEM, ANN, confirm=FURTHER)
    with pytest.raises(NotPermitted):
        contact_erasure.anonymize(desk, build.actor("ben@example.org"), ANN, confirm=ANN)
    with pytest.raises(NotFound):
        erase(desk, "nobody@muster.example")
    assert Contact.select().where(Contact.name == NAMES[0]).exists()


@pytest.mark.parametrize("own", ["ben@example.org", "support@example.org"])
def test_the_desks_own_people_and_mailboxes_are_refused(desk: Desk, build: Builder, own: str) -> None:
    build.contact(own)
    with pytest.raises(Refused):
        erase(desk, own)
