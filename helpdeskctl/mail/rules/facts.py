"""What the rules know besides the mail: what the desk has decided (`Policy`), and what it knows of this mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from helpdeskctl.mail.rules.decision import NOTHING_NOTED, Decision

Part = Literal["requester", "participant", "main contact", "agent"]


@dataclass(frozen=True, slots=True)
class Own:
    """A mailbox of ours, as an address leads to it."""

    mailbox_id: int
    department_id: int
    address: str = ""


@dataclass(frozen=True, slots=True)
class DepartmentPolicy:
    """What a department has decided about mail."""

    key: str
    unknown_senders: Literal["accept", "hold", "reject"] = "accept"
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the desk has decided, the same for all mail of a run.

    `own` leads from every address of ours, aliases too, to its mailbox. `waived` names the rules that a release from
    quarantine passes over, `otherwise` the department that takes what it releases and no other does.
    """

    installation: str = ""
    prefix: str = "Support"
    one_ticket: bool = True
    own: Mapping[str, Own] = field(default_factory=dict)
    departments: Mapping[int, DepartmentPolicy] = field(default_factory=dict)
    blocked_addresses: frozenset[str] = frozenset()
    blocked_domains: frozenset[str] = frozenset()
    blocked_subjects: tuple[str, ...] = ()
    waived: frozenset[str] = frozenset()
    otherwise: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """The first row of the ledger with this mail's identity, and the departments in which copies came in."""

    ledger_id: int
    departments: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Sender:
    """What we know of the address that wrote. `agent`: it is an agent's; `mail_tickets`: CON-4."""

    contact_id: int | None = None
    agent: bool = False
    mail_tickets: bool = True

    @property
    def known(self) -> bool:
        """Whether we heard of this address before."""
        return self.agent or self.contact_id is not None


NOBODY = Sender()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that the mail names. `survivor` is where a merge leads, `part` how the sender takes part there.

    `closed_for_good`: why a customer's message opens a new ticket instead (TIC-7, TIC-8), None where it does not.
    """

    number: int
    survivor: int
    part: Part | None = None
    closed_for_good: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A ticket named by a token or a stored Message-ID: the message of that id, and the header it stands in."""

    ticket: int
    message: int
    evidence: str
    ours: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What we know of one mail.

    `tokens` are verified and in the order of MAIL-10; `references` are stored Message-IDs, newest first; `returned`
    are those of ours among the mails that a bounce brings back.
    """

    mailbox: Own | None = None
    size: int = 0
    max_size: int | None = None
    known: Known | None = None
    own_message_id: bool = False
    sender: Sender = NOBODY
    tokens: tuple[Named, ...] = ()
    references: tuple[Named, ...] = ()
    returned: tuple[Named, ...] = ()
    tickets: Mapping[int, Ticket] = field(default_factory=dict)
    noted: Decision = NOTHING_NOTED

    def noting(self, remark: Decision) -> Facts:
        """The same with a remark added."""
        return replace(self, noted=remark.after(self.noted))
