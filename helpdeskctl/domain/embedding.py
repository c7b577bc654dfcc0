"""The pieces of HTML by which other people's pages lead to the portal's form (POR-8)."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Literal
from urllib.parse import urlencode

from helpdeskctl.domain import wording

EmbedKind = Literal["iframe", "button", "link"]
HEIGHT = 640  # pixels, before the form has told its own


def snippet(kind: EmbedKind, portal_url: str, about: Mapping[str, str], language: str) -> str:
    """The piece to be put into a page, in lines. `about`: `dept` or `topic` of the form, by key.

    A button is a link that the portal's script opens in place (`data-helpdesk` says what its button to close is
    called); without script it is the link alone. ASCII only: it goes into pages of whatever charset.
    """
    asked = "?" + urlencode({**about, "lang": language})
    said = wording.of(language).phrases
    words, close = escape(said["write"]), escape(said["close"])
    link, frame, script = (escape(portal_url + path) for path in (f"/new{asked}", f"/embed/new{asked}", "/embed.js"))
    pieces = {
        "iframe": f'<iframe src="{frame}" title="{words}" loading="lazy" width="100%" height="{HEIGHT}"></iframe>',
        "link": f'<a href="{link}" hreflang="{language}">{words}</a>',
        "button": f'<a href="{link}" hreflang="{language}" data-helpdesk="{close}">{words}</a>\n'
        f'<script src="{script}" defer></script>',
    }
    return pieces[kind].encode("ascii", "xmlcharrefreplace").decode()
