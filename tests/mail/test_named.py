"""The tickets that a mail names by tokens of ours."""

from __future__ import annotations

from helpdeskctl.domain import references as ref
from helpdeskctl.mail import named
from helpdeskctl.mail.parse import parse

KEYS = ref.TokenKeys("a", {"a": b"k" * 32})


def test_in_reply_to_comes_first_then_references_from_the_newest_back_then_address_and_text() -> None:
    tokens = [ref.make_token(1001, n, KEYS) for n in range(1, 6)]
    ids = [ref.message_id(token, "example.org") for token in tokens]
    mail = parse(
        f"To: support+{tokens[3]}@example.org\r\nIn-Reply-To: {ids[1]}\r\n"
        f"References: {ids[0]} <foreign@x.example> {ids[2]}\r\n\r\nThanks\r\n[{tokens[4]}]\r\n".encode()
    )
    found = [(token.message, evidence.partition(":")[0]) for token, evidence in named.tokens(mail, KEYS)]
    assert found == [(2, "In-Reply-To"), (3, "References"), (1, "References"), (4, "To"), (5, "a mark in the text")]
