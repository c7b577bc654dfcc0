"""Texts with `{{dotted.name}}` placeholders from a closed list (OUT-7, CAN-1, SIG-1).

A placeholder is replaced by a value, once, as data: nothing is evaluated, and what a value holds is never read
again. A *kind* of text is the name of a mail event (`received`), `canned` or `signature`; which names a kind may
use stands in PLACEHOLDERS.
"""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from helpdeskctl.errors import Problem

TICKET_EVENTS = ("received", "taken", "reply", "news", "status", "closed", "merged", "reminder", "rating")
"""Mail about a ticket to people who take part in it."""
STRANGER_EVENTS = ("received_first", "received_guest", "registered", "refused", "too_large")
"""Mail to addresses that prove nothing yet: no placeholder lets a word of theirs through (DEP-5)."""
ACCOUNT_EVENTS = ("welcome", "registration", "sign_in", "reset", "address_change", "address_notice", "period_ending")
EVENTS = (*TICKET_EVENTS, *STRANGER_EVENTS, *ACCOUNT_EVENTS)
TEXTS = ("canned", "signature")
KINDS = (*EVENTS, *TEXTS)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A name, the kinds of text it may stand in, and what it is replaced by."""

    name: str
    kinds: frozenset[str]
    sentence: str


def _placeholder(name: str, kinds: Iterable[str], sentence: str) -> Placeholder:
    return Placeholder(name, frozenset(kinds), sentence)


_LINKS = ("received_guest", "registered", "welcome", "registration", "sign_in", "reset", "address_change", "rating")
_NUMBERED = (*TICKET_EVENTS, "received_first", "received_guest", "registered", *TEXTS)

PLACEHOLDERS = (
    _placeholder("desk.name", KINDS, "the name of the desk"),
    _placeholder("portal.url", KINDS, "the address of the portal"),
    _placeholder("department.name", (*TICKET_EVENTS, *STRANGER_EVENTS, *TEXTS), "the department of the ticket"),
    _placeholder("agent.name", (*TICKET_EVENTS, *TEXTS), "who writes, or whose ticket it is"),
    _placeholder("agent.address", TEXTS, "the address of who writes"),
    _placeholder("contact.name", (*TICKET_EVENTS, *ACCOUNT_EVENTS, "canned"), "the customer"),
    _placeholder(
        "contact.address", (*TICKET_EVENTS, *ACCOUNT_EVENTS, "registered", "canned"), "the customer's address"
    ),
    _placeholder("company.name", (*TICKET_EVENTS, "canned"), "the customer's company"),
    _placeholder("ticket.number", _NUMBERED, "the ticket's number"),
    _placeholder("ticket.subject", (*TICKET_EVENTS, "canned"), "the ticket's subject"),
    _placeholder("ticket.status", (*TICKET_EVENTS, "canned"), "the status as customers read it"),
    _placeholder("ticket.url", (*TICKET_EVENTS, "canned"), "the ticket in the portal"),
    _placeholder("ticket.survivor", ("merged",), "the number of the ticket it was merged into"),
    _placeholder("message.text", ("reply",), "what the agent wrote"),
    _placeholder("link.url", _LINKS, "the link that does what the mail is about"),
    _placeholder("link.code", ("sign_in",), "the six digits to type instead"),
    _placeholder("link.valid_for", _LINKS, "how long the link holds"),
    _placeholder("access.until", ("period_ending",), "the last day of portal access"),
    _placeholder("limit", ("too_large",), "the size that mail may have"),
)
"""Every placeholder, in the order of the help."""

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "reply": ("message.text",),
    "news": ("ticket.url",),
    "merged": ("ticket.survivor",),
    "rating": ("link.url",),
    "received_guest": ("link.url",),
    "welcome": ("portal.url", "contact.address", "link.url"),
    "registered": ("ticket.number", "portal.url", "contact.address", "link.url"),
    "registration": ("link.url",),
    "sign_in": ("link.url", "link.code"),
    "reset": ("link.url",),
    "address_change": ("link.url",),
    "period_ending": ("access.until",),
    "too_large": ("limit",),
}
"""What the text of an event must hold to be of use (OUT-8)."""

SENTENCES: Mapping[str, str] = {
    "received": "a new ticket, to an address that has answered us",
    "taken": "an agent took the ticket",
    "reply": "an agent's answer",
    "news": "in its place where the department mails links only",
    "status": "another status",
    "closed": "the ticket is closed",
    "merged": "the ticket goes on in another one",
    "reminder": "answered, and nothing heard since",
    "rating": "how did we do?",
    "received_first": "a new ticket, to any other address",
    "received_guest": "a request written without signing in, to be confirmed",
    "registered": "a first mail, where every new contact is welcomed",
    "refused": "a mail that we do not take",
    "too_large": "a mail that is larger than we take",
    "welcome": "the portal is open to a contact",
    "registration": "somebody registers in the portal",
    "sign_in": "a link and a code to sign in",
    "reset": "a link to a new password",
    "address_change": "a link that confirms a new address",
    "address_notice": "to the present address, when another one is asked for",
    "period_ending": "portal access ends in a month, in a week",
}
"""What each event tells, or is sent for."""

_MARK = re.compile(r"\{\{(.*?)\}\}")
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Template:
    """A mail: its subject (one line), its text, and HTML where it has some."""

    subject: str
    text: str
    html: str | None = None


def names(kind: str) -> tuple[str, ...]:
    """The placeholders that a text of `kind` may use."""
    return tuple(placeholder.name for placeholder in PLACEHOLDERS if kind in placeholder.kinds)


def check(text: str, kind: str) -> list[Problem]:
    """What is wrong with the placeholders of a text of `kind`; the place is its line."""
    known = names(kind)
    problems = []
    for number, line in enumerate(text.split("\n"), 1):
        for name in _used(line):
            if name not in known:
                problems.append(Problem(f"line {number}", f'unknown placeholder "{name}"', _nearest(name, known)))
        if "{{" in _MARK.sub("", line):
            problems.append(Problem(f"line {number}", 'this "{{" is never closed'))
    return problems


def check_event(event: str, template: Template) -> list[Problem]:
    """What is wrong with a mail for `event`: its placeholders, those it lacks, a subject of several lines."""
    parts = {"subject": template.subject, "text": template.text, "html": template.html or ""}
    problems = [
        Problem(f"{part} {fault.where}", fault.what, fault.hint)
        for part, text in parts.items()
        for fault in check(text, event)
    ]
    if "\n" in template.subject or not template.subject.strip():
        problems.append(Problem("subject", "is one line, not empty"))
    return problems + lacking(event, template)


def lacking(event: str, template: Template) -> list[Problem]:
    """What a mail for `event` does not hold and must, in its text and in its HTML if it has some."""
    parts = {"text": template.text, **({"html": template.html} if template.html else {})}
    return [
        Problem(part, f"lacks {{{{{name}}}}}")
        for part, text in parts.items()
        for name in REQUIRED.get(event, ())
        if name not in _used(text)
    ]


def missing(text: str, values: Mapping[str, str | None]) -> tuple[str, ...]:
    """The names `text` uses and `values` does not know, in order, each once."""
    return tuple(dict.fromkeys(name for name in _used(text) if name not in values))


def fill(text: str, values: Mapping[str, str | None]) -> str:
    """`text` with its placeholders replaced.

    A line that holds a placeholder whose value is None is left out; one that `values` does not know stays as it
    is, for people to see (`missing` names them).
    """
    return _filled(text, values)


def fill_subject(text: str, values: Mapping[str, str | None]) -> str:
    """As `fill`, on one line: no value can start a new header; one that is None leaves no trace."""
    return " ".join(_replaced(text, {name: value or "" for name, value in values.items()}).split())


def fill_html(text: str, values: Mapping[str, str | None]) -> str:
    """As `fill`, into HTML: values are escaped, their line breaks become `<br>`."""
    return _filled(text, {name: None if value is None else _as_html(value) for name, value in values.items()})


def _filled(text: str, values: Mapping[str, str | None]) -> str:
    absent = {name for name, value in values.items() if value is None}
    given = {name: value for name, value in values.items() if value is not None}
    return _replaced(_without_lines(text, absent) if absent else text, given)


def _without_lines(text: str, absent: set[str]) -> str:
    # Done before values come in: gaps inside a value are not ours to close.
    kept = "\n".join(line for line in text.split("\n") if absent.isdisjoint(_used(line)))
    return _BLANK_LINES.sub("\n\n", kept).strip("\n") + "\n" * text.endswith("\n")


def _replaced(text: str, values: Mapping[str, str]) -> str:
    return _MARK.sub(lambda found: values.get(found[1].strip(), found[0]), text)


def _used(text: str) -> list[str]:
    return [found.strip() for found in _MARK.findall(text)]


def _as_html(value: str) -> str:
    return html.escape(value).replace("\n", "<br>\n")


def _nearest(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f'did you mean "{near[0]}"?' if near else f"known here: {', '.join(known)}"
