"""Our own mail come back is recorded and opens nothing."""

from __future__ import annotations

from dataclasses import replace

from helpdeskctl.mail.rules import reflection
from helpdeskctl.mail.rules.facts import Facts
from tests.mail.rules.five_lines import POLICY, header


def test_a_message_id_of_ours_is_a_reflection() -> None:
    answer = reflection.judge(header("Message-ID: <hd.1@desk>"), Facts(own_message_id=True), POLICY)
    assert answer is not None
    assert (answer.decision, answer.evidence) == ("reflected", "Message-ID: <hd.1@desk>")


def test_our_installation_is_known_by_its_header_where_a_provider_rewrote_the_message_id() -> None:
    answer = reflection.judge(header("X-Helpdesk-Installation: desk-1"), Facts(), POLICY)
    assert answer is not None
    assert answer.decision == "reflected"


def test_another_helpdesk_is_a_customer_like_any() -> None:
    assert reflection.judge(header("X-Helpdesk-Installation: desk-2"), Facts(), POLICY) is None
    assert reflection.judge(header("X-Helpdesk-Installation:"), Facts(), replace(POLICY, installation="")) is None
