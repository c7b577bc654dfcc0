"""What is pasted into other people's pages stands there as it should, whatever their charset."""

from __future__ import annotations

from html import unescape

import pytest

from helpdeskctl.domain.embedding import EmbedKind, snippet
from helpdeskctl.domain.languages import LANGUAGES


@pytest.mark.parametrize("kind", ["iframe", "button", "link"])
def test_a_piece_is_ascii_and_says_the_same_words_once_read(kind: EmbedKind) -> None:
    for language in LANGUAGES:
        piece = snippet(kind, "https://help.example.org", {"dept": "sup&port"}, language)
        assert piece.isascii()
        assert "?dept=sup%26port&lang=" in unescape(piece)
    assert "Schließen" in unescape(snippet("button", "https://help.example.org", {}, "de"))
