"""The HTML beside the text of our mails, read back with a parser."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.mail.html_part import fragment, html_of, page


class _Reader(HTMLParser):
    """What a reader sees: the words, the links, how deep the quotes go; and what could do harm."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.links, self.deepest, self.open, self.tags = "", list[str](), 0, list[str](), set[str]()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        assert not [name for name in given if name.startswith("on") or name in {"src", "srcset", "background"}]
        assert "url(" not in (given.get("style") or "")
        if tag == "a":
            self.links.append(given.get("href") or "")
        if tag not in {"br", "meta"}:
            self.open.append(tag)
        self.deepest = max(self.deepest, self.open.count("blockquote"))
        self.words += "\n" if tag in {"p", "br", "blockquote"} else ""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def seen(html: str) -> list[str]:
    """The words, without white space and the marks of quotes."""
    return re.sub("[> \\s]+", " ", _Reader(html).words).split()


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt; &amp;", "</p></body>",
        'https://x.example/"onmouseover="alert(1)', "javascript:alert(1)", "https://x.example/<b>",
    ],
)  # fmt: skip
def test_text_stays_text(hostile: str) -> None:
    reader = _Reader(html_of(f"before\n{hostile}\nafter"))
    assert reader.tags <= {"html", "head", "meta", "body", "p", "br", "a"}
    assert " ".join(reader.words.split()) == f"before {hostile} after"
    assert reader.open == []
    assert all(link.startswith("https://x.example/") for link in reader.links)


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("See https://help.example.org/tickets/1001?p=abc.", "https://help.example.org/tickets/1001?p=abc"),
        ("(https://x.example/a)", "https://x.example/a"),
        ("https://x.example/a_(b), so", "https://x.example/a_(b)"),
        ("<https://x.example/?a=1&b=2>", "https://x.example/?a=1&b=2"),
        ("[http://x.example/]!", "http://x.example/"),
    ],
)
def test_addresses_of_pages_become_links_without_what_ends_the_sentence(text: str, link: str) -> None:
    reader = _Reader(html_of(text))
    assert reader.links == [link]
    assert " ".join(reader.words.split()) == text


def test_quotes_stand_in_block_quotes_as_deep_as_they_were() -> None:
    reader = _Reader(html_of("New\n\nAda wrote:\n> one\n>> two\n> > > three\n> back\nend"))
    assert reader.deepest == 3
    assert seen(html_of("New\n> one\n>> two\nend")) == ["New", "one", "two", "end"]
    assert _Reader(html_of(">" * 5000 + " deep")).deepest == 8


def test_paragraphs_lines_and_gaps_stay() -> None:
    html = fragment("a\nb\n\n\nc  d\n  e")
    assert html.count("<p ") == 2
    assert "a<br>\nb" in html
    assert "c\N{NO-BREAK SPACE} d<br>\n\N{NO-BREAK SPACE} e" in html


@pytest.mark.parametrize(("language", "direction"), [("he", "rtl"), ("de", "ltr"), ("th", "ltr"), (None, "ltr")])
def test_the_page_says_its_language_and_direction(language: str | None, direction: str) -> None:
    html = html_of("x\n> y", language)
    assert f'dir="{direction}">' in html.split("<head>")[0]
    assert (f'lang="{language}"' in html) == (language is not None)
    assert f"border-{'right' if direction == 'rtl' else 'left'}:" in html
    assert html.count('<p dir="auto"') == 2


def test_a_page_of_ones_own_stays_as_it_is_and_a_piece_gets_a_page_round_it() -> None:
    own = "<!DOCTYPE html><HTML><body>x</body></html>"
    assert page(own, "he") == own
    assert 'dir="rtl"' in page("<p>x</p>", "he")


@given(st.text(alphabet=st.sampled_from("ab >\n<&\"'()[].:/ht\u05d0\t"), max_size=300))
def test_whatever_is_written_is_read_as_it_was(text: str) -> None:
    assert "".join(seen(html_of(text))) == "".join(re.sub("[>\\s]+", "", text).split())


@pytest.mark.parametrize("bomb", ["> " * 20, ">" * 7, "https://", "https://x.example/)", "( ", "\n", "> \n", "<", " "])
def test_the_length_of_the_page_grows_with_the_text_alone(bomb: str) -> None:
    small, large = (len(html_of(bomb * times)) for times in (1000, 2000))
    assert large < 2.1 * small + 1000
