"""The desk is not made to mail a victim, or itself, again and again (C12, C13)."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from tests.builders import Builder
from tests.post import Post, letter


@pytest.fixture
def post(desk: Desk) -> Post:
    build = Builder(desk)
    build.mailbox()
    return Post(desk, build)


def test_one_mailbox_gets_one_receipt_under_whatever_details_it_is_named(post: Post) -> None:
    for n in range(8):
        assert post.pipe(letter(f"Buy {n}", sender=f"victim+{n}@acme.example")) == "open"
    assert len(post.outbox()) == 1


def test_our_own_address_with_a_detail_gets_no_receipt(post: Post) -> None:
    post.pipe(letter("Round and round", sender="support+x@example.org"))
    assert post.outbox() == []


def test_attacker_chosen_words_reach_no_victim(post: Post) -> None:
    name = "Win at http://evil.example"
    post.pipe(letter(name, sender=f'"{name}" <victim@acme.example>', text=name, lines="Content-Language: en-evil"))
    (mail,) = post.outbox()
    assert "evil" not in str(mail.content) and "evil" not in mail.mail_id
