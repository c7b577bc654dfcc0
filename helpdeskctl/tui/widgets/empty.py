"""What an empty list says, and what to do then."""

from __future__ import annotations

from collections.abc import Mapping

from helpdeskctl.tui.text import flat

_NOTHING = {
    "waiting": "No ticket waits for a customer.",
    "snoozed": "Nothing is snoozed.",
}


def text_for(view: str, query: str, counts: Mapping[str, int], views: int) -> str:
    """The text for an empty view, or for a filter without hits."""
    if query:
        return f'No ticket matches "{flat(query)}".\nesc clears the filter, S searches everywhere.'
    unassigned = counts.get("unassigned", 0)
    if view == "mine" and unassigned:
        return f"Nothing assigned to you.\n{unassigned} unassigned: press g u, then A to take one."
    if view == "mine":
        return "Nothing assigned to you, and nothing unassigned. All done."
    if view == "unassigned":
        return "All taken. g m shows yours, g w what waits for customers."
    if view == "departments" and not any(key.startswith("department:") for key in counts):
        return "You are in no department yet. Ask an admin:\nhelpdeskctl department member add support YOUR-ADDRESS"
    return _NOTHING.get(view, "No ticket here.")
