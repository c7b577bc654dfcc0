"""Programs of our own say in X-Helpdesk-* headers what becomes of their mail, where a mailbox is trusted (MAIL-12).

In other mailboxes anybody could write them: there they count for nothing, and the trail says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from helpdeskctl.domain.languages import LANGUAGES
from helpdeskctl.domain.lifecycle import Priority
from helpdeskctl.errors import InvalidInput
from helpdeskctl.mail import addresses
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision
from helpdeskctl.mail.rules.facts import Facts, Policy

_PREFIX = "x-helpdesk-"
_BROKEN = re.compile(r'[\s"]')  # no tag holds these
_MOST_TAGS = 20
_MOST_LETTERS = 40  # of a tag


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Note what the headers ask for; what the desk does not know is named in the trail and left out."""
    there = [name for name, _ in mail.headers.fields if name.startswith(_PREFIX) and name in _READ]
    if not there:
        return None
    evidence = "; ".join(f"{name.title()}: {mail.headers.first(name)}" for name in dict.fromkeys(there))
    if facts.mailbox is None or not facts.mailbox.trusted:
        return Decision(reason="headers that count in trusted mailboxes only: ignored", evidence=evidence)
    asked: dict[str, Any] = {}
    unknown = []
    for name in dict.fromkeys(there):
        field, read = _READ[name]
        value = read(",".join(mail.headers.all(name)).strip(), policy)
        if value is None:
            unknown.append(name.title())
        else:
            asked[field] = value
    reason = "the mailbox is trusted: " + (", ".join(asked) or "nothing to do")
    return Decision(reason=reason + (f"; not understood: {', '.join(unknown)}" if unknown else ""), evidence=evidence,
                    **asked)  # fmt: skip


def _department(value: str, policy: Policy) -> int | None:
    found = (number for number, each in policy.departments.items() if each.key == value and not each.archived)
    return next(found, None)


def _priority(value: str, policy: Policy) -> int | None:
    try:
        return int(Priority.from_key(value))
    except InvalidInput:
        return None


def _tags(value: str, policy: Policy) -> tuple[str, ...] | None:
    words = [word.strip() for word in value.split(",")]
    fit = [word for word in words if 0 < len(word.casefold()) <= _MOST_LETTERS and not _BROKEN.search(word)]
    return tuple(fit[:_MOST_TAGS]) or None


def _language(value: str, policy: Policy) -> str | None:
    code = value.lower().partition("-")[0]
    return code if code in LANGUAGES else None


def _requester(value: str, policy: Policy) -> str | None:
    found = addresses.mailboxes(value.encode())
    if len(found) != 1 or found[0].address.casefold() in policy.own:
        return None
    return found[0].address


_READ: Mapping[str, tuple[str, Callable[[str, Policy], Any]]] = {
    "x-helpdesk-department": ("department_id", _department),
    "x-helpdesk-priority": ("priority", _priority),
    "x-helpdesk-tag": ("tags", _tags),
    "x-helpdesk-type": ("type_id", lambda value, policy: policy.types.get(value)),
    "x-helpdesk-topic": ("topic_id", lambda value, policy: policy.topics.get(value)),
    "x-helpdesk-language": ("language", _language),
    "x-helpdesk-requester": ("requester", _requester),
}
"""Header -> the part of the decision it asks for, and how it is read; None is what we do not know."""
