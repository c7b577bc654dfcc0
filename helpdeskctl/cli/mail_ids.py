"""Mails named on the command line by the numbers that lists print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from helpdeskctl.cli.runtime import Run

Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="Numbers from the list; - for those on stdin.")]

_MOST_DIGITS = 18  # what a key of the database can have


def numbers(run: Run, given: list[str], *, listed_by: str) -> list[int]:
    """The numbers, each as `17` or `id:17`. Raises InvalidInput, naming the command that lists them."""
    return [_number(key, listed_by) for key in run.keys_from(given)]


def _number(key: str, listed_by: str) -> int:
    from helpdeskctl.errors import InvalidInput

    digits = key.removeprefix("id:")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _MOST_DIGITS:
        raise InvalidInput(f'"{key}" is no number of a mail', hint=listed_by)
    return int(digits)
