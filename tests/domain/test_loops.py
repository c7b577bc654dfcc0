from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helpdeskctl.domain.loops import Facts, Verdict, is_nobody, may_send_automatic

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
FREE = Facts("ann@muster.example", NOW, receipt=True, own_addresses=["support@example.org"], answers_at=NOW)


def test_a_person_with_a_quiet_past_gets_automatic_mail() -> None:
    assert may_send_automatic(FREE) == Verdict(True)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"address": "noreply@shop.example"}, "MAIL-24"),
        ({"address": ""}, "MAIL-24"),
        ({"address": "Support@Example.ORG"}, "DEP-5"),
        ({"answers_machine": True}, "MAIL-20"),
        ({"answers_at": NOW - timedelta(hours=24, seconds=1)}, "BOX-7"),
        ({"suppressed_until": NOW + timedelta(seconds=1)}, "MAIL-23"),
        ({"receipts_last_hour": 1}, "MAIL-22"),
        ({"receipts_last_day": 5}, "MAIL-22"),
        ({"mails_last_hour": 5}, "MAIL-22"),
        ({"mailbox_mails_last_hour": 200}, "MAIL-22-mailbox"),
    ],
)
def test_each_rule_alone_holds_the_mail_back_and_says_why(change: dict[str, Any], rule: str) -> None:
    verdict = may_send_automatic(replace(FREE, **change))
    assert (verdict.allowed, verdict.rule) == (False, rule)
    assert verdict.reason


@pytest.mark.parametrize(
    "change",
    [
        {"answers_at": NOW - timedelta(hours=24)},
        {"answers_at": None},
        {"suppressed_until": NOW},
        {"receipts_last_day": 4},
        {"mails_last_hour": 4},
        {"mailbox_mails_last_hour": 199},
        {"receipt": False, "receipts_last_hour": 1, "receipts_last_day": 5},
    ],
)
def test_the_mail_before_the_limit_still_goes(change: dict[str, Any]) -> None:
    assert may_send_automatic(replace(FREE, **change)).allowed


@pytest.mark.parametrize(
    "local",
    [
        "noreply", "no-reply", "No_Reply", "no.reply", "donotreply", "do-not-reply", "noreply+123", "MAILER-DAEMON",
        "postmaster", "bounce", "bounces", "owner-list", "list-owner", "list-request", "dev-bounces", "listserv",
        "majordomo",
    ],
)  # fmt: skip
def test_addresses_that_nobody_reads_are_known(local: str) -> None:
    assert is_nobody(f"{local}@example.org")


@pytest.mark.parametrize(
    "local",
    ["ann", "reply", "info", "owner", "noreplying", "norbert", "postmaster.ann", "ann.bounce", "request", "nore"],
)
def test_people_are_not_taken_for_nobody(local: str) -> None:
    assert not is_nobody(f"{local}@example.org")
