"""Mails named on the command line by the numbers that lists print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from helpdeskctl.cli.runtime import Run

Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="Numbers from the list; - for those on stdin.")]

_MOST_DIGITS = 18  # what a key of the database can have
_MOST_UIDS = 100_000  # in one range


def numbers(run: Run, given: list[str], *, listed_by: str) -> list[int]:
    """The numbers, each as `17` or `id:17`. Raises InvalidInput, naming the command that lists them."""
    return [_number(key, listed_by) for key in run.keys_from(given)]


def _number(key: str, listed_by: str) -> int:
    from helpdeskctl.errors import InvalidInput

    digits = key.removeprefix("id:")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _MOST_DIGITS:
        raise InvalidInput(f'"{key}" is no number of a mail', hint=listed_by)
    return int(digits)


def uids(text: str) -> list[int]:
    """UIDs of a folder as `17,19:25`. Raises InvalidInput."""
    from helpdeskctl.errors import InvalidInput

    found: set[int] = set()
    for part in text.split(","):
        first, colon, last = part.partition(":")
        ends = [first, last] if colon else [first, first]
        if not all(end.isascii() and end.isdigit() and 0 < int(end[:11]) < 2**32 for end in ends):
            raise InvalidInput(f'"{part}" is no UID', hint="as 17 or 17,19:25")
        low, high = sorted(map(int, ends))
        if high - low >= _MOST_UIDS:
            raise InvalidInput(f'"{part}" is more than {_MOST_UIDS} mails', hint="in several commands")
        found.update(range(low, high + 1))
    return sorted(found)
