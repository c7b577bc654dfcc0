"""Every kind of set-up object, declared once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpdeskctl.domain.kind import Field, Kind, Right, Shape
from helpdeskctl.domain.kind_types import (
    ADDRESS,
    BODY,
    DAY,
    DOMAIN,
    INCOMING_URL,
    LINE,
    OUTGOING_URL,
    PATH,
    PERIOD,
    PRIORITY,
    REFERENCE,
    ROLE,
    SLUG,
    START,
)
from helpdeskctl.domain.kind_types import TAG as TAG_WORD
from helpdeskctl.domain.languages import LANGUAGES
from helpdeskctl.domain.lifecycle import Clock
from helpdeskctl.domain.lifecycle import Kind as StatusKind
from helpdeskctl.domain.pages import PAGE
from helpdeskctl.domain.rules import read_action, read_condition, read_trigger
from helpdeskctl.domain.setting_types import (
    AFTER_IMPORT,
    LANGUAGE,
    REOPEN,
    SIZE,
    TIMEZONE,
    YES_NO,
    Type,
    choice,
    number,
)

OWNER = "owner"  # as a reference: an agent's address, or team:KEY
MEMBERSHIP = "membership"  # as a reference: DEPARTMENT:ROLE

_LANGUAGE_CODES = "|".join(LANGUAGES)
_POSITION = number(0, 100_000)


def _words(*words: str) -> tuple[Type, str]:
    return choice(*words), "|".join(words)


def _choice(name: str, words: tuple[str, ...], help_: str, **more: Any) -> Field:
    type_, metavar = _words(*words)
    return Field(name=name, type=type_, metavar=metavar, help=help_, **more)


def _flag(name: str, help_: str, *, on: bool = False, **more: Any) -> Field:
    return Field(name=name, type=YES_NO, help=help_, by_default=on, **more)


def _reference(name: str, to: str, help_: str, **more: Any) -> Field:
    return Field(name=name, references=to, help=help_, **{"type": REFERENCE, "metavar": "KEY", **more})


def _name(**more: Any) -> Field:
    return Field(name="name", type=LINE, help="What people read.", **{"required": True, **more})


def _texts(name: str, option: str, help_: str) -> Field:
    return Field(name=name, type=LINE, option=option, metavar="LANG=TEXT", shape=Shape.MAP, names=LANGUAGE, help=help_)


_NAMES = _texts("names", "name-lang", "The name in another language; repeatable.")
_LANGUAGE_FIELD = Field(name="language", type=LANGUAGE, metavar=_LANGUAGE_CODES, help="Its language.")
_ORDER = Field(name="position", type=_POSITION, option="", help="Its place in lists.", by_default=0)
_FIELD_VALUES = Field(
    name="fields", type=LINE, option="field", metavar="K=V", shape=Shape.MAP, help="A field of your own; repeatable."
)
_ASSIGNEE = _reference("assignee", OWNER, "Who gets new tickets.", metavar="AGENT|team:K")
_PRIORITY = Field(name="priority", type=PRIORITY, metavar="P", help="The priority of new tickets.")

DEPARTMENT = Kind(
    name="department",
    key=SLUG,
    summary=("key", "name", "public", "assignee", "after_send", "unknown_senders", "archived_at"),
    fields=(
        _name(unique=True),
        _NAMES,
        _flag("public", "Customers may choose it in the portal."),
        _reference("after_send", "status", "The status after an agent's reply.", by_default="answered"),
        _reference("signature", "signature", "The signature offered first."),
        _ASSIGNEE,
        _PRIORITY,
        _reference("type", "type", "The type of new tickets."),
        _LANGUAGE_FIELD,
        _choice(
            "unknown_senders",
            ("accept", "hold", "reject"),
            "Mail of people we do not know.",
            by_default="accept",
            setting="unknown_senders",
        ),
        Field(
            name="reopen",
            type=REOPEN,
            metavar="always|never|30d",
            help="Until when customers reopen a closed ticket.",
            by_default="30d",
            setting="reopen",
        ),
        Field(name="answer_within", type=PERIOD, metavar="4h", help="Customers are told: usually within this time."),
        _choice(
            "notify",
            ("full", "link"),
            "Mail holds the whole answer, or a link to it.",
            by_default="full",
            setting="notify",
        ),
        _flag("receipt", "New tickets are confirmed by mail.", on=True),
    ),
)

MAILBOX = Kind(
    name="mailbox",
    key=ADDRESS,
    metavar="ADDRESS",
    summary=("key", "department", "enabled", "imap", "smtp", "fetched_at", "last_error"),
    fields=(
        _reference("department", "department", "Whose mail it is.", required=True, metavar="KEY|agent:EMAIL"),
        Field(name="imap", type=INCOMING_URL, metavar="URL", help="Where mail comes from: imaps://USER@HOST."),
        Field(name="smtp", type=OUTGOING_URL, metavar="URL", help="Where mail leaves by: submission://USER@HOST."),
        Field(name="ca_file", type=PATH, metavar="FILE", help="A private authority that vouches for the server."),
        Field(name="folder", type=LINE, help="The folder that is read.", by_default="INBOX"),
        Field(
            name="start",
            type=START,
            metavar="now|all|DATE",
            help="From when on mail becomes tickets.",
            by_default="now",
        ),
        _flag("archive", "Old mail becomes tickets with its dates; nothing is sent."),
        Field(
            name="after",
            type=AFTER_IMPORT,
            metavar="keep|seen|flag|move:F|delete",
            help="What happens on the server to a mail that is stored.",
            by_default="keep",
            setting="after_import",
        ),
        Field(
            name="aliases",
            type=ADDRESS,
            option="alias",
            metavar="ADDRESS",
            shape=Shape.MANY,
            unique=True,
            help="Another address whose mail comes here; repeatable.",
        ),
        Field(name="from_name", type=LINE, help="The sender's name in our mail."),
        Field(name="max_size", type=SIZE, metavar="SIZE", help="What it takes; see --too-large.", by_default=25 << 20),
        _choice(
            "too_large",
            ("leave", "quarantine"),
            "Where larger mail waits: on the server, or in quarantine.",
            by_default="leave",
        ),
        _flag("catch_all", "It takes mail to any address: the recipients decide the department."),
        Field(
            name="trust_headers_from",
            type=DOMAIN,
            metavar="HOST",
            help="Our own mail server, whose verdicts on spam and senders are believed.",
        ),
        _flag("trusted", "X-Helpdesk-* headers of its mail count."),
        _flag("plus_tokens", "Answers are recognised by a plus address, too."),
        _flag("body_marker", "Answers are recognised by a mark in the text, too."),
    ),
)

AGENT = Kind(
    name="agent",
    key=ADDRESS,
    metavar="EMAIL",
    summary=("key", "name", "admin", "active", "departments", "seen_at"),
    fields=(
        _name(),
        _flag("admin", "May do everything."),
        _reference(
            "departments",
            MEMBERSHIP,
            "A department with the role there; repeatable.",
            type=ROLE,
            option="department",
            metavar="K[:lead|agent|reader]",
            shape=Shape.MANY,
        ),
        Field(name="language", type=LANGUAGE, metavar=_LANGUAGE_CODES, help="Their language.", by_default="en"),
        Field(name="timezone", type=TIMEZONE, option="tz", metavar="ZONE", help="As Europe/Berlin.", by_default="UTC"),
    ),
)

TEAM = Kind(
    name="team",
    key=SLUG,
    summary=("key", "name", "members"),
    fields=(
        _name(),
        _reference(
            "members", "agent", "One of its agents; repeatable.", option="member", metavar="AGENT", shape=Shape.MANY
        ),
    ),
)

CONTACT = Kind(
    name="contact",
    key=ADDRESS,
    metavar="EMAIL",
    right=Right.AGENT,
    summary=("key", "name", "company", "main_contact", "portal_access", "blocked"),
    fields=(
        _name(),
        _reference("company", "company", "The company they belong to."),
        _flag("main_contact", "Sees all tickets of the company.", option="main"),
        Field(name="phone", type=LINE, help="A telephone number.", by_default=""),
        _LANGUAGE_FIELD,
        Field(name="timezone", type=TIMEZONE, option="tz", metavar="ZONE", help="As Europe/Berlin."),
        Field(name="notes", type=BODY, help="What agents should know.", by_default=""),
        Field(name="external_id", type=LINE, help="Their number in another system.", unique=True),
        _flag("mail_tickets", "Their mail opens tickets.", on=True),
        _FIELD_VALUES,
        _flag("portal_access", "May sign in.", option=""),
        Field(name="portal_from", type=DAY, option="", help="The first day of portal access."),
        Field(name="portal_until", type=DAY, option="", help="The last day of portal access."),
    ),
)

COMPANY = Kind(
    name="company",
    key=SLUG,
    summary=("key", "name", "domains"),
    fields=(
        _name(),
        Field(
            name="domains",
            type=DOMAIN,
            option="domain",
            metavar="DOMAIN",
            shape=Shape.MANY,
            unique=True,
            help="Mail from here joins the company; repeatable.",
        ),
        Field(name="notes", type=BODY, help="What agents should know.", by_default=""),
        _FIELD_VALUES,
    ),
)

SIGNATURE = Kind(
    name="signature",
    key=SLUG,
    right=Right.LEAD,
    summary=("key", "department", "language", "format", "agents"),
    fields=(
        _reference("department", "department", "Its members may use it."),
        _LANGUAGE_FIELD,
        _choice("format", ("text", "markdown"), "How it is written.", by_default="text"),
        _reference(
            "agents", "agent", "An agent who may use it; repeatable.", option="agent", metavar="A", shape=Shape.MANY
        ),
        Field(name="body", type=BODY, option="", help="Its text.", required=True),
    ),
)

CANNED_CATEGORY = Kind(name="canned_category", key=SLUG, summary=("key", "name"), fields=(_name(),))

CANNED = Kind(
    name="canned",
    key=SLUG,
    right=Right.LEAD,
    summary=("key", "title", "shortcut", "category", "department", "language", "used"),
    fields=(
        Field(name="title", type=LINE, help="What it is listed as.", required=True),
        Field(name="shortcut", type=SLUG, metavar="WORD", help="A short word for it.", unique=True),
        _reference("category", "canned_category", "Where it is listed."),
        _reference("department", "department", "Only there; without it, everywhere."),
        _LANGUAGE_FIELD,
        Field(
            name="sets",
            type=LINE,
            option="set",
            metavar="K=V",
            shape=Shape.MAP,
            names=choice("status", "priority", "assignee", "snooze"),
            help="What it sets besides (status, priority, assignee, snooze); repeatable.",
        ),
        Field(name="tags", type=REFERENCE, option="tag", metavar="TAG", shape=Shape.MANY, help="A tag; repeatable."),
        Field(name="body", type=BODY, option="", help="Its text.", required=True),
    ),
)

STATUS = Kind(
    name="status",
    key=SLUG,
    summary=("key", "kind", "name", "customer_name", "hidden", "clock"),
    fields=(
        _choice("kind", tuple(StatusKind), "What it means to the rules.", required=True),
        _name(),
        _NAMES,
        Field(name="customer_name", type=LINE, help="What customers read instead."),
        _texts("customer_names", "customer-name-lang", "The same in another language; repeatable."),
        _flag("hidden", "Tickets in it are absent for customers."),
        _choice("clock", tuple(Clock), "What it does to the clocks."),
        _ORDER,
    ),
)

TYPE = Kind(name="type", key=SLUG, summary=("key", "name"), fields=(_name(), _NAMES, _ORDER))

TOPIC = Kind(
    name="topic",
    key=SLUG,
    summary=("key", "name", "department", "assignee", "priority", "fields"),
    fields=(
        _name(),
        _NAMES,
        _reference("department", "department", "Where its requests go.", required=True),
        _ASSIGNEE,
        _PRIORITY,
        _reference("fields", "field", "A field of its form; repeatable.", option="field", shape=Shape.MANY),
        _ORDER,
    ),
)

FIELD = Kind(
    name="field",
    key=SLUG,
    summary=("key", "on", "type", "name", "choices", "portal"),
    fields=(
        _choice("on", ("ticket", "contact", "company"), "What has it.", required=True),
        _choice("type", ("text", "number", "date", "choice", "bool"), "What it takes.", required=True),
        _name(required=False),
        _NAMES,
        Field(name="choices", type=LINE, metavar="A,B", shape=Shape.MANY, help="What can be chosen."),
        _choice("portal", ("show", "edit", "hide"), "What customers do with it.", by_default="hide"),
        _ORDER,
    ),
)

TAG = Kind(name="tag", key=TAG_WORD, summary=("key", "tickets"))

RULE = Kind(
    name="rule",
    key=SLUG,
    summary=("key", "when", "do", "stop", "enabled", "held"),
    fields=(
        Field(name="on", type=Type("mail", read_trigger), metavar="mail", help="What it waits for.", required=True),
        Field(
            name="when",
            type=Type("query", read_condition),
            metavar="Q",
            help="The mail it holds for, every mail without it: see `help query`.",
            by_default="",
        ),
        Field(
            name="do",
            type=Type("action", read_action),
            metavar="ACTION",
            shape=Shape.MANY,
            help="What it does: see `help rules`; repeatable.",
        ),
        Field(name="position", type=_POSITION, option="order", metavar="N", help="Its place among them.", by_default=0),
        _flag("stop", "Where it holds, no later rule is asked."),
        _flag("enabled", "It is asked; without that it can be tried.", on=True),
    ),
)

ARTICLE_CATEGORY = Kind(
    name="article_category", key=SLUG, summary=("key", "name", "position"), fields=(_name(), _NAMES, _ORDER)
)

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        DEPARTMENT, MAILBOX, AGENT, TEAM, CONTACT, COMPANY, SIGNATURE, CANNED_CATEGORY, CANNED, ARTICLE_CATEGORY,
        STATUS, TYPE, TOPIC, FIELD, TAG, RULE, PAGE,
    )
}  # fmt: skip
"""By name; a kind that others refer to stands where it may, references are sorted where that counts."""
