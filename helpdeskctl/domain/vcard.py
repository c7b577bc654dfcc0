"""vCards 3.0 and 4.0 (RFC 2426, RFC 6350) as far as a helpdesk needs them: FN, N, EMAIL, TEL, ORG."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from helpdeskctl.errors import InvalidInput

VERSIONS = ("3.0", "4.0")
_LINE = 75  # octets, RFC 6350 section 3.2
_NAME = re.compile(r"(?:[\w-]+\.)?([\w-]+)")
_PARAMETER = re.compile(r';([\w-]+)(?:=((?:"[^"]*"|[^";:])*))?')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Card:
    """One person. `line` is where the card begins, `emails` and `phones` have the preferred one first."""

    line: int
    version: str
    name: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    organization: str = ""


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    value: str
    rank: int  # RFC 6350 section 5.3: 1 is the most preferred, 101 says nothing


def read(text: str) -> Iterator[Card]:
    """The cards of a file. Raises InvalidInput, its message beginning with the line, for what is no vCard."""
    begun: int | None = None
    found: list[_Property] = []
    for number, line in _unfolded(text):
        if not line.strip():
            continue
        item = _property(number, line)
        word = item.value.strip().upper()
        if item.name == "BEGIN" and word == "VCARD":
            begun, found = number, []
        elif begun is None:
            raise InvalidInput(f"{number}: stands outside of a card")
        elif item.name == "END" and word == "VCARD":
            yield _card(begun, found)
            begun = None
        else:
            found.append(item)
    if begun is not None:
        raise InvalidInput(f"{begun}: this card has no END:VCARD")


def write(name: str, emails: Sequence[str], *, phone: str = "", organization: str = "") -> str:
    """A card of version 3.0, which every address book reads; lines end in CRLF."""
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{_escape(name)}", f"N:{_escape(name)};;;;"]
    lines += [f"EMAIL;TYPE=INTERNET{'' if at else ',PREF'}:{_escape(email)}" for at, email in enumerate(emails)]
    lines += [f"TEL:{_escape(phone)}"] if phone else []
    lines += [f"ORG:{_escape(organization)}"] if organization else []
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCARD"])


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines with the numbers at which they begin; a line that starts with white space goes on with the last."""
    first, parts = 1, [""]
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if line[:1] in (" ", "\t"):
            parts.append(line[1:])
            continue
        yield first, "".join(parts)
        first, parts = number, [line]
    yield first, "".join(parts)


def _property(number: int, line: str) -> _Property:
    name = _NAME.match(line)
    if name is None:
        raise InvalidInput(f"{number}: is no line of a vCard")
    at, rank = name.end(), 101
    while parameter := _PARAMETER.match(line, at):
        at = parameter.end()
        rank = min(rank, _rank(parameter[1], (parameter[2] or "").replace('"', "")))
    if line[at : at + 1] != ":":
        raise InvalidInput(f"{number}: is no line of a vCard")
    return _Property(name[1].upper(), line[at + 1 :], rank)


def _rank(parameter: str, value: str) -> int:
    """PREF=1 of version 4.0, TYPE=PREF of 3.0."""
    if parameter.upper() == "PREF" and value.isdecimal():
        return int(value)
    return 1 if parameter.upper() == "TYPE" and "PREF" in value.upper().split(",") else 101


def _card(line: int, found: list[_Property]) -> Card:
    def values(name: str) -> list[str]:
        return [item.value for item in sorted(found, key=lambda item: item.rank) if item.name == name]

    def texts(name: str) -> tuple[str, ...]:
        return tuple(filter(None, (_unescape(value).strip() for value in values(name))))

    version, [*names] = "".join(texts("VERSION")[:1]), texts("FN")
    names += [_full_name(value) for value in values("N")]
    return Card(
        line,
        version,
        name=next(filter(None, names), ""),
        emails=tuple(_without_scheme(email, "mailto") for email in texts("EMAIL")),
        phones=tuple(_without_scheme(phone, "tel") for phone in texts("TEL")),
        organization=next((_components(value)[0] for value in values("ORG")), ""),
    )


def _full_name(value: str) -> str:
    """N is family; given; additional; prefixes; suffixes."""
    family, given, more, before, after = (*_components(value), "", "", "", "", "")[:5]
    return " ".join(filter(None, (before, given, more, family, after)))


def _components(value: str) -> list[str]:
    return [_unescape(part).strip() for part in re.split(r"(?<!\\);", value)]


def _without_scheme(value: str, scheme: str) -> str:
    """`tel:+49-30-1;ext=5` is the number before the parameters (RFC 3966)."""
    head, colon, rest = value.partition(":")
    return rest.partition(";")[0] if colon and head.lower() == scheme else value


def _unescape(value: str) -> str:
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def _escape(value: str) -> str:
    return re.sub(r"([\\,;])", r"\\\1", value).replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    """No physical line longer than 75 octets, none cut inside of a character."""
    done, size = [""], 0
    for character in line:
        octets = len(character.encode())
        if size + octets > _LINE:
            done.append(" ")
            size = 1
        done[-1] += character
        size += octets
    return "\r\n".join(done)
