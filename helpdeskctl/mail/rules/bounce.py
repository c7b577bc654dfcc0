"""A bounce belongs to the mail of ours that could not be delivered; one that is about no mail of ours is backscatter.

Standard reports (RFC 3464) say so themselves; the rest is known by what real servers write: a name that only servers
bear, no way back, a subject or a text of that trade, a mail that comes along. One sign alone is a person's mail.
"""

from __future__ import annotations

from helpdeskctl.domain.loops import is_nobody
from helpdeskctl.mail import daemons
from helpdeskctl.mail.away import says_so
from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules import complaint
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.rules.facts import Facts, Policy

_DELIVERED = {"delivered", "relayed", "expanded"}
_RETURNED = {"message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "message/global"}
_BEGINNING = 1_500  # characters in which a server says what it is about
_ERRORS = 5_000


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Bounce of a named mail of ours, or quarantine: what names none may be forged and changes nothing."""
    sign = None if complaint.sign(mail) else _sign(mail)
    if sign is None:
        return None
    for named in facts.returned:
        if named.ticket in facts.tickets:
            return Decision(
                decision="bounce",
                ticket=facts.tickets[named.ticket].survivor,
                message=named.message,
                reason=f"a mail of #{named.ticket} could not be delivered ({sign})",
                evidence=named.evidence,
                automatic=True,
                no_answer=True,
            )
    return hold(Held.BACKSCATTER, evidence=sign)


def _sign(mail: IncomingMail) -> str | None:
    """What makes this mail a bounce, None when it is none."""
    if mail.report is not None:
        return "Content-Type: message/delivery-status" if _fails(mail) else None
    if mail.headers.raw("x-failed-recipients") is not None:
        return f"X-Failed-Recipients: {mail.headers.first('x-failed-recipients')}"
    return _likely(mail)


def _fails(mail: IncomingMail) -> bool:
    """Whether the report tells of a failure or a delay. One without any action is an answer in a borrowed form."""
    recipients = mail.report.recipients if mail.report is not None else ()
    actions = {recipient.action for recipient in recipients}
    if actions == {""} and not _no_way_back(mail):
        return any(recipient.status.startswith("5") for recipient in recipients)
    return not (actions and actions <= _DELIVERED)


def _likely(mail: IncomingMail) -> str | None:
    """The signs of a mail without a report, strongest first: whose name it bears decides how many more it takes."""
    written_by = mail.headers.first("from") or ""
    if daemons.MTA_ADDRESS.search(written_by):
        return f"From: {written_by}"
    if daemons.MTA.search(written_by) or is_daemon(mail):
        return _told(mail) or (f"From: {written_by}" if _brings_back(mail) or _has_error(mail) else None)
    if daemons.ROLE.search(written_by):
        return _of_a_role(mail, written_by)
    if _no_way_back(mail):
        return _without_way_back(mail)
    if mail.sender is not None and is_nobody(mail.sender.address) and _brings_back(mail) and _has_error(mail):
        return _told(mail)
    return None


def _of_a_role(mail: IncomingMail, written_by: str) -> str | None:
    """Postmasters are servers and people: their own words about a bounce are none."""
    if daemons.REPORT_SUBJECT.match(mail.subject):
        return f"Subject: {mail.subject}"
    speaks = daemons.SERVER_TEXT.search(mail.text[:_BEGINNING]) is not None
    if _told(mail) and (speaks or _brings_back(mail) or _no_way_back(mail)):
        return f"Subject: {mail.subject}"
    return f"From: {written_by}" if speaks and _has_error(mail) else None


def _without_way_back(mail: IncomingMail) -> str | None:
    """Automatic answers come without a way back too, and so do parcels."""
    if says_so(mail.subject) or daemons.GOODS.search(mail.subject):
        return None
    if not daemons.ANSWERED.match(mail.subject) and _told(mail):
        return f"Subject: {mail.subject}"
    return "Return-Path: <>, with the mail that comes back" if _brings_back(mail) and _has_error(mail) else None


def _told(mail: IncomingMail) -> str | None:
    return f"Subject: {mail.subject}" if daemons.SUBJECT.search(mail.subject) or _is_report_subject(mail) else None


def _is_report_subject(mail: IncomingMail) -> bool:
    return daemons.REPORT_SUBJECT.match(mail.subject) is not None


def _has_error(mail: IncomingMail) -> bool:
    return daemons.ERROR.search(mail.text[:_ERRORS]) is not None


def _brings_back(mail: IncomingMail) -> bool:
    return any(part.content_type in _RETURNED for part in mail.attachments)


def _no_way_back(mail: IncomingMail) -> bool:
    return mail.return_path == ""


def is_daemon(mail: IncomingMail) -> bool:
    """Whether no person's address stands in From: it is empty, or missing where there is no way back either."""
    return not mail.from_all and (mail.return_path == "" or (mail.headers.raw("from") or b"").rstrip().endswith(b"<>"))
