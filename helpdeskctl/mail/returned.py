"""What a bounce without a standard report says in its text: which recipients, why, and which mail came back.

Servers of forty years agree in little: an address stands alone on its line, or begins it, or follows words like
"could not be delivered to"; the reason stands behind it or below. Each line is looked at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from helpdeskctl.mail import addresses
from helpdeskctl.mail.incoming import IncomingMail, RecipientReport

_MAX_LINES = 200
_LINE = 500  # characters of a line that are looked at
_REASON_LINES = 8
_MAX_RECIPIENTS = 50
_MAX_DIAGNOSTIC = 1_000
_ADDRESS = r"[^\s<>()\[\],;:\"'@]{1,64}@[^\s<>()\[\],;:\"'@]{1,190}"
_LINK = r"(?:<mailto:[^>]{1,250}>)?"  # as HTML turned into text writes it
_ALONE = re.compile(
    rf"[\s*•|>\"-]{{0,8}}<?(?:mailto:|smtp:)?(?P<address>{_ADDRESS})[>\"]?{_LINK}[.:…]{{0,4}}\s*", re.IGNORECASE
)
_FIRST = re.compile(
    rf"\s{{0,8}}(?:[<\"](?P<address>{_ADDRESS})[>\"]\s?(?:[:.(]|$)"
    rf"|(?P<bare>{_ADDRESS}){_LINK}"
    r"(?::|\.\.\.| on |\s{1,4}(?:invalid|failed|user|error|mailbox|unknown)))",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:(?:final|original)-recipient|rcpt to|(?:deliver|send|sen[dt]|message|mail|address)(?:s|es|ing|ed)?"
    r"(?: (?:the|your|this))?(?: (?:original|e-?mail|mail|message)){0,2} to|delivery failed(?: \d+ attempts)?"
    r"|unable to deliver(?: message)? to|addressed to(?: email address)?|unknown user|userid|user unknown"
    r"|recipients?|mailbox|account|failed for|no such user|violation for|not found|to (?:address|user))"
    rf"\s{{0,3}}[:=]?\s{{0,3}}(?:rfc822;|smtp:|dda:smtp=)?\s{{0,3}}[<\"'(]?(?P<address>{_ADDRESS})",
    re.IGNORECASE,
)
_ANYWHERE = re.compile(rf"(?<![^\s<(\[\"':;,]){_ADDRESS}")
_ABOUT_SENDER = re.compile(
    r"\b(?:mail from|from|reply-to|sender|contact|help|support|questions?|received)\b", re.IGNORECASE
)
_X400 = re.compile(rf"dda:smtp=(?P<address>{_ADDRESS})", re.IGNORECASE)
_COPY = re.compile(
    r"[-=_* ]{2,}.{0,60}(?:original (?:message|mail)|returned message|copy of (?:the|your)|message header"
    r"|non-delivered|unsent message|original mail).{0,60}"
    r"|(?:original|returned) message(?: headers?)?(?: follows?)?[.:]?|(?:message headers|the headers?) follows?.{0,3}"
    r"|--- below this line.{0,60}|(?:received|return-path|dkim-signature|x-originating-ip):\s.*",
    re.IGNORECASE,
)
_ID_BELOW = re.compile(
    r"^(?:message-id|references):\s{0,3}((?:<[^<>\s]{1,990}>\s{0,3}){1,20})", re.IGNORECASE | re.MULTILINE
)
_ID = re.compile(r"<[^<>\s]{1,990}>")
_STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_CODE = re.compile(r"(?<![\d.])([45])\d\d(?=[ -:])")
_DELAY = re.compile(
    r"delayed|(?:has )?not yet been|will (?:continue|keep|retry|be retried|try)|still being retried|postponed"
    r"|warning only|advisory[- ]only|just a warning|temporar",
    re.IGNORECASE,
)
_FOR_GOOD = re.compile(r"permanent|given up|giving up|no further|could not be delivered|fatal", re.IGNORECASE)
_NO_MAILBOX = re.compile(
    r"(?:no such|unknown|invalid|not a valid) (?:user|recipient|mailbox|address|person|local part)"
    r"|(?:user|recipient|mailbox|address|account|addressee) (?:is )?(?:unknown|not found|not known)"
    r"|does(?: not|n.t) (?:exist|have an?)|not listed in|name is not recognized|couldn.t be found|wasn.t found",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"over ?quota|quota (?:exceeded|violation)|(?:mail)?box (?:is )?full|mailfull|full mailbox", re.IGNORECASE
)
_SERVERS_OWN = re.compile(r"(?:mailer-daemon|postmaster|abuse)@", re.IGNORECASE)


def recipients(mail: IncomingMail) -> tuple[RecipientReport, ...]:
    """Whom a bounce is about: its standard report, else X-Failed-Recipients and the text. May be empty."""
    if mail.report is not None and mail.report.recipients:
        return mail.report.recipients
    named = addresses.addresses_in(mail.headers.all_raw("x-failed-recipients"))
    lines = list(_own_lines(mail.text))
    whole = "\n".join(lines)
    late = _DELAY.search(whole) is not None and _FOR_GOOD.search(whole) is None
    others = _not_meant(mail)
    found = list(_reasons(lines, others, _addresses)) or list(_reasons(lines, others, _any_addresses))
    told = {address.casefold(): (address, reason) for address, reason in found}
    if named:
        told = {address.casefold(): told.get(address.casefold(), (address, "")) for address in named}
    return tuple(
        _report(address, reason, whole, late=late) for address, reason in list(told.values())[:_MAX_RECIPIENTS]
    )


def message_ids(text: str) -> tuple[str, ...]:
    """Message-IDs in the header that a server wrote into its text; the mail's own, then those it referred to."""
    if "essage-I" not in text:
        return ()
    found = (i for block in _ID_BELOW.findall(text) for i in _ID.findall(block))
    return tuple(dict.fromkeys(found))[:20]


def _own_lines(text: str) -> Iterator[str]:
    """The lines that the server wrote, down to the mail it returns."""
    for number, line in enumerate(text.split("\n", _MAX_LINES)[:_MAX_LINES]):
        if number > 1 and _COPY.fullmatch(line[:_LINE].strip()):
            return
        yield line[:_LINE]


def _not_meant(mail: IncomingMail) -> set[str]:
    """Whom the text names for another reason: us, and the server."""
    delivered = addresses.addresses_in(mail.headers.all_raw("delivered-to"))
    return {each.casefold() for each in (*delivered, *(person.address for person in (*mail.from_all, *mail.to)))}


def _reasons(lines: list[str], others: set[str], addresses_of: Callable[[str], list[str]]) -> Iterator[tuple[str, str]]:
    """(address, the words beside and below it), once each."""
    seen: set[str] = set()
    for number, line in enumerate(lines):
        for address in addresses_of(line):
            if address.casefold() in seen | others or _SERVERS_OWN.match(address):
                continue
            seen.add(address.casefold())
            yield address, _reason(lines, number)


def _addresses(line: str) -> list[str]:
    """Addresses that stand where servers put those of recipients."""
    if "@" not in line:
        return []
    alone, first = _ALONE.fullmatch(line), _FIRST.match(line)
    found = alone["address"] if alone else (first["address"] or first["bare"]) if first else None
    named = [match["address"] for match in (_NAMED.search(line), _X400.search(line)) if match]
    checked = (addresses.check(each.rstrip(".")) for each in ([found] if found else named))
    return [each for each in checked if each]


def _any_addresses(line: str) -> list[str]:
    """Addresses anywhere in a line that is not about the sender."""
    found = [] if "@" not in line or _ABOUT_SENDER.search(line) else _ANYWHERE.findall(line)
    return [each for each in map(addresses.check, (address.rstrip(".") for address in found)) if each]


def _reason(lines: list[str], number: int) -> str:
    """What stands on the line of an address and below it, down to an empty line or the next one."""
    words = [lines[number].strip()]
    for line in lines[number + 1 : number + 1 + _REASON_LINES]:
        if (not line.strip() and len(words) > 1) or _ALONE.fullmatch(line):
            break
        words.append(line.strip())
    return " ".join(" ".join(words).split())[:_MAX_DIAGNOSTIC]


def _report(address: str, reason: str, whole: str, *, late: bool) -> RecipientReport:
    status = _status(reason) or _status(whole)
    late = late or (status.startswith("4") and _FOR_GOOD.search(whole) is None)
    return RecipientReport(address, "delayed" if late else "failed", status, reason)


def _status(text: str) -> str:
    """The enhanced code (RFC 3463), else what the words or the SMTP code amount to."""
    code = _CODE.search(text)
    if found := _STATUS.search(text):
        return found[1]
    if _NO_MAILBOX.search(text):
        return "5.1.1"
    if _FULL.search(text):
        return "5.2.2"
    return f"{code[1]}.0.0" if code else ""
