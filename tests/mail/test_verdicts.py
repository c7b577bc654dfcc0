"""What one's own mail server says of a mail, and what somebody else only says it said (BOX-9)."""

from __future__ import annotations

import pytest

from helpdeskctl.mail.headers import Headers
from helpdeskctl.mail.verdicts import is_spam, sender_proven

HOST = "mx.example.org"


def headers(*results: str) -> Headers:
    return Headers(tuple(("authentication-results", value.encode()) for value in results))


@pytest.mark.parametrize(
    ("results", "proven"),
    [
        ([], None),
        ([f"{HOST}; dmarc=pass header.from=acme.example"], True),
        ([f"{HOST}; spf=pass; dmarc=fail (p=none) header.from=acme.example"], False),
        ([f"{HOST} 1; dkim=pass (dmarc=fail is only said here)"], None),
        ([f"{HOST.upper()}; DMARC = FAIL"], False),
        (["evil.example; dmarc=pass"], None),
        ([f"{HOST}; dkim=pass", f"{HOST}; dmarc=fail"], False),
        ([f"{HOST}; dmarc=fail", f"{HOST}; dmarc=pass"], False),
        ([f"evil.example; {HOST}; dmarc=pass"], None),
        ([";"], None),
    ],
)
def test_dmarc_as_our_own_server_found_it(results: list[str], proven: bool | None) -> None:
    assert sender_proven(headers(*results), HOST) is proven
    assert sender_proven(headers(*results), None) is None


@pytest.mark.parametrize(
    ("name", "value", "spam"),
    [
        ("x_spam_flag", "YES", True),
        ("x_spam_status", "Yes, score=9.1 required=5.0", True),
        ("x_spam", "Yes", True),
        ("x_spam_status", "No, score=1.0", False),
        ("x_spam_level", "*****", False),
    ],
)
def test_spam_as_our_own_server_called_it(name: str, value: str, spam: bool) -> None:
    assert is_spam(Headers.of(**{name: value}), HOST) is spam
    assert not is_spam(Headers.of(**{name: value}), None)
