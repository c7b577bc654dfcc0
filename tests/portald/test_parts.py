"""The small parts by themselves: bodies, tokens, peers, links, texts."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helpdeskctl.domain.images import image_type
from helpdeskctl.domain.presentation import Shown
from portald import forms, links, pages, peers, texts
from portald.plugins import admitted
from portald.routes.files import disposition
from portald.tokens import FormToken, Tokens
from tests.portald.browser import multipart_body

NOW = datetime(2026, 5, 3, 13, 5, tzinfo=UTC)


def body(data: bytes, kind: str = "multipart/form-data; boundary=b", length: int | None = None) -> dict[str, Any]:
    return {
        "CONTENT_TYPE": kind,
        "CONTENT_LENGTH": str(len(data) if length is None else length),
        "wsgi.input": io.BytesIO(data),
    }


def read(data: bytes, **options: Any) -> forms.Form:
    return forms.read(body(data, **options), max_body=1_000_000)


def test_texts_are_cleaned_and_files_typed_by_their_bytes() -> None:
    fields = {"body": "one\r\ntwo\0\x07", "subject": " a \n b "}
    files = [("..\\x.png", b"\x89PNG\r\n\x1a\n", "text/html"), ("a.svg", b"<svg/>", "image/svg+xml"), ("", b"", "")]
    form = read(multipart_body("b", fields, files))
    assert (form.text("body"), form.line("subject"), form.text("nothing")) == ("one\ntwo", "a b", "")
    assert [(file.filename, file.content_type) for file in form.files()] == [
        ("x.png", "image/png"),
        ("a.svg", "application/octet-stream"),
    ]
    form.close()


def test_a_part_past_the_limit_is_too_large_and_the_texts_before_it_are_known() -> None:
    data = multipart_body("b", {"body": "kept"}, [("big", b"x" * 1_200_000, "text/plain")])
    with pytest.raises(forms.TooLarge) as refusal:
        read(data)
    assert refusal.value.fields == {"body": "kept"}


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (b"--b\r\nno end", {}),
        (b"", {"length": 0}),
        (b"{}", {"kind": "application/json"}),
        (b"a=b", {"kind": "application/x-www-form-urlencoded", "length": 10}),
        (b"--b--", {"kind": "multipart/form-data"}),
    ],
)
def test_what_is_no_form_is_unreadable(data: bytes, options: dict[str, Any]) -> None:
    with pytest.raises(forms.Unreadable):
        read(data, **options)


def test_a_number_is_digits_and_nothing_else() -> None:
    form = forms.Form({"a": "12", "b": "\u0661\u0662", "c": "-1", "d": "9" * 30, "e": "1e3"})
    assert [form.number(name) for name in "abcdef"] == [12, 0, 0, 0, 0, 0]


def test_a_form_token_is_bound_to_its_session_and_its_day() -> None:
    tokens = Tokens(b"k" * 32)
    text = tokens.make("session one", 7, now=NOW)
    token = tokens.read(text, now=NOW + timedelta(hours=1))
    assert token is not None
    assert (token.contact_id, token.age) == (7, timedelta(hours=1))
    assert token.binding == tokens.binding("session one") != tokens.binding("session two")
    assert tokens.read(text, now=NOW + timedelta(hours=25)) is None
    assert tokens.read(text, now=NOW - timedelta(minutes=1)) is None
    assert Tokens(b"x" * 32).read(text, now=NOW) is None
    for at in range(len(text)):
        changed = text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]
        assert tokens.read(changed, now=NOW) is None
        assert tokens.read(text[:at], now=NOW) is None


def test_a_form_shown_again_keeps_its_nonce_and_its_age() -> None:
    tokens = Tokens(b"k" * 32)
    first = FormToken("0" * 32, age=timedelta(minutes=5))
    again = tokens.read(tokens.make(None, None, now=NOW, again=first), now=NOW)
    assert again == FormToken("0" * 32, age=timedelta(minutes=5))


def test_a_button_has_the_same_token_all_session_long() -> None:
    tokens = Tokens(b"k" * 32)
    assert tokens.button("s", 1) == tokens.button("s", 1) != tokens.button("t", 1)
    later = tokens.read(tokens.button("s", 1), now=NOW + timedelta(days=60))
    assert later is not None and later.nonce == ""


@pytest.mark.parametrize(
    ("peer", "claimed", "trusted", "found"),
    [
        ("203.0.113.9", "198.51.100.1", (), "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", ("127.0.0.1",), "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1", ("127.0.0.1",), "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1", ("127.0.0.1",), "198.51.100.1"),
        ("10.0.0.2", "1.1.1.1, 198.51.100.1, 10.0.0.9", ("10.0.0.0/8",), "198.51.100.1"),
        ("127.0.0.1", "evil, x", ("127.0.0.1",), "127.0.0.1"),
        ("localhost", "198.51.100.1", ("unix",), "198.51.100.1"),
        ("localhost", "198.51.100.1", ("127.0.0.1",), "localhost"),
        ("127.0.0.1", "2001:db8::1", ("127.0.0.1",), "2001:db8::1"),
    ],
)
def test_the_peer_is_the_last_hop_that_no_trusted_proxy_is(
    peer: str, claimed: str, trusted: tuple[str, ...], found: str
) -> None:
    environ = {
        "REMOTE_ADDR": peer,
        "HTTP_X_FORWARDED_FOR": claimed,
        "HTTP_X_FORWARDED_HOST": "evil",
        "HTTP_X_REAL_IP": "6.6.6.6",
    }
    peers.settle(environ, trusted)
    assert environ == {"REMOTE_ADDR": found}


@pytest.mark.parametrize(
    ("host", "url", "answer"),
    [
        ("help.example.org", "https://help.example.org", True),
        ("HELP.example.org:443", "https://help.example.org", True),
        ("help.example.org:8443", "https://help.example.org", None),
        ("help.example.org", "http://help.example.org:80", False),
        ("localhost:8080", None, False),
        ("127.0.0.1", "https://help.example.org", False),
        ("[::1]:8080", None, False),
        ("help.example.org.evil.example", "https://help.example.org", None),
        ("other", None, None),
        ("", "https://help.example.org", None),
        ("help.example.org/x", "https://help.example.org", None),
    ],
)
def test_hosts_are_served_plainly_here_safely_there_or_not_at_all(
    host: str, url: str | None, answer: bool | None
) -> None:
    assert admitted(host, url) is answer


@pytest.mark.parametrize("path", ["/", "/tickets", "/tickets/1001", "/new?draft=0123abc", "/tickets?show=open"])
def test_own_paths_are_safe_to_go_on_to(path: str) -> None:
    assert links.safe_next(path) == path


def test_web_addresses_become_links_and_nothing_else_becomes_markup() -> None:
    shown = pages.linked('see https://a.example/x?y=1&z=2. <b>"no"</b> javascript:x http://b.example/">')
    assert '<a href="https://a.example/x?y=1&amp;z=2" rel="noopener noreferrer nofollow">' in shown
    assert "</a>. &lt;b&gt;" in shown and "javascript:x" in shown
    assert shown.count("<a ") == 2 and '""' not in shown
    assert pages.linked("\u202eabc\x07") == "abc"


def test_long_text_is_linked_in_time() -> None:
    import time

    began = time.monotonic()
    for text in ("http://" * 20_000, "https://a" + "." * 100_000, "x" * 500_000, "<" * 200_000):
        pages.linked(text)
    assert time.monotonic() - began < 2


def test_times_and_sizes_are_written_for_people() -> None:
    assert texts.day(NOW, "Europe/Berlin") == "3 May 2026"
    with texts.speaking("de"):
        assert texts.day(NOW.replace(year=2025), "UTC") == "3. Mai 2025"
    assert texts.clock(NOW, "Europe/Berlin") == "15:05"
    assert [texts.size(n) for n in (740, 12_400, 1_887_437, 25 * 1024**2)] == ["740 B", "12 kB", "1.8 MB", "25 MB"]


def test_a_state_says_its_day_as_a_time_and_its_names_as_text() -> None:
    asked = texts.sentence(Shown("your_turn", {"day": NOW}, 2, your_turn=True), "UTC")
    assert '<time datetime="2026-05-03T13:05:00+00:00">3 May 2026</time>' in asked
    named = texts.sentence(Shown("agent_has_it", {"agent": "<b>{{department}}", "department": "A&B"}, 2), "UTC")
    assert "<b>" not in named and "A&amp;B" in named


def test_pictures_are_told_by_their_first_bytes() -> None:
    assert image_type(b"RIFF\0\0\0\0WEBPVP8 ") == "image/webp"
    assert image_type(b"GIF89a") == "image/gif"
    assert image_type(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert image_type(b"<svg>") is None
    assert image_type(b"") is None


def test_a_download_keeps_its_name_in_two_spellings() -> None:
    assert disposition('\u00fc "x".txt') == "filename=\"_ _x_.txt\"; filename*=UTF-8''%C3%BC%20%22x%22.txt"
