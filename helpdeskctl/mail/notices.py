"""Reports that a sending service writes as JSON: Amazon SES by way of SNS, mailed to the sender.

Source: Amazon SES developer guide, "Amazon SNS notification contents". Nothing in it is trusted further than a bounce.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from helpdeskctl.mail import addresses
from helpdeskctl.mail.bounds import MAX_RECIPIENTS
from helpdeskctl.mail.headers import Headers
from helpdeskctl.mail.incoming import DeliveryReport, RecipientReport

_MARK = "x-amz-sns-message-id"
_ACTIONS = {"bounce": "failed", "delivery": "delivered", "deliverydelay": "delayed"}
_RECIPIENTS = ("bouncedRecipients", "delayedRecipients", "recipients")
_MAX_TEXT = 200_000  # characters; a notice of 50 recipients has 20,000
_MAX_DIAGNOSTIC = 1_000
_DECODER = json.JSONDecoder(strict=False)
_SPLIT = "!\n "  # where a relay broke a line of more than 990 characters


class Notice(NamedTuple):
    """What a notice says: the report, or None for a complaint; and the Message-IDs of the mail it is about."""

    report: DeliveryReport | None
    message_ids: tuple[str, ...]


def read(headers: Headers, text: str) -> Notice | None:
    """The notice in a mail's text; None for every other mail. Never raises."""
    if headers.raw(_MARK) is None:
        return None
    told = _object(text)
    told = _object(told["Message"]) if isinstance(told.get("Message"), str) else told
    kind = str(told.get("notificationType") or told.get("eventType") or "").lower()
    ids = _message_ids(told)
    if kind == "complaint":
        return Notice(None, ids)
    if kind not in _ACTIONS:
        return None
    about = _dict(_of_any_case(told, kind))
    listed: list[object] = next((about[name] for name in _RECIPIENTS if isinstance(about.get(name), list)), [])
    recipients = (_recipient(one, about, kind) for one in listed[:MAX_RECIPIENTS])
    return Notice(DeliveryReport(tuple(one for one in recipients if one.address), ids), ids)


def _object(text: str) -> dict[str, Any]:
    try:
        return _dict(_DECODER.raw_decode(text[:_MAX_TEXT].replace(_SPLIT, "").lstrip())[0])
    except (ValueError, RecursionError):
        return {}


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _of_any_case(told: dict[str, Any], kind: str) -> object:
    return next((value for name, value in told.items() if name.lower() == kind), None)


def _recipient(one: object, about: dict[str, Any], kind: str) -> RecipientReport:
    said = _dict(one) or {"emailAddress": one}
    address = addresses.check(str(said.get("emailAddress") or "")) or ""
    permanent = kind == "bounce" and about.get("bounceType") == "Permanent"
    status = str(said.get("status") or ("5.0.0" if permanent else ""))[:20]
    diagnostic = str(said.get("diagnosticCode") or about.get("bounceSubType") or "")[:_MAX_DIAGNOSTIC]
    return RecipientReport(address, _ACTIONS[kind], status, diagnostic)


def _message_ids(told: dict[str, Any]) -> tuple[str, ...]:
    """SES puts an id of its own into the mail; ours stands among the headers it repeats."""
    listed = _dict(told.get("mail")).get("headers")
    fields = (_dict(field) for field in listed) if isinstance(listed, list) else ()
    wanted = ("message-id", "references")
    values = [str(field.get("value", "")) for field in fields if str(field.get("name", "")).lower() in wanted]
    return tuple(dict.fromkeys(word for value in values for word in value.split()[:50] if word.startswith("<")))
