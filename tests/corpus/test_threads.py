"""Sequences of real mails, each to land in the ticket that any helpdesk would put it into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.domain.references import tag
from helpdeskctl.operations import intake_doors, messages, tickets
from helpdeskctl.operations.messages import NewMessage
from helpdeskctl.store.tables import IncomingMail, Message, Ticket
from tests.builders import Builder
from tests.corpus.conftest import Cases, Figure
from tests.post import SUPPORT, Post


@dataclass
class Story:
    """One sequence on one desk. `numbers` leads from the case's names of tickets to ours."""

    post: Post
    numbers: dict[str, int] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)

    def step(self, step: dict[str, Any]) -> list[str]:
        """Do one step; what came out otherwise than wanted."""
        name = step["ticket"]
        if step["do"] == "agent-reply":
            self._reply(name)
        elif step["do"] == "close":
            tickets.close(self.post.desk, SYSTEM, self.numbers[name], notify=False)
        else:
            return self._mail(name, step)
        return []

    def _reply(self, name: str) -> None:
        number = self.numbers[name]
        message_id = messages.add(
            self.post.desk, number, NewMessage(kind="reply", direction="out", body="Have you tried water?")
        )
        self.sent[name] = self.post.answer_id(number, message_id)
        messages.remember_id(message_id, self.sent[name], ours=True)

    def _mail(self, name: str, step: dict[str, Any]) -> list[str]:
        closed_before = self._closed()
        word = intake_doors.pipe(self.post.desk, self._filled(step["raw"]), mailbox=SUPPORT)
        row = IncomingMail.select().order_by(IncomingMail.id.desc()).get()
        if step.get("duplicate"):
            return [] if word == "duplicate" else [f"{word}, not a duplicate"]
        if row.ticket_id is None:
            return [f"{word} ({row.reason}), in no ticket"]
        wrong = []
        if step["new"] != (row.ticket_id not in self.numbers.values()):
            wrong.append(f"{word} #{row.ticket_id}: {row.reason}")
        if self.numbers.setdefault(name, row.ticket_id) != row.ticket_id:
            wrong.append(f"in #{row.ticket_id}, not in #{self.numbers[name]}")
        if "auto" in step and Message.get(Message.id == row.message_id).automatic != step["auto"]:
            wrong.append("automatic or not")
        if step.get("reopens") is False and closed_before - self._closed():
            wrong.append("reopened")
        return wrong

    def _closed(self) -> set[int]:
        return {row.id for row in Ticket.select(Ticket.id).where(Ticket.closed_at.is_null(False))}

    def _filled(self, raw: bytes) -> bytes:
        raw = raw.replace(b"{{DESK}}", SUPPORT.encode())
        for name, number in self.numbers.items():
            raw = raw.replace(f"{{{{REF:{name}}}}}".encode(), tag(number, "Support").encode())
            raw = raw.replace(f"{{{{NUM:{name}}}}}".encode(), str(number).encode())
        for name, mail_id in self.sent.items():
            raw = raw.replace(f"{{{{OUT:{name}}}}}".encode(), mail_id.encode())
        return raw


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_every_mail_lands_where_any_helpdesk_would_put_it(cases: Cases, desk: Desk, record_property: Figure) -> None:
    build = Builder(desk)
    build.mailbox()
    wrong: list[str] = []
    count = right = 0
    for name, steps, expected in cases("threads"):
        if expected["rule"] != "general":
            continue
        count += 1
        with desk.database.rehearsal():  # each story on an empty desk
            story = Story(Post(desk, build))
            here = [f"{name}, step {n}: {what}" for n, step in enumerate(steps, 1) for what in story.step(step)]
            right += not here
            wrong += here
    record_property("figure", f"threads: {'general':20} {right:5} of {count:5}  {right / count:6.1%}")
    assert wrong == []
    assert count >= 20
