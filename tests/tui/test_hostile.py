"""Security cases 22 and 23: what strangers write is shown, whole and harmless, in every place (L1 to L3)."""

from __future__ import annotations

import base64
from itertools import cycle

import pytest
from textual import events

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.domain.text import printable
from helpdeskctl.operations import replies, setup
from helpdeskctl.operations.replies import Reply
from helpdeskctl.store.tables import Department, Link, OutgoingRecipient
from tests.builders import Builder
from tests.post import Post
from tests.tui.driver import NARROW, WIDE, Screen, opened, work

ADA = "ada@example.org"
HOSTILE = {
    "closing markup": "[/foo] bad",
    "action link": "[@click=app.quit]boom[/]",
    "colour": "[red]list[str][/red] [ticket #123]",
    "clipboard": "a\x1b]52;c;aGFjaw==\x07b",
    "title": "a\x1b]0;owned\x07b",
    "clear": "a\x1b[2Jb\x9b31mc",
    "bidi": "a\u202efdp.exe\u2066b\u200f",
    "deleted": "a\x7f\x85\x08b",
    "wide": "日本語テキスト e\u0301\u0301 👩\u200d👧 \u200b.",
}
STEERING = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))} | set(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
)


def harmless(screen: Screen) -> None:
    """Nothing that steers a terminal is drawn, and nothing that is drawn acts when clicked."""
    strips = screen.app.screen._compositor.render_strips()
    drawn = "".join(segment.text for strip in strips for segment in strip)
    assert set(drawn) & STEERING == set()
    links = [segment.style.link for strip in strips for segment in strip if segment.style and segment.style.link]
    assert links == []
    metas = [segment.style.meta for strip in strips for segment in strip if segment.style]
    assert not any("@click" in meta for meta in metas)


@pytest.mark.parametrize(("text", "size"), list(zip(HOSTILE.values(), cycle([WIDE, NARROW]))), ids=HOSTILE)
def test_hostile_text_is_shown_whole_and_harmless_everywhere(desk: Desk, text: str, size: tuple[int, int]) -> None:
    build = Builder(desk)
    build.agent(ADA, support="lead")
    build.mailbox()
    contact = build.contact("eve@evil.example", name=text)
    number = build.ticket(f"{text} zeppelin", requester="eve@evil.example", assignee=ADA, body=f"{text} zeppelin")
    message = build.message(number, f"{text} end", author="eve@evil.example", author_name=text)
    build.attachment(message, filename=f"{text}.jpg")
    build.tag(number, "hw")
    setup.create(desk, SYSTEM, "canned", "name", {"title": "Name", "body": "Dear {{contact.name}},"})
    shown = printable(text)
    assert contact

    async def flow() -> None:
        async with opened(desk, ADA, size=size) as screen:
            await screen.expect(shown[:20])
            harmless(screen)
            await screen.press("enter")
            await screen.at("ticket", f"{shown} end")
            assert f"#{number} {shown} zeppelin" in screen.text
            assert f"{shown}.jpg" in screen.text
            harmless(screen)
            await screen.press("r")
            await screen.at("composer", "To eve@")
            await screen.press("ctrl+o")
            await screen.at("Picker", "Name")
            harmless(screen)
            await screen.press("enter")
            await screen.at("composer", "Dear")
            harmless(screen)
            await screen.press("escape", "u", "S")
            await screen.at("search")
            await screen.type("zeppelin")
            await screen.expect("1 found")
            assert shown[:20] in screen.text
            harmless(screen)
            screen.app.say(f"{text} failed", wrong=True)
            await screen.expect("failed")
            harmless(screen)

    work(flow)


def test_a_line_without_end_and_a_thousand_lines_are_drawn_and_scrolled(desk: Desk) -> None:
    build = Builder(desk)
    build.agent(ADA, support="lead")
    number = build.ticket("x" * 5000, assignee=ADA, body="y" * 300_000)
    build.message(number, "\n".join(f"line {n} " + "combining e" + "\u0301" * 50 for n in range(1000)))

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.expect("xxxx")
            await screen.press("enter")
            await screen.at("ticket", "line 0")
            await screen.press("home")
            await screen.expect("yyyy")
            await screen.press("J", "up", "up", "up")
            await screen.expect("[200000 more characters: helpdeskctl ticket show")
            await screen.press("G")
            await screen.expect("line 999")
            harmless(screen)

    work(flow)


def test_what_is_pasted_into_a_field_is_one_harmless_line(desk: Desk) -> None:
    Builder(desk).agent(ADA, support="lead")

    async def flow() -> None:
        async with opened(desk, ADA) as screen:
            await screen.press("S")
            await screen.at("search")
            screen.app.screen.query_one("#words").post_message(events.Paste("two\nlines \x1b]0;x\x07 \u202ehere"))
            await screen.expect("two lines")
            harmless(screen)

    work(flow)


@pytest.mark.parametrize(("text", "size"), list(zip(HOSTILE.values(), cycle([NARROW, WIDE]))), ids=HOSTILE)
def test_hostile_mail_is_harmless_in_outbox_quarantine_and_as_it_came(
    desk: Desk, text: str, size: tuple[int, int]
) -> None:
    build = Builder(desk)
    build.agent(ADA, support="lead")
    build.mailbox()
    post = Post(desk, build)
    post.pipe(hostile_mail(text, "zeppelin"))
    number = post.tickets()[0].id
    other = build.ticket(f"{text} other", requester="eve@home.example")
    Link.insert(ticket_id=number, other_id=other, kind="may_belong").execute()
    sent = replies.reply(desk, build.actor(ADA), number, Reply(body="hello", undo_seconds=0))
    OutgoingRecipient.update(state="refused", detail=f"550 {text}").where(
        OutgoingRecipient.outgoing_id == sent.outgoing_id
    ).execute()
    Department.update(unknown_senders="hold").execute()
    assert post.pipe(hostile_mail(text, "balloon", sender="mallory@evil.example")) == "quarantine"

    async def flow() -> None:
        async with opened(desk, ADA, size=size) as screen:
            await screen.press("#")
            await screen.paste(str(number))
            await screen.press("enter")
            await screen.at("ticket", "may belong to")
            await screen.expect("NOT DELIVERED")
            harmless(screen)
            for key, place in (("o", "Picker"), ("f", "Picker"), ("W", "Letter")):
                await screen.press(key)
                await screen.at(place)
                await screen.quiet()
                harmless(screen)
                await screen.press("escape")
                await screen.at("ticket")
            await screen.press("M")
            await screen.at("Confirm")
            harmless(screen)
            await screen.press("n", "O")
            await screen.at("outbox", "550")
            harmless(screen)
            await screen.press("g", "q")
            await screen.at("quarantine", "balloon")
            await screen.expect("mallory@evil.example")
            await screen.quiet()
            harmless(screen)
            await screen.press("d")
            await screen.at("Confirm", "Discard")
            harmless(screen)

    work(flow)


def hostile_mail(text: str, word: str, *, sender: str = "eve@evil.example") -> bytes:
    """A mail with a text in its subject, its name, its words and the name of its file."""
    name, subject = (base64.b64encode(each.encode()).decode() for each in (text, f"{text} {word}"))
    head = (
        f"From: =?utf-8?b?{name}?= <{sender}>\r\nTo: support@example.org\r\nMessage-ID: <{word}@evil.example>\r\n"
        f"Subject: =?utf-8?b?{subject}?=\r\nMIME-Version: 1.0\r\n"
    )
    parts = (
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
        f"{text} {word}\r\n--b\r\nContent-Type: image/jpeg\r\n"
        f'Content-Disposition: attachment; filename="=?utf-8?b?{name}?=.jpg"\r\n\r\nbytes\r\n--b--\r\n'
    )
    return f"{head}{parts}".encode()
