"""The languages customers can choose (POR-6), each named in itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "fr": "Français",
    "de": "Deutsch",
    "da": "Dansk",
    "nl": "Nederlands",
    "he": "עברית",
    "pt": "Português",
    "es": "Español",
    "th": "ไทย",
}

RIGHT_TO_LEFT = frozenset({"he"})


def direction(language: str) -> Literal["ltr", "rtl"]:
    """The way a language is written, as HTML's `dir` says it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"
