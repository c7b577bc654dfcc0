"""The desk's cut list (MAIL-17): from a line on that a rule names, the text is folded at display. Never cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from helpdeskctl.domain import patterns
from helpdeskctl.domain.patterns import Searched
from helpdeskctl.mail.incoming import Fold
from helpdeskctl.mail.text import visible


def with_cuts(text: str, folds: Sequence[Fold], cuts: Iterable[str]) -> tuple[Fold, ...]:
    """`folds` and one more, from the first line that one of the patterns `cuts` is found in to the end.

    Quoted lines do not count: what others wrote hides nothing of the author's. Never is everything folded.
    """
    wanted = [pattern for cut in cuts for pattern in patterns.several(cut)]
    first = Searched(_written(text, folds)).line_of(wanted)
    if first is None:
        return tuple(folds)
    before = (fold for fold in folds if fold.last_line < first)
    found = (*before, Fold("quote", first, text.count("\n")))
    return found if any(c.isalnum() for c in visible(text, found)) else tuple(folds)


def _written(text: str, folds: Iterable[Fold]) -> str:
    """The text with empty lines where something is folded or quoted."""
    lines = ["" if line.startswith(">") else line for line in text.split("\n")]
    for fold in folds:
        lines[fold.first_line : fold.last_line + 1] = [""] * (fold.last_line + 1 - fold.first_line)
    return "\n".join(lines)
