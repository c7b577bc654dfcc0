"""How much one mail may ask of us. Real mail stays far below; what passes a bound is put aside, not read."""

from __future__ import annotations

MAX_BYTES = 64 * 1024 * 1024
MAX_HEADER_BYTES = 1024 * 1024  # of one header block
MAX_HEADERS = 2_000
MAX_RECIPIENTS = 2_000
MAX_PARTS = 1_000
MAX_DEPTH = 40
MAX_TEXT_CHARACTERS = 1024 * 1024
MAX_HTML_CHARACTERS = 1024 * 1024
MAX_HTML_DEPTH = 500  # nh3 takes quadratic time in the nesting
MAX_SUBJECT_CHARACTERS = 1_000
MAX_REFERENCES = 200


class Bomb(Exception):
    """A bound was passed. `reason` says which, in words for a person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def hold(count: int, bound: int, what: str) -> None:
    """Raise Bomb when `count` of `what` is over `bound`."""
    if count > bound:
        raise Bomb(f"{count} {what}, the limit is {bound}")
