"""What only some kinds of set-up objects need, beside the common verbs of `setup.py`. `rules(kind)` finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.kind import Kind
from helpdeskctl.errors import Problem
from helpdeskctl.queries.setup import SetUpObject


@dataclass(slots=True)
class Wanted:
    """An object as somebody wants it: `values` are those that were given, and at creation all; `current` what is."""

    kind: Kind
    key: str
    values: dict[str, Any]
    current: SetUpObject | None

    def value(self, name: str) -> Any:
        """What a field will hold."""
        present = self.current.values.get(name) if self.current else None
        return self.values.get(name, present)


class Rules:
    """The moments at which a kind may have its say. This one has nothing to say."""

    def prepare(self, desk: Desk, state: Wanted) -> None:
        """Complete what was given, before references are looked up."""

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """What is wrong beside types and references."""
        return []

    def lacking(self, desk: Desk, state: Wanted) -> list[Problem]:
        """What is named and not there, beside references that fields declare."""
        return []

    def columns(self, state: Wanted) -> dict[str, Any]:
        """Columns of a new row that no field names."""
        return {}

    def inserted(self, desk: Desk, number: int, state: Wanted) -> None:
        """After a new row, before what hangs on it."""

    def saved(self, desk: Desk, number: int, state: Wanted) -> None:
        """After everything was written."""

    def renamed(self, desk: Desk, current: SetUpObject, new: str) -> None:
        """After the key was changed: what names it by its key follows."""

    def deleting(self, desk: Desk, current: SetUpObject) -> None:
        """Before deletion. Raises Refused."""


NOTHING = Rules()


@cache
def _by_kind() -> Mapping[str, Rules]:
    from helpdeskctl.operations import rules
    from helpdeskctl.operations import setup_rules_people as people
    from helpdeskctl.operations import setup_rules_words as words

    return {
        "department": people.DepartmentRules(),
        "mailbox": people.MailboxRules(),
        "agent": people.AgentRules(),
        "team": people.TeamRules(),
        "contact": people.ContactRules(),
        "company": people.CompanyRules(),
        "signature": words.TextRules("signature"),
        "canned": words.CannedRules("canned"),
        "article_category": words.ArticleCategoryRules(),
        "page": words.PageRules(),
        "status": words.StatusRules(),
        "topic": words.TopicRules(),
        "field": words.FieldRules(),
        "rule": rules.RuleRules(),
    }


def rules(kind: str) -> Rules:
    """The rules of a kind."""
    return _by_kind().get(kind, NOTHING)
