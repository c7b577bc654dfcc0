"""The rules of statuses, topics, fields, tags, signatures, canned replies, categories of articles and pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC

from helpdeskctl.desk import Desk
from helpdeskctl.domain import pages, templates
from helpdeskctl.domain.dates import parse_moment
from helpdeskctl.domain.kind_types import PRIORITY, TEAM_PREFIX
from helpdeskctl.domain.lifecycle import DEFAULT_CLOCK, Kind
from helpdeskctl.errors import HelpdeskError, InvalidInput, Problem, Refused
from helpdeskctl.operations import look
from helpdeskctl.operations.setup_rules import Rules, Wanted
from helpdeskctl.operations.ticket_fields import tag_key
from helpdeskctl.queries import setup
from helpdeskctl.queries.setup import SetUpObject
from helpdeskctl.store.tables import Article, CannedReply, Department, Field, FieldValue, Status, Ticket


class StatusRules(Rules):
    """The rules of the desk know kinds only, so one status of each kind stays (TIC-2)."""

    def prepare(self, desk: Desk, state: Wanted) -> None:
        """The clock of its kind, where none was named."""
        if state.values.get("clock") is None and state.current is None and state.values.get("kind"):
            state.values["clock"] = DEFAULT_CLOCK[Kind(state.values["kind"])].value

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """A status in use keeps its kind; none is without a clock."""
        if state.current is None:
            return []
        if state.value("clock") is None:
            return [Problem("clock", "cannot be empty")]
        if state.value("kind") == state.current.values["kind"]:
            return []
        if Ticket.select().where(Ticket.status_id == state.current.id).exists():
            return [Problem("kind", "tickets are in this status; make another one and move them there")]
        return [] if _others_of_kind(state.current) else [Problem("kind", f"it is {_the_last(state.current)}")]

    def renamed(self, desk: Desk, current: SetUpObject, new: str) -> None:
        """Departments and canned replies name it by its key."""
        Department.update(after_send=new).where(Department.after_send == current.key).execute()
        follow_in_canned("status", current.key, new)

    def deleting(self, desk: Desk, current: SetUpObject) -> None:
        """The last of its kind stays."""
        if not _others_of_kind(current):
            raise Refused(
                f'status "{current.key}" is {_the_last(current)}',
                hint=f"helpdeskctl status create KEY --kind {current.values['kind']} --name NAME",
                subject=f"status/{current.key}",
            )


def _others_of_kind(current: SetUpObject) -> bool:
    return bool(Status.select().where(Status.kind == current.values["kind"], Status.id != current.id).exists())


def _the_last(current: SetUpObject) -> str:
    return f"the last of kind {current.values['kind']}, which the desk needs"


def follow_in_canned(name: str, old: str, new: str) -> None:
    """Canned replies that set `name` to a key follow when it is renamed."""
    for row in CannedReply.select():
        if row.sets.get(name) == old:
            CannedReply.update(sets={**row.sets, name: new}).where(CannedReply.id == row.id).execute()


class TextRules(Rules):
    """Texts with placeholders: an unknown one is refused when saved (OUT-7)."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """The placeholders of the text."""
        faults = templates.check(state.values.get("body") or "", self.kind)
        return [Problem(f"body {fault.where}", fault.what, fault.hint) for fault in faults]


class CannedRules(TextRules):
    """A canned reply is a macro, too (CAN-2): what it sets must exist."""

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """The placeholders, the tags and what is set."""
        problems = super().check(desk, state)
        state.values |= {"tags": _tags(state, problems)} if "tags" in state.values else {}
        for name, value in (state.values.get("sets") or {}).items():
            try:
                _CHECKS[name](desk, value)
            except HelpdeskError as error:
                problems.append(Problem(f"sets {name}", error.message, error.hint))
        return problems


def _tags(state: Wanted, problems: list[Problem]) -> tuple[str, ...]:
    tags = []
    for word in state.values["tags"]:
        try:
            tags.append(tag_key(word))
        except InvalidInput as error:
            problems.append(Problem("tags", error.message, error.hint))
    return tuple(tags)


def _assignee(desk: Desk, value: str) -> None:
    if value in ("me", "nobody"):
        return
    kind, key = ("team", value.removeprefix(TEAM_PREFIX)) if value.startswith(TEAM_PREFIX) else ("agent", value)
    setup.known(desk, kind, key)


_CHECKS: Mapping[str, Callable[[Desk, str], object]] = {
    "status": lambda desk, value: setup.known(desk, "status", value),
    "priority": lambda desk, value: PRIORITY.read(value),
    "assignee": _assignee,
    "snooze": lambda desk, value: parse_moment(value, now=desk.now(), tz=UTC),
}


class TopicRules(Rules):
    """Customers choose topics, so none leads into a personal department (DEP-2); its fields are tickets' fields."""

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """Where it leads and what it asks."""
        problems = []
        if department := state.values.get("department"):
            to = Department.get_or_none(Department.key == department)
            if to is not None and to.agent_id is not None:
                problems.append(Problem("department", "customers cannot choose a personal department"))
        for key in state.values.get("fields") or ():
            row = Field.get_or_none(Field.key == key)
            if row is not None and row.on_kind != "ticket":
                problems.append(Problem("fields", f'"{key}" is a field of a {row.on_kind}'))
        return problems


class FieldRules(Rules):
    """A field of one's own keeps what it is on and its type while it has values."""

    def prepare(self, desk: Desk, state: Wanted) -> None:
        """A field without a name is called by its key; choices may come in one word, as `a,b`."""
        if state.current is None and not state.values.get("name"):
            state.values["name"] = state.key
        choices = [part.strip() for item in state.values.get("choices") or () for part in item.split(",")]
        if "choices" in state.values:
            state.values["choices"] = tuple(dict.fromkeys(filter(None, choices)))

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """Choices for a choice and for nothing else; no value left without its type."""
        problems = []
        if (state.value("type") == "choice") != bool(state.value("choices")):
            problems.append(Problem("choices", "a field of type choice needs them, no other has any", "--choices a,b"))
        if state.current is None:
            return problems
        used = FieldValue.select().where(FieldValue.field_id == state.current.id)
        for name in ("on", "type"):
            if state.value(name) != state.current.values[name] and used.exists():
                problems.append(Problem(name, "cannot change while there are values"))
        gone = set(state.current.values["choices"]) - set(state.value("choices"))
        if gone and used.where(FieldValue.value.in_(sorted(gone))).exists():
            problems.append(Problem("choices", f"{', '.join(sorted(gone))}: still chosen somewhere"))
        return problems


class ArticleCategoryRules(Rules):
    """Categories and articles share the keys in addresses of the portal."""

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """No article has this key."""
        taken = state.current is None and Article.select().where(Article.key == state.key).exists()
        return [Problem("key", f'"{state.key}" is an article already')] if taken else []


class PageRules(Rules):
    """A link leads somewhere, every other page has a text."""

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """What does not fit together."""
        bodies = state.value("bodies") or {}
        return pages.faults(state.key, state.value("kind"), state.value("url"), bodies)

    def saved(self, desk: Desk, number: int, state: Wanted) -> None:
        """Every page of the portal shows the navigation."""
        look.changed(desk)

    def renamed(self, desk: Desk, current: SetUpObject, new: str) -> None:
        """The navigation leads to the new address."""
        look.changed(desk)

    def deleting(self, desk: Desk, current: SetUpObject) -> None:
        """The navigation leaves it out."""
        look.changed(desk)
