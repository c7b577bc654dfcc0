"""The languages customers can choose (POR-6), each named in itself."""

from __future__ import annotations

from collections.abc import Mapping

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
