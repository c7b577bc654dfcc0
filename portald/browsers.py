"""What a browser calls itself, as people do: its name and the system it runs on, and nothing more."""

from __future__ import annotations

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


def named(agent_string: str) -> str:
    """`Firefox on Windows`; what is known of it, in the reader's language."""
    browser = next((name for mark, name in _NAMES if mark in agent_string), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent_string), "")
    if browser and system:
        return t("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or t("An unknown browser")
