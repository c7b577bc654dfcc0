"""The desk's own rules as they are asked, and when they held."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from helpdeskctl import log
from helpdeskctl.desk import Desk
from helpdeskctl.domain import filters
from helpdeskctl.domain.filters_words import MAIL
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.domain.rules import Rule, Target, action, targets
from helpdeskctl.errors import HelpdeskError
from helpdeskctl.queries import ledger, setup
from helpdeskctl.store.tables import IncomingMail, RuleRun
from helpdeskctl.store.tables import Rule as Row

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Held:
    """One time that a rule held: on which mail, in which ticket, what it did."""

    at: datetime
    mail: int
    sender: str | None
    subject: str | None
    ticket: int | None
    did: tuple[str, ...]


def for_mail(desk: Desk) -> tuple[Rule, ...]:
    """The rules that are asked about every mail, in their order. One that cannot be read any more is left out."""
    rows = Row.select().where(Row.trigger_on == "mail", Row.enabled == 1).order_by(Row.position, Row.key)
    return tuple(rule for row in rows if (rule := _readable(row)) is not None)


def one(desk: Desk, key: str) -> Rule:
    """The rule called `key`, enabled or not. NotFound, with near matches; InvalidInput when it cannot be read."""
    return read(Row.get(Row.id == setup.known(desk, "rule", key)))


def read(row: Row) -> Rule:
    """A row as a rule. Raises InvalidInput."""
    when = filters.parse(row.query, about=MAIL)
    return Rule(row.id, row.key, when, tuple(action(each) for each in row.actions), bool(row.stop))


def _readable(row: Row) -> Rule | None:
    try:
        return read(row)
    except HelpdeskError as fault:  # what an earlier version wrote must not keep mail out
        log.event("rule.unreadable", level=logging.ERROR, rule=row.key, error=fault.message)
        return None


def naming(desk: Desk, target: Target) -> Iterator[Rule]:
    """The rules that name an object of the set-up, in what they do or in their condition; disabled ones, too."""
    for row in list(Row.select().order_by(Row.position, Row.key)):
        rule = _readable(row)
        if rule is not None and target in {*(each.target for each in rule.actions), *targets(rule.when)}:
            yield rule


def runs(desk: Desk, actor: Actor, key: str, *, limit: int | None = 50) -> Iterator[Held]:
    """When a rule held for mail that the actor may see, the newest first. NotFound."""
    return islice(_runs(desk, actor, setup.known(desk, "rule", key)), limit)


def _runs(desk: Desk, actor: Actor, rule_id: int) -> Iterator[Held]:
    before = 2**62
    query = RuleRun.select().where(RuleRun.rule_id == rule_id).order_by(RuleRun.id.desc()).limit(_PAGE)
    while page := list(query.where(RuleRun.id < before)):
        before = page[-1].id
        mails = {row.id: row for row in IncomingMail.select().where(IncomingMail.id.in_([r.incoming_id for r in page]))}
        for row in page:
            mail: Any = mails.get(row.incoming_id or 0)
            if mail is not None and ledger.may_see(desk, actor, mail):
                yield Held(row.at, mail.id, mail.sender, mail.subject, row.ticket_id, tuple(row.actions))
