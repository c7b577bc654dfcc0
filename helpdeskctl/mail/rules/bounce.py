"""A bounce belongs to the mail of ours that could not be delivered; one that is about no mail of ours is backscatter.

Standard reports (RFC 3464) say so themselves; the rest is known by what real servers write: no way back, a daemon's
name, a subject of that trade, an error code in the text. One sign alone is not enough.
"""

from __future__ import annotations

import re

from helpdeskctl.mail.incoming import IncomingMail
from helpdeskctl.mail.rules.decision import Decision, Held, hold
from helpdeskctl.mail.rules.facts import Facts, Policy

_DELIVERED = {"delivered", "relayed", "expanded"}
_DAEMON = re.compile(
    r"mailer[-_. ]?daemon|mail[-_. ]?daemon|postmaster|mail delivery (?:sub)?system|mail administrator|mail deliver"
    r"|^bounces?@|antispam|mdaemon|system administrator|symantec_.*@|administrator@|microsoft exchange",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|unzustellbar|delivery[- ](?:status|failure|has failed|report|problem|error|notification|unsuccessful)"
    r"|mail delivery|(?:mail|message) (?:could not be|not|system) deliver|mail system error"
    r"|returned mail|returned to sender"
    r"|failure notice|failed (?:mail|delivery)|non[- ]?deliver|nondeliverable|(?:mail|delivery) (?:failed|failure|fail)"
    r"|rejected mail|could not (?:send|be delivered)|cannot (?:send|be delivered)|not delivered|can't be delivered"
    r"|mail error|warning: (?:could not|message)|user unknown|permanent failure|address not found|message status"
    r"|message delivery|message you sent|bounced mail|email error|mailbox (?:is )?full|quota"
    r"|no se pudo entregar|non remis|non distribu|não (?:foi )?entregue|niet bezorgd|kunne ikke leveres|mislukt"
    r"|配信|エラー|不達|送信できません",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"\b5\d\d[ -]#?\d\.\d+\.\d+|\b[45]\d\d[ -][A-Z<]|\(?#[45]\.\d\.\d+|\b[45]\.[0-7]\.\d{1,3}\b"
    r"|user (?:unknown|not found)|mailbox (?:full|unavailable|not found|.{0,40}over quota)|no such user"
    r"|unknown (?:user|recipient|address|local part)"
    r"|could not be delivered|was undeliverable|delivery .{0,40}failed|(?:un)?able to deliver|not delivered"
    r"|does(?: not|n't) exist|quota|permanent (?:fatal )?error|unrouteable|is not (?:listed|known)|rejected"
    r"|host unknown|returned to (?:you|sender)|being returned|unable to relay|disabled|discontinued|not accepting",
    re.IGNORECASE,
)


def judge(mail: IncomingMail, facts: Facts, policy: Policy) -> Decision | None:
    """Bounce of a named mail of ours, or quarantine: what names none may be forged and changes nothing."""
    sign = None if mail.feedback else _sign(mail)
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
        actions = {recipient.action for recipient in mail.report.recipients}
        return None if actions and actions <= _DELIVERED else "Content-Type: message/delivery-status"
    if mail.headers.raw("x-failed-recipients") is not None:
        return f"X-Failed-Recipients: {mail.headers.first('x-failed-recipients')}"
    return _likely(mail)


def _likely(mail: IncomingMail) -> str | None:
    """A daemon or no way back, and a subject or an error as real servers write them."""
    written_by = mail.headers.first("from") or ""
    daemon = _DAEMON.search(written_by) is not None or is_daemon(mail)
    if not daemon and mail.return_path != "":
        return None
    if _SUBJECT.search(mail.subject):
        return f"Subject: {mail.subject}"
    if daemon and _ERROR.search(mail.text[:5000]):
        return f"From: {written_by}"
    return None


def is_daemon(mail: IncomingMail) -> bool:
    """Whether no person's address stands in From."""
    return not mail.from_all and mail.return_path == ""
