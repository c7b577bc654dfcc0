"""The words of the query language: what `help query` prints, the parser checks and the compiler translates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from helpdeskctl.domain import durations, patterns
from helpdeskctl.domain.lifecycle import Kind, Priority
from helpdeskctl.domain.setting_types import SIZE
from helpdeskctl.errors import InvalidInput


class Op(StrEnum):
    """How a word is compared with its values; several values mean: any of them."""

    IS = ":"
    HAS = "~"
    LE = "<="
    GE = ">="
    LT = "<"
    GT = ">"


Value = str | int | float | date | timedelta
EXACT = (Op.IS,)
ORDER = (Op.LT, Op.LE, Op.GT, Op.GE)


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its name and aliases, the comparisons it knows, how a value is read, and a line of help.

    `read(op, text)` gives the typed value or raises InvalidInput. `portal`: customers may use it, too; `keyed`: it
    stands with a key, as `field.room`.
    """

    name: str
    read: Callable[[Op, str], Value]
    help: str
    example: str
    ops: tuple[Op, ...] = EXACT
    aliases: tuple[str, ...] = ()
    portal: bool = False
    keyed: bool = False


def _key(_: Op, text: str) -> Value:
    return text.casefold()


def _text(_: Op, text: str) -> Value:
    return text


def _plain(op: Op, text: str) -> Value:
    if op is Op.HAS and re.search(r"\\|\.[*+]|\A\^|\$\Z", text):
        raise InvalidInput("patterns are plain texts", hint='alternatives with | between them: ~"fire|smoke"')
    return text


def _one_of(*choices: str) -> Callable[[Op, str], Value]:
    def read(_: Op, text: str) -> Value:
        if text.casefold() not in choices:
            raise InvalidInput(f'no "{text}" here', hint=f"known: {', '.join(choices)}")
        return text.casefold()

    return read


def _priority(_: Op, text: str) -> Value:
    return int(Priority.from_key(text))


def _duration(_: Op, text: str) -> Value:
    return durations.parse(text)


def _date(_: Op, text: str) -> Value:
    try:
        # Not fromisoformat alone: it takes `20260501` and `2026-W18-5`, which nobody means.
        return date.fromisoformat(text if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else "")
    except ValueError:
        raise InvalidInput(
            f'"{text}" is no date', hint="as 2026-05-01; since then: newer:2h, before: older:7d"
        ) from None


def _number(_: Op, text: str) -> Value:
    if not re.fullmatch(r"#?[0-9]{1,15}", text):
        raise InvalidInput(f'"{text}" is no ticket number', hint="as 1001 or #1001")
    return int(text.removeprefix("#"))


def _sla(op: Op, text: str) -> Value:
    return _one_of("late")(op, text) if op is Op.IS else durations.parse(text)


def _field(op: Op, text: str) -> Value:
    if op not in ORDER:
        return _plain(op, text)
    if re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", text):
        return float(text)
    return _date(op, text)


def _pattern(_: Op, text: str) -> Value:
    patterns.one(text)
    return text


def _header(op: Op, text: str) -> Value:
    return _pattern(op, text) if op is Op.HAS else text.casefold()


def _address(op: Op, text: str) -> Value:
    if op is Op.HAS:
        return _pattern(op, text)
    if not re.fullmatch(r"[^\s@]+@[\w.-]*|@[\w.-]+|[\w-]+(\.[\w-]+)+", text):
        raise InvalidInput(f'"{text}" is no address', hint="ann@acme.example, acme.example or ann@; a piece: from~acme")
    return text.casefold()


def _size(_: Op, text: str) -> Value:
    return int(SIZE.read(text))


WORDS = (
    Word("status", _key, "the status, by key", "status:open,question"),
    Word("kind", _one_of(*Kind), "the kind of the status", "not kind:closed", portal=True),
    Word("assignee", _key, "me, nobody, an agent, team:KEY", "assignee:me,nobody", aliases=("owner",)),
    Word("department", _key, "the department, by key", "department:support", aliases=("dept",)),
    Word("requester", _key, "who asked: a piece of name or address", "requester:ann@", aliases=("from",)),
    Word("company", _key, "the company, by key", "company:muster"),
    Word("tag", _key, "a tag", "tag:vip,press"),
    Word(
        "priority",
        _priority,
        "lowest, low, normal, high, urgent",
        "priority>=high",
        ops=(Op.IS, *ORDER),
        aliases=("prio",),
    ),
    Word("sla", _sla, "late, or the time left", "sla<2h", ops=(Op.IS, *ORDER)),
    Word("older", _duration, "created longer ago than", "older:7d", portal=True),
    Word("newer", _duration, "created within the last", "newer:2h", portal=True),
    Word("quiet", _duration, "no message for", "quiet:2d"),
    Word("created", _date, "the day it was created", "created<2026-05-01", ops=(Op.IS, *ORDER), portal=True),
    Word("updated", _date, "the day of the last change", "updated>=2026-05-01", ops=(Op.IS, *ORDER)),
    Word("closed", _date, "the day it was closed", "closed:2026-05-01", ops=(Op.IS, *ORDER), portal=True),
    Word("due", _date, "the day it is due", "due<=2026-05-01", ops=(Op.IS, *ORDER)),
    Word("has", _one_of("attachment"), "an attachment", "has:attachment", portal=True),
    Word(
        "is",
        _one_of("unread", "mine", "undelivered", "spam", "merged", "snoozed"),
        "unread, mine, undelivered, spam, merged, snoozed",
        "is:unread",
    ),
    Word("lang", _key, "the language of the ticket", "lang:de"),
    Word("type", _key, "the type, by key", "type:incident"),
    Word("topic", _key, "the topic, by key", "topic:hardware"),
    Word(
        "subject",
        _plain,
        "a piece of the subject; | between several",
        'subject~"fire|brand"',
        ops=(Op.HAS,),
        portal=True,
    ),
    Word("rating", _one_of("good", "bad", "none"), "what its requester said of it", "rating:bad"),
    Word("number", _number, "the ticket's number", "number:1001,1002", ops=(Op.IS, *ORDER), portal=True),
    Word(
        "field",
        _field,
        "a field of your own: field.KEY",
        "field.room:3.12",
        ops=(Op.IS, Op.HAS, *ORDER),
        keyed=True,
    ),
)
"""Every word for tickets, in the order of the help."""

_PIECES = (Op.HAS,)

MAIL_WORDS = (
    Word(
        "from",
        _address,
        "who wrote it: an address, a domain, or ann@; ~ looks in the name, too",
        "from:ann@acme.example,spam.example",
        ops=(Op.IS, Op.HAS),
        aliases=("requester", "sender"),
    ),
    Word("to", _address, "any recipient, those in Cc too: as from", "to:sales@", ops=(Op.IS, Op.HAS)),
    Word("subject", _pattern, "a pattern in the subject", 'subject~"^invoice|won.*prize"', ops=_PIECES),
    Word("body", _pattern, "a pattern in a line of the text", 'body~"unsubscribe here"', ops=_PIECES),
    Word("attachment", _pattern, "a pattern in the name of a file", 'attachment~".exe$|.scr$"', ops=_PIECES),
    Word(
        "header",
        _header,
        "a line of the header: all of it, or a pattern in it",
        'header.x-spam-level~"*****"',
        ops=(Op.IS, Op.HAS),
        keyed=True,
    ),
    Word("size", _size, "of the whole mail", "size>5M", ops=ORDER),
    Word("has", _one_of("attachment"), "a file", "has:attachment"),
    Word(
        "is",
        _one_of("automatic", "bulk", "known", "new"),
        "automatic; bulk: lists, newsletters, noreply; known: of a contact or agent; new: in no ticket yet",
        "is:bulk",
    ),
    Word("lang", _key, "the language it names, else its sender's", "lang:de"),
    Word("mailbox", _key, "the mailbox it came in by", "mailbox:info@example.org"),
    Word("department", _key, "where its recipient leads, or its ticket is", "department:support", aliases=("dept",)),
    Word(
        "priority",
        _priority,
        "low, normal or high, by its sender",
        "priority>=high",
        ops=(Op.IS, *ORDER),
        aliases=("prio",),
    ),
)
"""Every word for an incoming mail, in the order of the help."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that say something about one kind of thing, by name and by alias."""

    about: str
    by_name: Mapping[str, Word]


def _vocabulary(about: str, words: tuple[Word, ...]) -> Vocabulary:
    return Vocabulary(about, {name: word for word in words for name in (word.name, *word.aliases)})


TICKETS = _vocabulary("tickets", WORDS)
MAIL = _vocabulary("mail", MAIL_WORDS)
VOCABULARIES = (TICKETS, MAIL)

PORTAL_WORDS = frozenset(word.name for word in WORDS if word.portal)
"""The names customers may use in the portal's filter."""
