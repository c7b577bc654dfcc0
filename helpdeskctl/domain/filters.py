"""The query language of lists, views, rules and reports: text in, tree out (TIC-16).

    status:open dept:billing not tag:vip (priority>=high or quiet:2d) "on fire"

Comparisons and plain words side by side must all hold; `or`, `not` and parentheses combine them; plain words
and quoted phrases are looked for in the full text. Names and keys ignore case. `filters_words` has the vocabularies:
for tickets, whose trees `queries/` compiles to SQL, and for incoming mail, whose trees `mail/rules` asks of a mail.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from helpdeskctl.domain import durations
from helpdeskctl.domain.filters_tokens import Fault, Token, tokens
from helpdeskctl.domain.filters_words import ORDER, TICKETS, VOCABULARIES, Op, Value, Vocabulary, Word
from helpdeskctl.domain.lifecycle import Priority
from helpdeskctl.errors import InvalidInput, Problem

MAX_LENGTH = 2000
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Words:
    """Full text: every term must occur, those of several words as a phrase."""

    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """A word of the vocabulary against values, any of which will do. `key` names the field of `field.KEY`."""

    word: str
    op: Op
    values: tuple[Value, ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Not:
    """What its part does not hold for."""

    part: Tree


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold. Without parts: everything."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of the parts holds."""

    parts: tuple[Tree, ...]


Tree = Words | Compare | Not | And | Or

EVERYTHING = And(())
"""The tree of the empty query."""


def parse(text: str, *, allowed: Collection[str] | None = None, about: Vocabulary = TICKETS) -> Tree:
    """The tree of `text` in the words `about` something; `allowed` limits them by name (the portal's subset).

    Raises InvalidInput with one Problem for each fault, at `query:LINE:COLUMN`, both counted from 1.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidInput("the query is too long", hint=f"at most {MAX_LENGTH} characters")
    faults: list[Fault] = []
    try:
        tree = _Parser(text, about, allowed, faults).query()
    except Fault as fault:
        faults.append(fault)
    if faults:
        problems = [_problem(text, fault) for fault in faults]
        raise InvalidInput("\n".join(map(_sentence, problems)), problems=problems)
    return tree


def both(parts: Iterable[Tree]) -> Tree:
    """All of `parts` together, without needless nesting; plain words beside each other become one search."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    terms = tuple(term for part in flat if isinstance(part, Words) for term in part.terms)
    if terms:
        first = next(at for at, part in enumerate(flat) if isinstance(part, Words))
        flat[first] = Words(terms)
        flat = [part for at, part in enumerate(flat) if at == first or not isinstance(part, Words)]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def either(parts: Iterable[Tree]) -> Tree:
    """Any of `parts`, without needless nesting."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def unparse(tree: Tree) -> str:
    """A query that parses to `tree` again: what a saved view shows."""
    match tree:
        case Words(terms):
            return " ".join(term if _is_bare_term(term) else _quote(term) for term in terms)
        case Compare(word, op, values, key):
            name = f"{word}.{key}" if key else word
            return f"{name}{op}{','.join(_value(word, value) for value in values)}"
        case Not(part):
            return f"not {_grouped(part)}"
        case And(parts):
            return " ".join(unparse(part) if isinstance(part, Words) else _grouped(part) for part in parts)
        case Or(parts):
            return " or ".join(unparse(part) for part in parts)


def _grouped(part: Tree) -> str:
    single = isinstance(part, Not | Compare) or (isinstance(part, Words) and len(part.terms) == 1)
    return unparse(part) if single else f"({unparse(part)})"


def _value(word: str, value: Value) -> str:
    match value:
        case timedelta():
            return durations.exact(value).replace(" ", "")
        case int() if word == "priority":
            return Priority(value).key
        case float():
            return f"{value:.6f}".rstrip("0").rstrip(".")
        case str() if not value or re.search(r'[\s(),"]', value):
            return _quote(value)
    return str(value)


def _is_bare_term(term: str) -> bool:
    if '"' in term:
        return False
    first, *rest = tokens(term)
    return len(rest) == 1 and (first.kind, first.text) == ("term", term)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _problem(text: str, fault: Fault) -> Problem:
    line = text.count("\n", 0, fault.at) + 1
    column = fault.at - text.rfind("\n", 0, fault.at)
    return Problem(f"query:{line}:{column}", fault.what, fault.hint)


def _sentence(problem: Problem) -> str:
    return f"{problem.where}: {problem.what}" + (f", {problem.hint}" if problem.hint else "")


class _Parser:
    """One reading of a query by recursive descent.

    either = all ("or" all)* ;  all = one ("and"? one)* ;  one = "not" one | "(" either ")" | comparison | term

    Faults inside a comparison are noted and reading goes on, so that all of them are told at once.
    """

    def __init__(self, text: str, about: Vocabulary, allowed: Collection[str] | None, faults: list[Fault]) -> None:
        self.rest = tokens(text)
        self.token = next(self.rest)
        self.about = about
        self.allowed = allowed
        self.faults = faults

    def query(self) -> Tree:
        tree = EVERYTHING if self.token.kind == "end" else self._either(0)
        if self.token.kind != "end":
            raise Fault(self.token.at, 'this ")" closes nothing')
        return tree

    def _either(self, depth: int) -> Tree:
        parts = [self._all(depth)]
        while self._took("or"):
            parts.append(self._all(depth))
        return either(parts)

    def _all(self, depth: int) -> Tree:
        parts = [self._one(depth)]
        while self._took("and") or self.token.kind in ("term", "compare", "not", "("):
            parts.append(self._one(depth))
        return both(parts)

    def _one(self, depth: int) -> Tree:
        token = self.token
        if depth > MAX_DEPTH:
            raise Fault(token.at, f"nested deeper than {MAX_DEPTH} levels")
        if self._took("not"):
            return Not(self._one(depth + 1))
        if self._took("("):
            inner = self._either(depth + 1)
            if not self._took(")"):
                raise Fault(token.at, 'this "(" is never closed')
            return inner
        if self._took("compare"):
            return self._compare(token)
        if self._took("term"):
            return self._words(token)
        raise Fault(token.at, "something is missing here", "a word, a comparison or a group")

    def _took(self, kind: str) -> bool:
        if self.token.kind != kind:
            return False
        self.token = next(self.rest)
        return True

    def _words(self, token: Token) -> Tree:
        if not token.text.strip():
            self.faults.append(Fault(token.at, "nothing to look for between the quotes"))
        return Words((token.text,))

    def _compare(self, token: Token) -> Tree:
        name, _, key = token.text.casefold().partition(".")
        word = self.about.by_name.get(name)
        if word is None or bool(key) != word.keyed or not self._may_use(word):
            self.faults.append(_unknown(token, self.about))
            return EVERYTHING
        op = Op.HAS if token.op is Op.IS and word.ops == (Op.HAS,) else token.op
        if op not in word.ops:
            known = " ".join(word.ops)
            self.faults.append(Fault(token.at, f'"{word.name}" cannot be compared with "{op}"', f"it takes {known}"))
            return EVERYTHING
        return Compare(word.name, op, self._read(word, op, token), key)

    def _may_use(self, word: Word) -> bool:
        return self.allowed is None or word.name in self.allowed

    def _read(self, word: Word, op: Op, token: Token) -> tuple[Value, ...]:
        if op in ORDER and len(token.values) > 1:
            self.faults.append(Fault(token.values[1][0], f'"{op}" takes one value'))
        values = []
        for at, text in token.values:
            for piece in text.split("|") if op is Op.HAS else (text,):
                try:
                    values.append(word.read(op, _present(piece)))
                except InvalidInput as error:
                    self.faults.append(Fault(at, error.message, error.hint))
        return tuple(values)


def _present(value: str) -> str:
    if not value.strip():
        raise InvalidInput("a value is missing", hint="it follows without a space")
    return value


def _unknown(token: Token, about: Vocabulary) -> Fault:
    import difflib

    name = token.text.casefold().partition(".")[0]
    elsewhere = next((other.about for other in VOCABULARIES if name in other.by_name), None)
    if elsewhere is not None and name not in about.by_name:
        return Fault(
            token.at, f'"{token.text}" is a word for {elsewhere}, not for {about.about}', "helpdeskctl help query"
        )
    known = [f"{name}.KEY" if word.keyed else name for name, word in about.by_name.items()]
    near = difflib.get_close_matches(token.text.casefold(), known, 1)
    hint = f'did you mean "{near[0]}"?' if near else "put it in quotes to search for the text"
    return Fault(token.at, f'unknown word "{token.text}"', hint)
