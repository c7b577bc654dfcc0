"""Which lines of a reply are quoted or signature. Linear time; nothing is cut, only named."""

from __future__ import annotations

from helpdeskctl.mail.incoming import Fold


def folds(text: str) -> tuple[Fold, ...]:
    """The foldable lines of `text`, in order; no quotes where the author wrote below or between them."""
    return ()
