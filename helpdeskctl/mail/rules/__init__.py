"""The decision about one mail: rules in order, one file each; the first that answers wins.

    judge(mail, facts, policy) -> Decision | None

A rule is pure. None passes the mail on; an answer without a `decision` is a remark that later rules see in
`facts.noted` and that the final answer carries along (the kind of mail, the ticket found, the department).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules import (
    automatic,
    blocked,
    bounce,
    complaint,
    existing,
    filters,
    known,
    loop,
    new_ticket,
    rate,
    reference,
    reflection,
    routing,
    size,
    stranger,
    subject_tag,
    token,
    trusted,
    unidentified,
)
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Policy

Rule = Callable[[IncomingMail, Facts, Policy], Decision | None]

RULES: tuple[tuple[str, Rule], ...] = (
    ("known", known.judge),  # first: whatever a mail says, the second copy says nothing new
    ("reflection", reflection.judge),  # before blocks: our own mail is never anybody's spam
    ("blocked", blocked.judge),  # before all that stores, answers or marks something for the sender
    ("size", size.judge),  # behind blocks: who is blocked hears nothing; before all that would look inside
    ("loop", loop.judge),  # before robots are told apart: what goes in circles is to stop, whatever it says of itself
    ("bounce", bounce.judge),  # before `automatic`: a bounce marks a delivery, other robots mark nothing
    ("complaint", complaint.judge),  # the same for what a recipient's service reports
    ("automatic", automatic.judge),  # a remark that every later rule needs
    ("unidentified", unidentified.judge),  # behind the robots, who often have no address; before whose ticket it is
    ("trusted", trusted.judge),  # before all that looks for a place: it may name one
    ("token", token.judge),  # the strongest sign of a ticket: signed by us
    ("reference", reference.judge),  # then what the sender's own program remembers
    ("subject_tag", subject_tag.judge),  # then what a person can type
    ("rate", rate.judge),  # behind the tags: answers are never counted; before a follow-up, which is a new ticket
    (filters.NAME, filters.of_answers),  # before a message is added: the desk's own rules may keep it out
    ("existing", existing.judge),  # a ticket was found: nobody who takes part is a stranger, so before those rules
    ("routing", routing.judge),  # a new ticket needs a department before its policy can be asked
    (filters.NAME, filters.of_requests),  # behind routing, which they may overrule; the policy is of where it ends
    ("stranger", stranger.judge),  # the department's policy
    ("new_ticket", new_ticket.judge),  # always answers
)
"""The order of MAIL-10 and mail.md."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one rule said; `answer` is None when it passed."""

    rule: str
    answer: Decision | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decision, and every step that led to it."""

    decision: Decision
    trail: tuple[Step, ...]


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Judgement:
    """Ask the rules in order. Rules named in `policy.waived` may remark, but their decisions count for nothing."""
    trail: list[Step] = []
    for name, rule in RULES:
        answer = rule(mail, facts, policy)
        if answer is not None and answer.decision is not None and name in policy.waived:
            answer = None
        if answer is None:
            trail.append(Step(name, None))
            continue
        answer = replace(answer, rule=answer.rule or name)
        trail.append(Step(name, answer))
        if answer.decision is not None:
            return Judgement(_final(answer, facts), tuple(trail))
        facts = facts.noting(answer)
    raise AssertionError("the last rule answers every mail")


def _final(answer: Decision, facts: Facts) -> Decision:
    answer = answer.after(facts.noted)
    if answer.decision == "open":
        return replace(answer, ticket=None)
    return (
        answer if answer.decision in ("add", "bounce", "complaint") else replace(answer, ticket=None, may_belong=None)
    )
