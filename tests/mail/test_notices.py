"""Bounces and complaints that come as JSON in a mail."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helpdeskctl.mail.incoming import DeliveryReport, IncomingMail, RecipientReport
from helpdeskctl.mail.parse import parse

SENT = {"headers": [{"name": "Message-ID", "value": "<hd.1.2.a.mac@desk.example>"}, {"name": "X", "value": "<y@z>"}]}
IDS = ("<hd.1.2.a.mac@desk.example>",)


def notice(told: object, *, wrapped: bool = False, mark: str = "x-amz-sns-message-id: 1") -> IncomingMail:
    told = {"Type": "Notification", "Message": json.dumps(told)} if wrapped else told
    text = json.dumps(told) + "\n\n--\nIf you wish to stop receiving notifications, visit https://x.example\n"
    return parse(f"From: no-reply@sns.example\n{mark}\nSubject: AWS Notification Message\n\n{text}".encode())


def bounce(**more: Any) -> dict[str, Any]:
    said = {"emailAddress": "kim@shop.example", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 unknown"}
    return {"notificationType": "Bounce", "bounce": {"bouncedRecipients": [said], **more}, "mail": SENT}


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_bounce_names_recipient_reason_and_mail(wrapped: bool) -> None:
    mail = notice(bounce(), wrapped=wrapped)
    said = RecipientReport("kim@shop.example", "failed", "5.1.1", "smtp; 550 5.1.1 unknown")
    assert mail.report == DeliveryReport((said,), IDS)
    assert (mail.returned_ids, mail.feedback) == (IDS, False)


def test_a_complaint_is_one() -> None:
    mail = notice({"notificationType": "Complaint", "complaint": {}, "mail": SENT})
    assert (mail.report, mail.feedback, mail.returned_ids) == (None, True, IDS)


@pytest.mark.parametrize(
    ("told", "action"),
    [
        ({"eventType": "Delivery", "delivery": {"recipients": ["kim@shop.example"]}}, "delivered"),
        (
            {"eventType": "DeliveryDelay", "deliveryDelay": {"delayedRecipients": [{"emailAddress": "k@x.example"}]}},
            "delayed",
        ),
    ],
)
def test_deliveries_and_delays_are_no_failures(told: object, action: str) -> None:
    report = notice(told).report
    assert report is not None
    assert [one.action for one in report.recipients] == [action]


@pytest.mark.parametrize(
    "told", [[], "x", {"notificationType": 5}, {"Message": "{"}, {"notificationType": "Bounce", "bounce": [1]}]
)
def test_json_of_another_shape_harms_nobody(told: object) -> None:
    assert notice(told).feedback is False


def test_deeply_nested_json_harms_nobody() -> None:
    assert parse(b"x-amz-sns-message-id: 1\n\n" + b"[" * 100_000).report is None


def test_json_that_a_person_sends_is_text() -> None:
    mail = notice(bounce(), mark="X-Other: 1")
    assert (mail.report, mail.returned_ids) == (None, ())
