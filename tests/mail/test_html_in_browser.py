"""Our mails in a real browser: from right to left where the language is read so, narrow, nothing loaded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page

from helpdeskctl.domain import templates, wording
from helpdeskctl.mail.compose import quoted
from helpdeskctl.mail.html_part import html_of
from tests.servers.chromium import MARKS

pytestmark = MARKS
_NARROW = {"width": 320, "height": 700}


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that may load nothing."""
    context = chromium.new_context(viewport=_NARROW)  # type: ignore[arg-type]  # a plain dict of two numbers
    found = context.new_page()
    asked: list[str] = []
    found.on("request", lambda request: asked.append(request.url))
    yield found
    context.close()
    assert asked == []


def reply(language: str, body: str, quote: str) -> str:
    """A whole answer: text, link, signature, quotation."""
    words = wording.of(language)
    url = "https://help.example.org/tickets/1001?p=abcdefghijklmnopqrstuvwxyz0123456789/"
    text = templates.fill(words.mails["reply"].text, {"message.text": body, "ticket.url": url})
    said = words.quoted("Ada", datetime(2026, 5, 3, 14, 0))  # noqa: DTZ001  # a time in its reader's zone
    return html_of(f"{text}\n-- \nAda\n\n{quoted(said, quote)}\n", language)


def edges(page: Page, number: int) -> tuple[float, float, float]:
    """Where the words of a paragraph begin and end, and how wide the page is."""
    script = """number => {
        const words = document.createRange();
        words.selectNodeContents(document.querySelectorAll("p")[number]);
        const box = words.getClientRects()[0];
        return [box.left, box.right, document.documentElement.clientWidth];
    }"""
    left, right, width = page.evaluate(script, number)
    return left, right, width


def directions(page: Page) -> list[str]:
    script = "[...document.querySelectorAll('html, p, blockquote')].map(each => getComputedStyle(each).direction)"
    found: list[str] = page.evaluate(script)
    return found


def test_a_hebrew_mail_is_read_from_right_to_left_and_what_is_foreign_in_it_from_left_to_right(page: Page) -> None:
    page.set_content(reply("he", "שלום דנה,\n\nPlease send the file.", "המדפסת בוערת"))
    html, greeting, english, link, signature, said, quote, quoted_words = directions(page)
    assert (html, greeting, english, link, signature) == ("rtl", "rtl", "ltr", "rtl", "ltr")
    assert (said, quote, quoted_words) == ("rtl", "rtl", "rtl")
    left, right, width = edges(page, 0)
    assert width - right < 12 < left  # the first line begins at the right edge
    assert edges(page, 1)[0] < 12  # the English one at the left
    assert page.evaluate("getComputedStyle(document.querySelector('blockquote')).borderRightStyle") == "solid"


@pytest.mark.parametrize("language", ["de", "th", "en"])
def test_other_mails_are_read_from_left_to_right_also_where_they_quote_hebrew(page: Page, language: str) -> None:
    page.set_content(reply(language, "Hello, Grüße, สวัสดี", "המדפסת בוערת\n\nIt burns."))
    html, text, link, signature, said, quote, hebrew, english = directions(page)
    assert {html, text, link, signature, said, quote, english} == {"ltr"}
    assert hebrew == "rtl"
    assert edges(page, 0)[0] < 12


@pytest.mark.parametrize("language", ["he", "de", "th"])
def test_a_mail_fits_a_narrow_screen_light_or_dark(page: Page, language: str) -> None:
    page.set_content(reply(language, "https://x.example/" + "a" * 300, "y" * 300))
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    colours = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a word of theirs
        colours.append(page.evaluate("getComputedStyle(document.body).color"))
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
