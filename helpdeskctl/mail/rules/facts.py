"""What the rules know besides the mail: what the desk has decided (`Policy`), and what it knows of this mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from helpdeskctl.domain.rules import Rule
from helpdeskctl.mail.rules.decision import NOTHING_NOTED, Decision

Part = Literal["requester", "participant", "main contact", "agent"]


@dataclass(frozen=True, slots=True)
class Own:
    """A mailbox of ours, as an address leads to it.

    `catch_all`: its mail is for whom the recipients say (MAIL-18). `trusted`: its X-Helpdesk-* headers count (MAIL-12).
    """

    mailbox_id: int
    department_id: int
    address: str = ""
    catch_all: bool = False
    trusted: bool = False


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
    quarantine passes over, `otherwise` the department that takes what it releases and no other does. Past `most_opened`
    tickets of one sender within `opened_within` minutes more of them wait. `types` and `topics` are ids by key.
    `rules` are the desk's own, in their order.
    """

    installation: str = ""
    prefix: str = "Support"
    one_ticket: bool = True
    own: Mapping[str, Own] = field(default_factory=dict)
    departments: Mapping[int, DepartmentPolicy] = field(default_factory=dict)
    blocked_addresses: frozenset[str] = frozenset()
    blocked_domains: frozenset[str] = frozenset()
    blocked_subjects: tuple[str, ...] = ()
    allowed_addresses: frozenset[str] = frozenset()
    allowed_domains: frozenset[str] = frozenset()
    most_opened: int = 200
    opened_within: int = 10
    types: Mapping[str, int] = field(default_factory=dict)
    topics: Mapping[str, int] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
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
    language: str | None = None

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
    department_id: int | None = None


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
    are those of ours among the mails that a bounce brings back. `aliases`: tickets by what another desk called them.
    `proven`: what one's own server says of the sender (BOX-9). `opened`: tickets that this contact opened by mail
    within the policy's minutes; `repeated`: how often it said the very same within the hour; both 0 where it takes part
    in a ticket that the mail names.
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
    aliases: tuple[Named, ...] = ()
    tickets: Mapping[int, Ticket] = field(default_factory=dict)
    proven: bool | None = None
    opened: int = 0
    repeated: int = 0
    noted: Decision = NOTHING_NOTED

    def noting(self, remark: Decision) -> Facts:
        """The same with a remark added."""
        return replace(self, noted=remark.after(self.noted))
