"""Mails of five lines and the desk they come to, for the tests of the rules."""

from __future__ import annotations

from textwrap import dedent

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.parse import parse
from helpdeskctl.mail.rules.facts import DepartmentPolicy, Named, Own, Part, Policy, Sender, Ticket

SUPPORT = Own(1, 1, "support@desk.example")
BILLING = Own(2, 2, "billing@desk.example")
ALICE = Sender(contact_id=7)
POLICY = Policy(
    installation="desk-1",
    own={"support@desk.example": SUPPORT, "help@desk.example": SUPPORT, "billing@desk.example": BILLING},
    departments={1: DepartmentPolicy("support"), 2: DepartmentPolicy("billing")},
)


def mail(text: str) -> IncomingMail:
    """The mail in `text`, indented as the test likes it."""
    return parse(dedent(text).strip("\n").encode())


def header(
    lines: str = "", *, subject: str = "Printer on fire", sender: str = "Alice <alice@acme.example>"
) -> IncomingMail:
    """An ordinary mail with more header lines."""
    return mail(
        f"From: {sender}\nTo: support@desk.example\nSubject: {subject}\n{dedent(lines).strip()}\n\nIt smokes.\n"
    )


def ticket(number: int, part: Part | None = None, **more: int | str) -> dict[int, Ticket]:
    """A ticket in which the sender takes part as `part`, under its number."""
    survivor = int(more.get("survivor", number))
    closed = str(more["closed"]) if "closed" in more else None
    return {number: Ticket(number, survivor, part, closed)}


def named(
    number: int, *, message: int = 50, evidence: str = "In-Reply-To: <id>", ours: bool = True
) -> tuple[Named, ...]:
    """One mention of a ticket."""
    return (Named(number, message, evidence, ours),)
