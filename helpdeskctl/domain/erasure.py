"""A person taken out of texts and records: what stands in the place of addresses and names (CON-4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

NAME = "(erased)"
_SHORTEST = 3  # a name of one or two letters is part of too many words
_ATEXT = r"[\w.!#$%&'*+/=?^`{|}~-]"  # RFC 5322 section 3.2.3, and the dot


def alias_of(number: int) -> str:
    """The address that stands for erased contact `number`; mail to it goes nowhere (RFC 6761)."""
    return f"erased-{number}@erased.invalid"


@dataclass(frozen=True, slots=True)
class Traces:
    """What names a person: addresses, casefolded, and names; `alias` takes the place of each address."""

    addresses: frozenset[str]
    names: frozenset[str]
    alias: str

    def without(self, value: Any) -> Any:
        """`value` with the person's addresses and names replaced, in whatever lists and mappings they stand."""
        if isinstance(value, str):
            return _pattern(self.addresses, self.names).sub(self._instead, value)
        if isinstance(value, Mapping):
            return {key: self.without(item) for key, item in value.items()}
        return [self.without(item) for item in value] if isinstance(value, list) else value

    def _instead(self, found: re.Match[str]) -> str:
        return self.alias if found["address"] else NAME


def blanked(value: Any) -> Any:
    """The same record with every text in it empty; which fields there were stays."""
    if isinstance(value, str):
        return ""
    if isinstance(value, Mapping):
        return {key: blanked(item) for key, item in value.items()}
    return [blanked(item) for item in value] if isinstance(value, list) else value


@cache
def _pattern(addresses: frozenset[str], names: frozenset[str]) -> re.Pattern[str]:
    """Whole addresses and whole names: ann@x.example neither in joann@x.example nor in ann@x.example.org."""
    address = rf"(?P<address>(?<!{_ATEXT})(?:{_any(addresses)})(?![\w-]|\.\w))"
    name = rf"(?<!\w)(?:{_any(name for name in names if len(name) >= _SHORTEST)})(?!\w)"
    return re.compile(f"{address}|{name}", re.IGNORECASE)


def _any(words: Iterable[str]) -> str:
    """The longest first; nothing where there are none."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or "(?!)"
