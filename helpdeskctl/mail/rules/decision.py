"""What a rule answers about a mail, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from helpdeskctl.domain.rules import Ran

Word = Literal["open", "add", "duplicate", "reflected", "bounce", "complaint", "ignore", "refuse", "quarantine"]


class Held(StrEnum):
    """Why a mail lies in quarantine; `SENTENCES` says it to a person."""

    UNPROCESSABLE = "unprocessable"
    TOO_LARGE = "too_large"
    BOMB = "bomb"
    BLOCKED_SENDER = "blocked_sender"
    REJECTED_PATTERN = "rejected_pattern"
    UNKNOWN_SENDER_HELD = "unknown_sender_held"
    NO_DEPARTMENT = "no_department"
    LOOP = "loop"
    RATE_LIMITED = "rate_limited"
    BACKSCATTER = "backscatter"
    UNIDENTIFIED_SENDER = "unidentified_sender"
    MALWARE = "malware"
    TIME_OUT = "time_out"


SENTENCES: dict[Held, str] = {
    Held.UNPROCESSABLE: "it could not be processed in three tries",
    Held.TOO_LARGE: "it is larger than the mailbox allows",
    Held.BOMB: "it asks for more parts, depth or headers than any real mail does",
    Held.BLOCKED_SENDER: "its sender is blocked",
    Held.REJECTED_PATTERN: "its subject is blocked, or a rule holds such mail",
    Held.UNKNOWN_SENDER_HELD: "the department looks at mail of strangers first",
    Held.NO_DEPARTMENT: "none of its recipients belongs to a department",
    Held.LOOP: "it goes round in circles",
    Held.RATE_LIMITED: "its sender wrote too much at once",
    Held.BACKSCATTER: "it is a bounce of a mail that is not ours",
    Held.UNIDENTIFIED_SENDER: "it does not say who wrote it, or says so twice",
    Held.MALWARE: "it carries malware",
    Held.TIME_OUT: "reading it took too long",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An answer. Without a `decision` it is a remark: the next rules are asked, and what it says is carried along.

    `evidence` is the header the answer rests on. `ticket`: where the mail goes; `follow_up`: the closed ticket a new
    one continues; `may_belong`: a ticket that is named by somebody who takes no part in it; `message`: the message of
    ours that bounced. `answer`: a refusal is told to the sender. `security`: a line for the security log. From
    `priority` on: what a new ticket is to be; of these a reply takes the tags, and a priority that is higher.
    `cuts` are patterns from which on the text is folded; `ran`: the desk's own rules that held.
    """

    decision: Word | None = None
    reason: str = ""
    evidence: str = ""
    rule: str = ""
    ticket: int | None = None
    follow_up: int | None = None
    may_belong: int | None = None
    message: int | None = None
    held: Held | None = None
    mailbox_id: int | None = None
    department_id: int | None = None
    automatic: bool = False
    no_answer: bool = False
    answer: bool = False
    security: str | None = None
    priority: int | None = None
    tags: tuple[str, ...] = ()
    type_id: int | None = None
    topic_id: int | None = None
    language: str | None = None
    requester: str | None = None
    assign: str | None = None
    close: bool = False
    spam: bool = False
    cuts: tuple[str, ...] = ()
    ran: tuple[Ran, ...] = ()

    def after(self, noted: Decision) -> Decision:
        """This answer with what was `noted` on the way; what it says itself comes first."""
        return replace(
            self,
            ticket=self.ticket or noted.ticket,
            may_belong=self.may_belong or noted.may_belong,
            mailbox_id=self.mailbox_id or noted.mailbox_id,
            department_id=self.department_id or noted.department_id,
            automatic=self.automatic or noted.automatic,
            no_answer=self.no_answer or noted.no_answer,
            security=self.security or noted.security,
            priority=self.priority or noted.priority,
            tags=tuple(dict.fromkeys((*noted.tags, *self.tags))),
            type_id=self.type_id or noted.type_id,
            topic_id=self.topic_id or noted.topic_id,
            language=self.language or noted.language,
            requester=self.requester or noted.requester,
            assign=self.assign or noted.assign,
            close=self.close or noted.close,
            spam=self.spam or noted.spam,
            cuts=self.cuts or noted.cuts,
            ran=self.ran or noted.ran,
        )


NOTHING_NOTED = Decision()
UNREAD = "parse"
"""Stands for the rule where a mail could not be read, so that none was asked."""


def hold(why: Held, *, evidence: str = "", detail: str = "") -> Decision:
    """The answer that puts a mail into quarantine."""
    return Decision(decision="quarantine", held=why, reason=detail or SENTENCES[why], evidence=evidence)
