"""Whether automatic mail of ours may go to an address (MAIL-20 to MAIL-24). Replies of agents never come here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

RECEIPTS_AN_HOUR = 1  # to one address
RECEIPTS_A_DAY = 5  # to one address
MAILS_AN_HOUR = 5  # automatic ones of any kind to one address
MAILBOX_MAILS_AN_HOUR = 200  # automatic ones from one mailbox; then the admin is told
ASKED = ("sign_in", "reset", "registration", "address_change")
"""Mail that a person at the portal waits for: counted apart, so that a flood of other mail keeps nobody out."""
ASKED_AN_HOUR = 3  # of these to one address, as the portal allows
MAILBOX_ASKED_AN_HOUR = 1000  # of these from one mailbox: more people than sign in at a busy desk
OLDEST_ANSWERED = timedelta(hours=24)
SUPPRESSED_FOR = timedelta(days=60)  # after a bounce for good
MOST_HOPS = 50  # Received fields: RFC 5321 §6.3 has servers give up at 100, and real mail stays below 20
MOST_REPEATED = 5  # the same words under the same subject by one sender
REPEATED_WITHIN = timedelta(hours=1)

# Nobody reads these: programs, lists and their managers (RFC 2142 §4 and §6, RFC 3834 §2).
_NOBODY = re.compile(
    r"(?:(?:do[-_.]?)?no[-_.]?t?[-_.]?reply|mailer[-_.]?daemon|postmaster|daemon|bounces?"
    r"|listserv|majordomo|mailman|owner-.*|.*-(?:request|owner|bounces?|errors))",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the decision rests on. Counts are of automatic mail already sent or queued in the period.

    `answers_at`: when the mail that is answered was received, None where the mail answers none (a welcome).
    `answers_machine`: that mail is automatic or wants no answer. `suppressed_until`: end of the pause after the
    address bounced for good. `asked`: it is one of `ASKED`, and so are those counted; `receipt`: one of its kind an
    hour is enough, and that kind is counted in `receipts_*`.
    """

    address: str
    now: datetime
    receipt: bool = False
    asked: bool = False
    own_addresses: Collection[str] = ()
    answers_at: datetime | None = None
    answers_machine: bool = False
    suppressed_until: datetime | None = None
    receipts_last_hour: int = 0
    receipts_last_day: int = 0
    mails_last_hour: int = 0
    mailbox_mails_last_hour: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Yes or no, the rule that decided, and its reason in words."""

    allowed: bool
    rule: str = ""
    reason: str = ""


def is_nobody(address: str) -> bool:
    """Whether an address is one that no person reads: noreply, mailer-daemon, postmaster, a list's own ones."""
    local = address.strip().casefold().rpartition("@")[0].partition("+")[0]
    return not local or _NOBODY.fullmatch(local) is not None


def arrives_at(address: str) -> str:
    """Where mail to an address ends, so that limits count all its spellings as one.

    `alice+shop@x` is alice's too (RFC 5233); a domain is the same in letters and in ASCII (RFC 5891).
    """
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{_in_ascii(domain)}"


def _in_ascii(domain: str) -> str:
    try:
        return domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:  # no mail arrives there at all
        return domain


def from_one_mailbox(*, asked: bool) -> int:
    """How many automatic mails one mailbox may send in an hour: of those asked for, or of all others."""
    return MAILBOX_ASKED_AN_HOUR if asked else MAILBOX_MAILS_AN_HOUR


def _folded(address: str) -> str:
    local, at, domain = address.strip().casefold().rpartition("@")
    return f"{local}{at}{_in_ascii(domain)}"


def _is_old(facts: Facts) -> bool:
    return facts.answers_at is not None and facts.now - facts.answers_at > OLDEST_ANSWERED


_RULES: tuple[tuple[str, str, Callable[[Facts], bool]], ...] = (
    ("MAIL-24", "nobody reads this address", lambda f: is_nobody(f.address)),
    ("DEP-5", "it is an address of ours", lambda f: _folded(f.address) in set(map(_folded, f.own_addresses))),
    ("MAIL-20", "the mail to answer is automatic or wants no answer", lambda f: f.answers_machine),
    ("BOX-7", "the mail to answer is older than 24 hours", _is_old),
    (
        "MAIL-23",
        "the address bounced for good",
        lambda f: f.suppressed_until is not None and f.now < f.suppressed_until,
    ),
    (
        "MAIL-22",
        "a receipt went there within the hour",
        lambda f: f.receipt and f.receipts_last_hour >= RECEIPTS_AN_HOUR,
    ),
    ("MAIL-22", "five receipts went there within a day", lambda f: f.receipt and f.receipts_last_day >= RECEIPTS_A_DAY),
    (
        "MAIL-22",
        "five automatic mails went there within the hour",
        lambda f: not f.asked and f.mails_last_hour >= MAILS_AN_HOUR,
    ),
    (
        "MAIL-22",
        "three such mails went there already",
        lambda f: f.asked and f.mails_last_hour >= ASKED_AN_HOUR,
    ),
    (
        "MAIL-22-mailbox",
        "the mailbox sent as many automatic mails within the hour as it may",
        lambda f: f.mailbox_mails_last_hour >= from_one_mailbox(asked=f.asked),
    ),
)
"""The reasons against, in order: (rule, reason, whether it holds)."""


def may_send_automatic(facts: Facts) -> Verdict:
    """Whether this automatic mail may go out. The rule `MAIL-22-mailbox` means: tell the admin."""
    for rule, reason, holds in _RULES:
        if holds(facts):
            return Verdict(False, rule, reason)
    return Verdict(True)
