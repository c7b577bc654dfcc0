"""Everything a stranger can write, in combinations by lot: no ticket of others changes, nobody hears the stranger."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from helpdeskctl.domain.references import INSTALLATION_HEADER, Audience
from helpdeskctl.operations import ticket_merge
from helpdeskctl.store.tables import Contact, ContactAddress, Message, OutgoingRecipient, Suppression, TicketAlias
from tests.post import SUPPORT, letter
from tests.security.scene import ALICE, ANN, BOB, EVE, FIRST, Scene

BOSS = "boss@acme.example"
ROUNDS = 60
WORDS = "EVE-CANARY"


class Eve:
    """She was once in Cc: she has true tokens and Message-IDs of everything, and knows every number and address."""

    def __init__(self, scene: Scene, numbers: list[int], seed: int) -> None:
        self.scene, self.numbers, self.dice = scene, numbers, random.Random(seed)

    def mails(self, count: int) -> Iterator[bytes]:
        for n in range(count):
            lines = [line for line in (self.dice.choice(self.lines()) for _ in range(self.dice.randint(0, 4))) if line]
            yield letter(
                self.dice.choice(self.subjects()),
                sender=self.dice.choice(self.senders()),
                to=self.dice.choice([SUPPORT, f"support+{self.token()}@example.org", f"{SUPPORT}, {ALICE}"]),
                mail_id=self.dice.choice([f"<{n}@beta.example>", FIRST, self.message_id(), ""]),
                text=self.dice.choice([f"{WORDS} [{self.token()}]", f"{WORDS}\n> [{self.token()}]", WORDS]),
                lines="\n".join(lines),
            )

    def token(self) -> str:
        number = self.dice.choice(self.numbers)
        message = self.dice.choice(self.scene.messages(number) or self.scene.messages(self.scene.number))
        audience = self.dice.choice(list(Audience))
        return self.scene.answer_id(number, message.id, audience)[1:].partition("@")[0]

    def message_id(self) -> str:
        return f"<{self.token()}@example.org>"

    def senders(self) -> list[str]:
        return [
            EVE, f"Alice <{EVE}>", f'"{ALICE}" <{EVE}>', f"{ALICE}, {EVE}", f"friends: {ALICE};", f"{ALICE} <{EVE}>",
            "alice@acme.ex\u0430mple", "alice@\uff41cme.example", "alice@acme.example@beta.example",
            f"<{ALICE}>, <{EVE}>",
            "\u0430lice@acme.example", f"{ALICE}\x00", f"=?utf-8?q?{ALICE.replace('@', '=40')}?= <{EVE}>",
            "noreply@beta.example", "MAILER-DAEMON@beta.example", "carol@acme.example", SUPPORT,
        ]  # fmt: skip

    def subjects(self) -> list[str]:
        tags = [f"[Support#{number}]" for number in self.numbers]
        return [
            *tags,
            " ".join(tags),
            f"Re: {tags[0]} Printer",
            "[Ticket#7] x",
            f"[Ticket#7] {tags[-1]}",
            "Undelivered",
        ]

    def lines(self) -> list[str]:
        known = [FIRST, self.message_id(), self.message_id(), "<old@other.example>"]
        return [
            f"In-Reply-To: {self.dice.choice(known)}", f"References: {' '.join(known)}", f"Reply-To: {ALICE}",
            f"Cc: {ALICE}, {BOB}", f"Sender: {ALICE}", f"Return-Path: <{ALICE}>", "Return-Path: <>",
            f"Resent-From: {ALICE}",
            f"X-Helpdesk-Requester: {ALICE}", "X-Helpdesk-Priority: urgent", f"{INSTALLATION_HEADER}: other",
            "Auto-Submitted: auto-replied", "X-Priority: 1", f"From: {ALICE}", f"X-Failed-Recipients: {ALICE}",
            f"Delivered-To: support+{self.token()}@example.org", "Precedence: list", "X-Spam-Flag: NO",
        ]  # fmt: skip


def settled(states: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Without when a ticket was touched last: a bounce touches it."""
    touched = ("message_at", "updated_at")
    return [
        ([{k: v for k, v in row.items() if k not in touched} for row in rows], people, messages)
        for rows, people, messages in states
    ]


@pytest.mark.parametrize("seed", range(2))
def test_no_combination_moves_a_stone(scene: Scene, seed: int) -> None:
    build = scene.build
    build.contact(BOSS, company="acme", main_contact=True)
    build.participant(scene.number, BOB)
    other = build.ticket("Salaries", requester=BOB, company="acme")
    merged = build.ticket("Printer again", requester=ALICE)
    ticket_merge.merge(scene.desk, build.actor(ANN), merged, scene.number, notify=False)
    closed = build.ticket("Closed", requester=ALICE, status="closed", billed=True)
    TicketAlias.insert(tag="ticket#7", ticket_id=other, source="mail").execute()
    scene.answer("Please wait", bcc=[])
    scene.everything_arrived()
    numbers = [scene.number, other, merged, closed]
    before = [scene.state(number) for number in numbers]
    people = list(Contact.select().where(Contact.name != "").order_by(Contact.id).dicts())
    states = [row.state for row in OutgoingRecipient.select().order_by(OutgoingRecipient.id)]
    scene.smtp.deliveries.clear()
    for raw in Eve(scene, numbers, seed).mails(ROUNDS):
        if scene.pipe(raw) == "bounce":  # a true token: filed for agents, shown to no customer, answered by nobody
            filed = {message.id: message for number in numbers for message in scene.messages(number)}
            assert filed[max(filed)].automatic
            Message.delete().where(Message.id == max(filed)).execute()
            OutgoingRecipient.update(state="sent").where(OutgoingRecipient.state == "bounced").execute()
        now = [scene.state(number) for number in numbers]
        assert settled(now) == settled(before), raw.decode()
    assert list(Contact.select().order_by(Contact.id).limit(len(people)).dicts()) == people
    assert [row.state for row in OutgoingRecipient.select().order_by(OutgoingRecipient.id).limit(len(states))] == states
    assert not Suppression.select().exists()
    assert not [t for t in scene.tickets() if t.requester_address == BOSS]
    for mail in scene.sent():
        assert WORDS not in mail.data.decode()
    assert len(scene.smtp.to(ALICE)) + len(scene.smtp.to(BOB)) <= 2
    assert ContactAddress.get(ContactAddress.address == ALICE).contact_id == before[0][0][0]["contact_id"]
