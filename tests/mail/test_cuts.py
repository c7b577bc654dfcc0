"""The cut list folds from a line on, and never cuts."""

from __future__ import annotations

import pytest

from helpdeskctl.mail.cuts import with_cuts
from helpdeskctl.mail.incoming import Fold
from helpdeskctl.mail.quotes import folds
from helpdeskctl.mail.text import visible

TEXT = "Please help.\n\nThis mail is confidential.\nDo not read it."


def test_what_follows_the_line_is_folded() -> None:
    found = with_cuts(TEXT, (), ["^this mail is|^diese nachricht"])
    assert found == (Fold("quote", 2, 3),)
    assert visible(TEXT, found) == "Please help."


@pytest.mark.parametrize("cuts", [[], ["unsubscribe"]])
def test_where_the_line_is_not_there_nothing_changes(cuts: list[str]) -> None:
    assert with_cuts(TEXT, (Fold("signature", 3, 3),), cuts) == (Fold("signature", 3, 3),)


def test_the_first_line_of_several_patterns_counts() -> None:
    assert with_cuts(TEXT, (), ["do not read", "confidential"])[0].first_line == 2


@pytest.mark.parametrize("cut", ["^please", "help"])
def test_never_is_everything_folded(cut: str) -> None:
    assert with_cuts(TEXT, (), [cut]) == ()


def test_folds_that_are_there_stay_and_none_lies_in_another() -> None:
    text = "Hi\n-- \nAlice\n\nOn 1.1.2026, Bob wrote:\n> x"
    assert [fold.kind for fold in folds(text)] == ["signature", "quote"]
    longer = f"{text}\n\nConfidential: Bob"
    assert with_cuts(longer, folds(text), ["^confidential"]) == (*folds(text), Fold("quote", 7, 7))
    covered = f"Hi\nConfidential\n{text}"
    inside = tuple(Fold(fold.kind, fold.first_line + 2, fold.last_line + 2) for fold in folds(text))
    assert with_cuts(covered, inside, ["^confidential"]) == (Fold("quote", 1, 7),)


@pytest.mark.parametrize("kept", [(Fold("quote", 1, 1),), ()])
def test_what_others_wrote_hides_nothing_of_the_author(kept: tuple[Fold, ...]) -> None:
    text = "Hi\n> this is confidential\nand so on"
    assert with_cuts(text, kept, ["confidential"]) == kept
