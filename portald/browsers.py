"""What a browser tells: the languages that its reader wants, its name and the system it runs on, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portald.texts import t

# Browsers carry the names of those they descend from: the youngest stand first.
_NAMES = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
_LONGEST = 4096  # octets of a list of languages


def named(agent_string: str) -> str:
    """What people call it, `Firefox on Windows`; what is known of it, in the reader's language."""
    browser = next((name for mark, name in _NAMES if mark in agent_string), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent_string), "")
    if browser and system:
        return t("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or t("An unknown browser")


def accepted(environ: Mapping[str, Any]) -> list[str]:
    """The languages that a browser asks for, the dearest first (RFC 9110 §12.5.4): `de-AT;q=0.8` counts as `de`."""
    found = []
    for piece in str(environ.get("HTTP_ACCEPT_LANGUAGE", ""))[:_LONGEST].split(",")[:20]:
        word, _, weight = piece.partition(";q=")
        try:
            found.append((-float(weight or 1), word.strip().partition("-")[0].lower()))
        except ValueError:
            continue
    return [language for weight, language in sorted(found, key=lambda each: each[0]) if weight < 0]
