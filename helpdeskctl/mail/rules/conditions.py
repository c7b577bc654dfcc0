"""Whether a condition of the query language holds for a mail, and on which piece of it that rests.

Total: every tree has an answer for every mail. Linear in the mail: patterns are no regular expressions, and they look
at `patterns.LONGEST` characters of a text.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from helpdeskctl.domain import patterns
from helpdeskctl.domain.filters import And, Compare, Not, Or, Tree, Words
from helpdeskctl.domain.filters_words import Op
from helpdeskctl.domain.folding import fold
from helpdeskctl.domain.lifecycle import Priority
from helpdeskctl.domain.patterns import Searched
from helpdeskctl.mail.incoming import Address, IncomingMail
from helpdeskctl.mail.rules.facts import Facts, Policy

Evidence = tuple[str, ...]
_SHOWN = 200  # characters of a line that is told as evidence
_PRIORITIES = {"low": Priority.LOW, "normal": Priority.NORMAL, "high": Priority.HIGH, None: Priority.NORMAL}
_ORDERED: Mapping[Op, Callable[[Any, Any], bool]] = {
    Op.IS: operator.eq, Op.LT: operator.lt, Op.LE: operator.le, Op.GT: operator.gt, Op.GE: operator.ge,
}  # fmt: skip


class Asked:
    """A mail with what is known of it. What several conditions look at is made once, when the first one asks."""

    def __init__(self, mail: IncomingMail, facts: Facts, policy: Policy) -> None:
        self.mail, self.facts, self.policy = mail, facts, policy

    @cached_property
    def subject(self) -> Searched:
        """The subject."""
        return Searched(self.mail.subject)

    @cached_property
    def body(self) -> Searched:
        """The text."""
        return Searched(self.mail.text)

    @cached_property
    def files(self) -> Searched:
        """The names of the files, one a line."""
        return Searched("\n".join(each.filename for each in self.mail.attachments))

    @cached_property
    def words(self) -> str:
        """The words of subject and text, as the search compares them."""
        text = "\n".join((self.mail.subject, self.mail.text[: patterns.LONGEST]))
        return f" {fold(text)} "


def holds(tree: Tree, asked: Asked) -> Evidence | None:
    """None where `tree` does not hold; else what it rests on, which may be nothing that stands in the mail."""
    match tree:
        case And(parts):
            return _all(parts, asked)
        case Or(parts):
            return next((found for part in parts if (found := holds(part, asked)) is not None), None)
        case Not(part):
            return () if holds(part, asked) is None else None
        case Words(terms):
            return _words(terms, asked)
        case Compare(word):
            piece = COMPARISONS[word](asked, tree)
            return None if piece is None else (piece,)


def _all(parts: Sequence[Tree], asked: Asked) -> Evidence | None:
    evidence: list[str] = []
    for part in parts:
        found = holds(part, asked)
        if found is None:
            return None
        evidence += found
    return tuple(evidence)


def _words(terms: Sequence[str], asked: Asked) -> Evidence | None:
    folded = [fold(term) for term in terms]
    return ("its words",) if all(term and f" {term} " in asked.words for term in folded) else None


def _from(asked: Asked, compare: Compare) -> str | None:
    return _one_of_people("From", asked.mail.from_all, compare)


def _to(asked: Asked, compare: Compare) -> str | None:
    mail = asked.mail
    return _one_of_people("To", [*mail.to, *mail.cc, *map(Address, mail.delivered_to)], compare)


def _one_of_people(name: str, people: Sequence[Address], compare: Compare) -> str | None:
    lines = [f"{each.name} <{each.address}>" if each.name else each.address for each in people]
    if compare.op is Op.HAS:
        return _found(name, Searched("\n".join(lines)), compare)
    wanted = [str(value) for value in compare.values]
    for each, line in zip(people, lines, strict=True):
        if any(_is_of(each.address.casefold(), value) for value in wanted):
            return f"{name}: {line}"[:_SHOWN]
    return None


def _is_of(address: str, wanted: str) -> bool:
    """Whether an address is the one that is wanted, has that local part (`ann@`), or is in that domain or below."""
    if wanted.endswith("@"):
        return address.startswith(wanted)
    if "@" in wanted.removeprefix("@"):
        return address == wanted
    domain = address.rpartition("@")[2]
    wanted = wanted.removeprefix("@")
    return domain == wanted or domain.endswith(f".{wanted}")


def _found(name: str, text: Searched, compare: Compare) -> str | None:
    """The line of a text in which one of the patterns is found."""
    line = text.line_of([patterns.one(str(value)) for value in compare.values])
    if line is None:
        return None
    found = text.text.split("\n")[line].strip()
    return f"{name}: {found}"[:_SHOWN]


def _header(asked: Asked, compare: Compare) -> str | None:
    name, values = compare.key.title(), asked.mail.headers.all(compare.key)
    if compare.op is Op.HAS:
        return _found(name, Searched("\n".join(values)), compare) if values else None
    wanted = {str(value) for value in compare.values}
    return next((f"{name}: {value}"[:_SHOWN] for value in values if value.strip().casefold() in wanted), None)


def _size(asked: Asked, compare: Compare) -> str | None:
    size = asked.mail.size
    return f"{size} bytes" if _ORDERED[compare.op](size, compare.values[0]) else None


def _has(asked: Asked, compare: Compare) -> str | None:
    return next((f"Attachment: {each.filename}"[:_SHOWN] for each in asked.mail.attachments if not each.inline), None)


def _is(asked: Asked, compare: Compare) -> str | None:
    noted = asked.facts.noted
    states = {
        "automatic": noted.automatic,
        "bulk": noted.no_answer and not noted.automatic,
        "known": asked.facts.sender.known,
        "new": noted.ticket is None,
    }
    return next((f"it is {value}" for value in compare.values if states[str(value)]), None)


def _lang(asked: Asked, compare: Compare) -> str | None:
    language = (asked.mail.language or asked.facts.sender.language or "").casefold()
    return f"language {language}" if {language, language.partition("-")[0]} & set(compare.values) else None


def _mailbox(asked: Asked, compare: Compare) -> str | None:
    own = asked.facts.mailbox
    addresses = [own.address] if own is not None else list(_routed_mailbox(asked))
    return next((f"mailbox {address}" for address in addresses if address in compare.values), None)


def _routed_mailbox(asked: Asked) -> Iterator[str]:
    number = asked.facts.noted.mailbox_id
    return (own.address for own in asked.policy.own.values() if own.mailbox_id == number)


def _department(asked: Asked, compare: Compare) -> str | None:
    facts = asked.facts
    ticket = facts.tickets.get(facts.noted.ticket or 0)
    number = ticket.department_id if ticket is not None else facts.noted.department_id
    department = asked.policy.departments.get(number or 0)
    return f"department {department.key}" if department is not None and department.key in compare.values else None


def _priority(asked: Asked, compare: Compare) -> str | None:
    priority = _PRIORITIES[asked.mail.priority]
    held = any(_ORDERED[compare.op](priority, value) for value in compare.values)
    return f"priority {priority.key}" if held else None


COMPARISONS: Mapping[str, Callable[[Asked, Compare], str | None]] = {
    "from": _from,
    "to": _to,
    "subject": lambda asked, compare: _found("Subject", asked.subject, compare),
    "body": lambda asked, compare: _found("Text", asked.body, compare),
    "attachment": lambda asked, compare: _found("Attachment", asked.files, compare) if asked.files.text else None,
    "header": _header,
    "size": _size,
    "has": _has,
    "is": _is,
    "lang": _lang,
    "mailbox": _mailbox,
    "department": _department,
    "priority": _priority,
}
"""Every word about mail; a test holds it against `filters_words.MAIL_WORDS`."""
