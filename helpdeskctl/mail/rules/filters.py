"""The desk's own rules (MAIL-17). They decide what a new ticket is to be, and may keep any mail out.

Where the mail goes into a ticket that is there, only those of their actions count that are said to hold anywhere: its
sender takes part in it, so no pattern moves, closes or hides what others wait for (docs/decisions/011).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from helpdeskctl.domain.lifecycle import Priority
from helpdeskctl.domain.rules import ACTIONS, STOP, Action, Ran, Rule
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.conditions import Asked, holds
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.rules.facts import Facts, Policy

NAME = "filters"


def of_answers(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """For mail whose ticket was found: quarantine, refuse, or note what is to be folded."""
    return _judge(mail, facts, policy) if policy.rules and facts.noted.ticket is not None else None


def of_requests(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """For mail that would open a ticket: quarantine, refuse, or note what the ticket is to be."""
    return _judge(mail, facts, policy) if policy.rules else None


@dataclass(slots=True)
class _Course:
    """How far the rules have come: what those say that held, and the one that decided the mail's fate, if any."""

    facts: Facts
    policy: Policy
    says: Decision = field(default_factory=Decision)
    ran: list[Ran] = field(default_factory=list)
    fate: Action | None = None

    def follow(self, rule: Rule, evidence: str) -> None:
        """Do as a rule says that holds."""
        did = [each for each in rule.actions if self._counts(each) and self._done(each)]
        if did or rule.stop:
            words = (*map(str, did), *([STOP] if rule.stop else []))
            self.ran.append(Ran(rule.id, rule.key, words, evidence))

    def _counts(self, action: Action) -> bool:
        kind = ACTIONS[action.name]
        if kind.ends and NAME in self.policy.waived:  # a person let it out of quarantine
            return False
        return kind.anywhere or self.facts.noted.ticket is None

    def _done(self, action: Action) -> bool:
        """Whether the action changes anything: what it names may be gone."""
        if ACTIONS[action.name].ends:
            self.fate = action
            return True
        says = _EFFECTS[action.name](self.says, action.value, self.policy)
        self.says, before = says, self.says
        return says != before


def _judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    asked, course = Asked(mail, facts, policy), _Course(facts, policy)
    for rule in policy.rules:
        evidence = holds(rule.when, asked)
        if evidence is None:
            continue
        course.follow(rule, "; ".join(evidence))
        if rule.stop or course.fate is not None:
            break
    return _answer(course) if course.ran else None


def _answer(course: _Course) -> Decision:
    ran, last = tuple(course.ran), course.ran[-1]
    if course.fate is None:
        said = "; ".join(map(str, ran))
        return replace(course.says, reason=said, evidence="; ".join(each.evidence for each in ran), ran=ran)
    if course.fate.name == "reject":
        return replace(_refusal(course.facts, last), ran=ran)
    held = hold(Held.REJECTED_PATTERN, evidence=f"rule {last.key}: {last.evidence}", detail="a rule holds such mail")
    return replace(held, ran=ran, department_id=course.says.department_id or _department(course.facts))


def _department(facts: Facts) -> int | None:
    """Whose agents may release it: those of the ticket that it would go to."""
    ticket = facts.tickets.get(facts.noted.ticket or 0)
    return ticket.department_id if ticket is not None else None


def _refusal(facts: Facts, rule: Ran) -> Decision:
    return Decision(
        decision="refuse",
        reason="a rule refuses such mail",
        evidence=f"rule {rule.key}: {rule.evidence}",
        answer=not (facts.noted.automatic or facts.noted.no_answer),
        mailbox_id=facts.mailbox.mailbox_id if facts.mailbox is not None else None,
    )


def _to_department(says: Decision, key: str, policy: Policy) -> Decision:
    found = (number for number, each in policy.departments.items() if each.key == key and not each.archived)
    number = None if policy.otherwise is not None else next(found, None)
    return says if number is None else replace(says, department_id=number)


_EFFECTS: Mapping[str, Callable[[Decision, str, Policy], Decision]] = {
    "department": _to_department,
    "priority": lambda says, value, _: replace(says, priority=Priority.from_key(value).value),
    "tag": lambda says, value, _: replace(says, tags=(*says.tags, value)),
    "type": lambda says, value, policy: replace(says, type_id=policy.types.get(value) or says.type_id),
    "topic": lambda says, value, policy: replace(says, topic_id=policy.topics.get(value) or says.topic_id),
    "assign": lambda says, value, _: replace(says, assign=value),
    "close": lambda says, *_: replace(says, close=True),
    "spam": lambda says, *_: replace(says, spam=True),
    "fold": lambda says, value, _: replace(says, cuts=(*says.cuts, value)),
}
