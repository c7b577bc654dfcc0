"""Pictures from elsewhere are held back until a reader asks for them; the mail's own are found by their Content-ID."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from helpdeskctl.domain.text import clean
from helpdeskctl.mail import markup
from helpdeskctl.mail.parse import parse
from helpdeskctl.mail.sanitize import content_id, sanitize, with_parts, with_remote
from tests.mail.test_html import HOSTILE

LOADING = {"src", "srcset", "background", "style", "poster", "data", "lowsrc", "dynsrc", "longdesc", "cite", "action"}


class Requests(HTMLParser):
    """What a page would load: the attributes by which pages load, with their values."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(name, value or "") for name, value in attrs if name in LOADING]


def shown(html: str) -> str:
    return sanitize(markup.tame(clean(html)))


REMOTE = {
    '<img src="https://x.example/a.png">': ("src", "https://x.example/a.png"),
    '<img SRC="HTTP://x.example/a.png?b&amp;c=&quot;">': ("src", 'HTTP://x.example/a.png?b&c="'),
    '<img srcset="https://x.example/a 1x, https://x.example/b 2x">': (
        "srcset",
        "https://x.example/a 1x, https://x.example/b 2x",
    ),
    '<table background="https://x.example/a.png"><tr><td>x</table>': ("background", "https://x.example/a.png"),
    '<p style="color: red; background: #fff url(https://x.example/a.png) top">x</p>': (
        "style",
        "background-image:url('https://x.example/a.png')",
    ),
    "<p style=\"BACKGROUND-IMAGE:URL( 'https://x.example/a.png' )\">x</p>": (
        "style",
        "background-image:url('https://x.example/a.png')",
    ),
}


@pytest.mark.parametrize("html", REMOTE)
def test_remote_pictures_load_nothing_until_they_are_asked_for(html: str) -> None:
    held = shown(html)
    assert Requests(held).found == []
    assert Requests(with_remote(held)).found == [REMOTE[html]]


@pytest.mark.parametrize(
    "html",
    [
        '<video poster="https://x.example/a.png"><source src="https://x.example/b"></video>',
        '<style>p { background: url("https://x.example/a.png") }</style><p>x</p>',
        '<link rel="stylesheet" href="https://x.example/a.css">',
        '<body background="https://x.example/a.png"><p>x</p>',
        '<img src="//x.example/a.png">',
        '<img srcset="//x.example/a 1x">',
        '<img srcset="https://x.example/a 1x, javascript:alert(1) 2x">',
        "<p style=\"background:url('javascript:alert(1)')\">x</p>",
        "<p style=\"background:url('https://x.example/\\27);position:fixed;top:0')\">x</p>",
        '<p style="list-style-image:url(https://x.example/a.png);position:fixed">x</p>',
        '<td background="javascript:alert(1)">x',
    ],
)
def test_what_else_could_load_something_is_gone_for_good(html: str) -> None:
    assert Requests(shown(html)).found == []
    assert Requests(with_remote(shown(html))).found == []


@pytest.mark.parametrize("html", HOSTILE)
def test_asking_for_pictures_brings_back_nothing_else(html: str) -> None:
    for name, value in Requests(with_remote(shown(html))).found:
        assert value.lower().startswith(("http:", "https:", "cid:", "background-image:url('http")), (name, value)


def test_text_that_looks_like_something_held_back_stays_text() -> None:
    text = '&lt;img data-remote-src="https://x.example"&gt; and  data-remote-src="y" src="cid:z"'
    held = shown(f'<p title=" data-remote-src=&quot;https://x.example">{text}</p>')
    assert with_remote(held) == held
    assert with_parts(held, {"z": "/z"}) == held


def test_the_mail_s_own_pictures_lead_to_their_attachments() -> None:
    mail = parse(
        b"Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n"
        b'<img src="cid:a%40x"><img src="CID:gone@x"><img src="https://x.example/b.png">\n'
        b"--b\nContent-Type: image/png; name=a.png\nContent-ID: <a@x>\n\nPNG\n--b--\n"
    )
    (part,) = mail.attachments
    assert part.inline
    page = with_parts(mail.html or "", {part.content_id or "": "/attachments/81?of=7&x"})
    assert Requests(page).found == [("src", "/attachments/81?of=7&x")]


def test_a_reference_is_the_content_id_percent_encoded() -> None:
    assert content_id("a%2Bb@x&amp;y") == "a+b@x&y"
