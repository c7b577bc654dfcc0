from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.domain.text import clean
from helpdeskctl.mail import markup
from helpdeskctl.mail.parse import parse
from helpdeskctl.mail.sanitize import sanitize
from helpdeskctl.mail.text import html_to_text

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><img src=x onerror=alert(1)></mtext></math>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java\nscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='//evil.example/x'>x</a>",
    "<a href='/relative'>x</a>",
    "<iframe src='https://evil.example'></iframe>",
    "<object data='x'></object><embed src='x'>",
    "<form action='https://evil.example'><input name=p><button>x</button></form>",
    "<base href='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<style>@import 'https://evil.example/x.css'</style>",
    "<p style='background:url(https://evil.example)'>x</p>",
    "<table background='https://evil.example/x.png'><tr><td>x</td></tr></table>",
    "<video poster='https://evil.example'><source src='https://evil.example'></video>",
    "<img srcset='https://evil.example/x.png 1x'>",
    "<img src='http://evil.example/x.png'>",
    "<img src='HTTPS://evil.example/x.png'>",
    "<img src='//evil.example/x.png'>",
    "<img src='cid:x' onload='alert(1)'>",
    "<img data-remote-src='javascript:alert(1)'>",
    '<img src="cid:\ue000javascript:alert(1)">',
    '<img src="CID:\ue000javascript:alert(1)">',
    '<img src="http:javascript:alert(1)">',
    "<xmp><script>alert(1)</script></xmp>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<textarea></textarea><script>alert(1)</script>",
    "<title><script>alert(1)</script></title>",
    "<p id=x class=y name=z>x</p>",
    "<plaintext><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    '<div><p title="--><script>alert(1)</script>">',
    "<marquee onstart=alert(1)>x</marquee>",
    "<details ontoggle=alert(1) open>x</details>",
    "<a href='vbscript:x'>x</a><a href='file:///etc/passwd'>x</a>",
    "\x00<scr\x00ipt>alert(1)</script>",
]


class Reader(HTMLParser):
    """Every attribute of every element in HTML that is known to be well formed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, name, value or "") for name, value in attrs] or [(tag, "", "")]


def shown(html: str) -> str:
    return sanitize(markup.tame(clean(html)))


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_active_and_no_request_is_left(html: str) -> None:
    for tag, name, value in Reader(shown(f"<p>before{html}after")).found:
        assert tag not in {
            "script",
            "style",
            "svg",
            "math",
            "iframe",
            "form",
            "input",
            "base",
            "meta",
            "link",
            "object",
        }
        assert not name.startswith("on")
        assert name not in {"style", "id", "class", "srcset", "background", "poster", "action"}
        if name == "src":
            assert value.startswith("cid:")
        if name == "href":
            assert re.match(r"(?:https?|mailto|tel):", value)
        if name == "data-remote-src":
            assert value.lower().startswith("http")


def test_the_words_around_hostile_markup_stay() -> None:
    assert html_to_text(shown("<p>one<script>x</script> two<img src=x onerror=y> three</p>")) == "one two three"


def test_remote_images_are_held_back_and_cid_images_kept() -> None:
    html = shown('<img src="https://x.example/a.png" alt="A"><img src="cid:b@x">')
    assert html == '<img data-remote-src="https://x.example/a.png" alt="A"><img src="cid:b@x">'


def test_text_that_only_looks_like_our_mark_is_not_touched() -> None:
    text = '<p>&lt;img src="http://x.example"&gt;</p>'
    assert html_to_text(shown(text)) == '<img src="http://x.example">'


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one<p>two", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("a  b\n\tc&nbsp;d <b>e</b>", "a b c d e"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", "- a\n- b\n  - c"),
        ("<ol start=3><li>a<li>b</ol>", "3. a\n4. b"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n>\n> > b\n\nc"),
        ('<a href="https://x.example/a">here</a>', "here <https://x.example/a>"),
        ('<a href="https://www.x.example/">x.example</a>', "x.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<a href="https://x.example"><img src="cid:1" alt="Shop"></a>', "[Shop] <https://x.example>"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<table><tr><td>a<td>b<tr><td>c<td>d</table>", "a b\nc d"),
        ("a<hr>b", "a\n* * *\nb"),
        ("&lt;b&gt; &amp; &quot;", '<b> & "'),
        ("", ""),
    ],
)
def test_html_becomes_the_text_a_person_would_have_typed(html: str, text: str) -> None:
    assert html_to_text(shown(html)) == text


@given(
    st.text(alphabet="<>/=\"'&; abpit!-\n[]")
    | st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<b>",
                "</div>",
                "<div>",
                "<a href=x>",
                "<!--",
                "-->",
                "x",
                "<table>",
                "<td>",
                "<li>",
                "<pre>",
                "<blockquote>",
                "</blockquote>",
                "<ol>",
            ]
        )
    ).map("".join)
)
def test_no_markup_makes_the_writers_raise(html: str) -> None:
    html = markup.tame(clean(html))
    assert markup.too_much(html) is None
    assert "<a href=x" not in sanitize(html)
    assert isinstance(html_to_text(sanitize(html)), str)
    assert isinstance(markup.stripped(html), str)


@pytest.mark.parametrize(
    "unit",
    [
        "<div>",
        "<div></p>",
        "<div></span>",
        "<div><!--</div>-->",
        '<div title="</div>">',
        "<div><style></div></style>",
        "<div><textarea></div></textarea>",
        "<div><table><td></div></table>",
        "<b><table><td></b></table>",
        "<form><div></form>",
        "<div><select></div></select>",
        "<li><dd>",
        "<option><p>",
        "<svg><style><div></style>",
        "<b><div></b>",
    ],
)
def test_nesting_is_seen_through_every_disguise_before_the_sanitizer_is(unit: str) -> None:
    assert markup.too_much(markup.tame(unit * 20_000)) == "the HTML is nested too deeply"


def test_formatting_left_open_over_many_blocks_is_refused() -> None:
    html = "".join(f"<font color={n}>" for n in range(400)) + "<p>x</p>" * 20_000
    assert markup.too_much(html) == "the HTML is nested too deeply"


@pytest.mark.parametrize(
    "html",
    [
        "<p>" * 5_000,
        "<li>x" * 5_000,
        "<table>" + "<tr><td>x" * 5_000,
        "<div>x</div>" * 5_000,
        "<b>x</b>" * 5_000,
        "<br>" * 5_000,
        "a < b & c " * 5_000,
    ],
)
def test_long_but_flat_html_is_given_to_the_sanitizer(html: str) -> None:
    assert markup.too_much(html) is None


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 600 + "deep",
        "<p>long" + " x" * 600_000,
        '<p a="' + "x" * 40_000 + '">attribute',
        "long" + "&" * 60_000,
    ],
)
def test_refused_html_is_shown_as_plain_text_and_attached(html: str) -> None:
    mail = parse(b"Content-Type: text/html\n\n" + html.encode())
    assert mail.html is None
    assert re.match("deep|long|attribute", mail.text)
    assert mail.attachments[0].filename == "message.html"
    assert any(defect.endswith("it is attached") for defect in mail.defects)


def test_the_charset_of_a_page_is_taken_from_its_meta_element_when_the_header_has_none() -> None:
    page = '<html><head><meta charset="koi8-r"></head><body>Привет</body></html>'
    assert parse(b"Content-Type: text/html\n\n" + page.encode("koi8-r")).text == "Привет"
