"""What happens to a ticket's status: kinds, shipped statuses, one table from act to change (TIC-2, 5, 7).

Desks name their statuses as they like; the rules know kinds only. The lifecycle is the table `_LIFECYCLE`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Literal

from helpdeskctl.errors import InvalidInput


class Kind(StrEnum):
    """What a status means to the rules. Query word `kind:`."""

    NEW = "new"
    OPEN = "open"
    QUESTION = "question"
    ANSWERED = "answered"
    HOLD = "hold"
    CLOSED = "closed"


class Clock(StrEnum):
    """What a status does to the SLA clocks."""

    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Status:
    """A status as it is shipped, named in English; what customers read stands in `texts/`, by language."""

    key: str
    kind: Kind
    name: str
    clock: Clock


STATUSES = (
    Status("new", Kind.NEW, "New", Clock.RUN),
    Status("open", Kind.OPEN, "In progress", Clock.RUN),
    Status("question", Kind.QUESTION, "Question to customer", Clock.PAUSE),
    Status("answered", Kind.ANSWERED, "Answered", Clock.STOP),
    Status("hold", Kind.HOLD, "On hold", Clock.PAUSE),
    Status("closed", Kind.CLOSED, "Closed", Clock.STOP),
)
"""The shipped statuses, one of each kind, in the order lists show them."""

DEFAULT_CLOCK: Mapping[Kind, Clock] = {status.kind: status.clock for status in STATUSES}


class Priority(IntEnum):
    """Five levels; higher is more urgent. Stored as the number, typed as the name in lower case."""

    LOWEST = 1
    LOW = 2
    NORMAL = 3
    HIGH = 4
    URGENT = 5

    @property
    def key(self) -> str:
        """The name as people type it: `high`."""
        return self.name.lower()

    @classmethod
    def from_key(cls, text: str) -> Priority:
        """The priority called `text`, in any case, by name or number. Raises InvalidInput."""
        for priority in cls:
            if text.strip().lower() in (priority.key, str(priority.value)):
                return priority
        known = ", ".join(priority.key for priority in cls)
        raise InvalidInput(f'no priority "{text}"', hint=f"known: {known}")


class Act(StrEnum):
    """What can happen to a ticket, as far as its status is concerned."""

    CUSTOMER_MESSAGE = "customer_message"  # mail or portal; also the portal's reopen button with a text
    AUTOMATIC_MAIL = "automatic_mail"
    NOTE = "note"
    REPLY = "reply"  # an agent's public reply
    TAKE = "take"
    ASSIGN = "assign"
    SNOOZE = "snooze"
    WAKE = "wake"  # a snooze that fell due
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"  # seen from the source; the survivor is untouched
    CREATED_BY_CUSTOMER = "created_by_customer"
    CREATED_BY_AGENT = "created_by_agent"
    CREATED_BY_PHONE = "created_by_phone"  # an agent writes down what the customer said


@dataclass(frozen=True, slots=True)
class Policy:
    """What a department decides: the kind after a public reply, and reopening (TIC-7)."""

    after_reply: Kind = Kind.ANSWERED
    reopen: str = "30d"


@dataclass(frozen=True, slots=True)
class StatusChange:
    """What an act does. `to` is the new kind, None where the status stays as it is.

    `unread`: the ticket becomes unread for everybody. `wakes`: a running snooze ends. `customer_spoke`: the
    customer is the one who waits now, for the clocks and for `quiet:`.
    """

    to: Kind | None = None
    unread: bool = False
    wakes: bool = False
    customer_spoke: bool = False


_NOTHING = StatusChange()
_LIFECYCLE: Mapping[Act, StatusChange] = {
    Act.CUSTOMER_MESSAGE: StatusChange(Kind.OPEN, unread=True, wakes=True, customer_spoke=True),
    Act.AUTOMATIC_MAIL: _NOTHING,
    Act.NOTE: _NOTHING,
    Act.REPLY: _NOTHING,  # its kind is the department's to choose: see after()
    Act.TAKE: StatusChange(Kind.OPEN),
    Act.ASSIGN: _NOTHING,
    Act.SNOOZE: _NOTHING,
    Act.WAKE: StatusChange(Kind.OPEN, unread=True, wakes=True),
    Act.CLOSE: StatusChange(Kind.CLOSED, wakes=True),
    Act.REOPEN: StatusChange(Kind.OPEN, wakes=True),
    Act.MERGE: StatusChange(Kind.CLOSED, wakes=True),
    Act.CREATED_BY_CUSTOMER: StatusChange(Kind.NEW, unread=True, customer_spoke=True),
    Act.CREATED_BY_AGENT: StatusChange(Kind.OPEN),
    Act.CREATED_BY_PHONE: StatusChange(Kind.OPEN, customer_spoke=True),
}


def after(act: Act, kind: Kind, policy: Policy) -> StatusChange:
    """What `act` does to a ticket whose status is of `kind` (ignored for the acts that create).

    A status the agent picked beside a reply overrides `to`. Whether a customer's message may touch a closed
    or billed ticket at all is `reopening()`'s question and comes first.
    """
    if act is Act.REPLY:
        change = StatusChange(policy.after_reply)
    elif act is Act.CUSTOMER_MESSAGE and kind is Kind.NEW:
        change = StatusChange(None, unread=True, wakes=True, customer_spoke=True)
    else:
        change = _LIFECYCLE[act]
    return change if change.to is not kind else StatusChange(None, change.unread, change.wakes, change.customer_spoke)


def reopening(
    policy: str, *, closed_at: datetime, now: datetime, billed: bool = False
) -> Literal["reopen", "follow_up"]:
    """Whether a customer's message reopens a closed ticket or opens a linked new one (TIC-7, TIC-8).

    `policy` is `always`, `never` or a number of days as `30d`, the last moment included. Raises InvalidInput.
    """
    window = reopen_window(policy)
    if billed or (window is not None and now - closed_at > window):
        return "follow_up"
    return "reopen"


def reopen_window(policy: str) -> timedelta | None:
    """How long after closing customers may reopen: None for `always`, less than zero for `never`."""
    if policy == "always":
        return None
    if policy == "never":
        return timedelta(-1)
    if found := re.fullmatch(r"([0-9]{1,4})d", policy):
        return timedelta(days=int(found[1]))
    raise InvalidInput(f'"{policy}" is no reopening policy', hint="always, never, or days as 30d")


class Verb(StrEnum):
    """The verbs of a ticket's events (TIC-20): what the history says happened."""

    CREATED = "created"
    MESSAGE = "message"  # from the customer
    REPLIED = "replied"
    NOTED = "noted"
    AUTOMATIC = "automatic"  # automatic mail was filed
    BOUNCED = "bounced"
    FORWARDED = "forwarded"
    RESENT = "resent"
    UNDELIVERED = "undelivered"  # a mail server refused our mail for good
    CANCELLED = "cancelled"  # an outgoing mail was taken back in time
    SETTLED = "settled"  # a person let a mail be that did not reach somebody
    STATUS = "status"
    SHOWN_AS = "shown_as"  # the status customers see until the next message (TIC-3)
    TAKEN = "taken"
    ASSIGNED = "assigned"
    DEPARTMENT = "department"
    PRIORITY = "priority"
    TYPE = "type"
    TOPIC = "topic"
    LANGUAGE = "language"
    SUBJECT = "subject"
    REQUESTER = "requester"
    COMPANY = "company"
    DUE = "due"
    BILLED = "billed"
    PORTAL = "portal"  # may customers see it, may they close it
    FIELD = "field"
    TAGGED = "tagged"
    UNTAGGED = "untagged"
    PERSON_ADDED = "person_added"
    PERSON_REMOVED = "person_removed"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    MERGED = "merged"
    UNMERGED = "unmerged"
    SPLIT = "split"
    MOVED = "moved"  # a message came from or went to another ticket
    LINKED = "linked"
    UNLINKED = "unlinked"
    SHARED = "shared"
    UNSHARED = "unshared"
    TIME = "time"
    RATED = "rated"
    RULE = "rule"  # a rule of the desk held
    ATTACHMENT_DELETED = "attachment_deleted"
    SPAM = "spam"
    NOT_SPAM = "not_spam"
    OPENED = "opened"  # an admin looked into a personal department, with a reason (DEP-3)
    DELETED = "deleted"
