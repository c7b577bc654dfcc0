"""Setting up the desk's own rules: what a rule must be, and how it follows what it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import filters
from helpdeskctl.domain.filters import Tree, unparse
from helpdeskctl.domain.filters_words import MAIL
from helpdeskctl.domain.rules import STOP, Action, Target, action, faults, renamed, targets
from helpdeskctl.errors import InvalidInput, Problem, Refused
from helpdeskctl.operations import personal
from helpdeskctl.operations.setup_faults import no_such, out_of_use
from helpdeskctl.operations.setup_rules import Rules, Wanted
from helpdeskctl.operations.tickets import refuse_without_role
from helpdeskctl.queries import rules, setup
from helpdeskctl.store.tables import Rule

_NAMED = {"department", "mailbox", "agent", "team", "type", "topic", "tag"}


class RuleRules(Rules):
    """A rule must be readable, do something, and name what is there. One that is not so may be switched off."""

    def prepare(self, desk: Desk, state: Wanted) -> None:
        """`stop` among the actions is the flag."""
        if STOP in (state.values.get("do") or ()):
            state.values |= {"do": tuple(each for each in state.values["do"] if each != STOP), STOP: True}

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """The condition, word by word, and whether the actions go together."""
        if not _in_question(state):
            return []
        problems, _ = _condition(state)
        if state.value("do") == () and not state.value(STOP):
            problems.append(Problem("do", "the rule does nothing", "--do ACTION: see helpdeskctl help rules"))
        actions = _actions(state)
        problems += [Problem("do", fault) for fault in faults(actions)]
        problems += [Problem("do", why) for why in _misfits(desk, actions)]
        return problems

    def lacking(self, desk: Desk, state: Wanted) -> list[Problem]:
        """What actions and condition name, and is not there."""
        if not _in_question(state):
            return []
        _, when = _condition(state)
        named = [("do", f"--do {each.name}:", each.target) for each in _actions(state) if each.target]
        named += [("when", f"--when {target[0]}:", target) for target in targets(when)]
        return [
            no_such(desk, kind, key, where=where, option=option)
            for where, option, (kind, key) in named
            if kind != "tag" and setup.find(desk, kind, key) is None
        ]


def _in_question(state: Wanted) -> bool:
    """Whether what the rule says is changed, or is to be done from now on."""
    return bool({"do", "when", "on"} & state.values.keys() or state.values.get("enabled"))


def follow(desk: Desk, target: Target, new: str) -> None:
    """What is called by another key from now on is called so by rules, too; in the present transaction."""
    if target[0] not in _NAMED:
        return
    for rule in rules.naming(desk, target):
        actions = [each.naming(new) if each.target == target else each for each in rule.actions]
        changes: dict[str, Any] = {"actions": [str(each) for each in actions]}
        if target in targets(rule.when):
            changes["query"] = unparse(renamed(rule.when, target, new))
        Rule.update(**changes).where(Rule.id == rule.id).execute()
    if target[0] == "agent":
        follow(desk, ("department", f"{personal.PREFIX}{target[1]}"), f"{personal.PREFIX}{new}")


def _condition(state: Wanted) -> tuple[list[Problem], Tree]:
    try:
        return [], filters.parse(state.value("when") or "", about=MAIL)
    except InvalidInput as wrong:
        return list(wrong.problems) or [Problem("when", wrong.message, wrong.hint)], filters.EVERYTHING


def _actions(state: Wanted) -> tuple[Action, ...]:
    return tuple(action(each) for each in state.value("do") or ())


def _misfits(desk: Desk, actions: tuple[Action, ...]) -> Iterator[str]:
    """Departments and agents that are out of use, and an agent who does not work where the rule sends the mail."""
    found = {}
    for each in actions:
        if each.target is None or (number := setup.find(desk, *each.target)) is None:
            continue
        if why := out_of_use(each.target[0], number, owner=True):
            yield f"{each.target[0]} {each.target[1]} {why}"
        else:
            found[each.name] = (each.target[0], number)
    if "department" in found and found.get("assign", ("", 0))[0] == "agent":
        try:
            refuse_without_role(found["assign"][1], found["department"][1])
        except Refused as why:
            yield why.message
