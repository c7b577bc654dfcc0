"""How a mail names the ticket it belongs to: by the subject tag, or by a signed token.

A token is `hd.TICKET.MESSAGE.K.MAC`: decimal numbers, K the one-letter id of the signing key, MAC the first
26 letters of the lower-case base32 (RFC 4648 §6) of HMAC-SHA256(key, "hd1|TICKET|MESSAGE|AUDIENCE").
It stands in Message-IDs `<token@domain>`, in plus addresses `support+token@domain`, in bodies `[token]`. It
proves that we wrote to somebody; whether the sender takes part in the ticket is judged elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

INSTALLATION_HEADER = "X-Helpdesk-Installation"
"""Names the desk that wrote a mail, so that it knows its own when one comes back (MAIL-20)."""

MAX_LOCAL_PART = 64  # octets, RFC 5321 §4.5.3.1.1

# No leading zeros and no other digits than 0-9: one token has one spelling.
_SHAPE = r"hd\.([1-9][0-9]{0,17})\.([1-9][0-9]{0,17})\.([a-z])\.([a-z2-7]{26})"
_IN_MESSAGE_ID = re.compile(rf"<{_SHAPE}@[^\s<>@]+>")
_IN_ADDRESS = re.compile(rf"[^\s<>@]+\+{_SHAPE}@[^\s<>@]+")
_IN_BODY = re.compile(rf"\[{_SHAPE}\]")

_MOST_SUBJECT = 1000  # characters
# `[Ticket#20230017]`, `[#123-456]`, `[desk.example #4711]`: what stands behind the # holds a digit.
_FOREIGN_TAG = re.compile(r"\[([^\[\]#]{0,40}#\s?(?=[^\[\]\s]*[0-9])[\w.:-]{1,40})\s?\]")

# The reply marks of the portal's languages and of their mail programs, numbered ones ("Re[2]:") too.
_REPLY_MARKS = re.compile(
    r"\A\s*(?:(?:re|aw|antw|sv|res|rép|השב|ตอบ|ตอบกลับ)(?:\[[0-9]{1,3}\]|\^[0-9]{1,3})?\s?[:：]\s*)+",
    re.IGNORECASE,
)


class Audience(StrEnum):
    """Whom the message that carries the token was written to."""

    CONTACT = "c"
    AGENT = "a"


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """The signing keys by their one-letter id. `current` signs, all verify: so a key can be rotated."""

    current: str
    by_id: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Token:
    """A verified token: our message `message` in ticket `ticket`, sent to a contact or to an agent."""

    ticket: int
    message: int
    audience: Audience


# --- the subject tag


def tag(number: int, prefix: str) -> str:
    """The subject tag of a ticket: `[Support#1001]`."""
    return f"[{prefix}#{number}]"


def tagged_numbers(subject: str, prefix: str) -> tuple[int, ...]:
    """Every ticket number that `subject` names with `prefix`, in order, each once.

    People retype tags: case and spaces around the `#` do not matter.
    """
    return tuple(dict.fromkeys(int(found[1]) for found in _tags(prefix).finditer(subject)))


def tag_subject(subject: str, number: int, prefix: str) -> str:
    """`subject` with this ticket's tag in front and no other tag of the prefix; a `Re:` stays before it."""
    bare = _without_tags(subject, prefix)
    if _REPLY_MARKS.match(bare):
        return reply_subject(bare, number, prefix)
    return f"{tag(number, prefix)} {bare}".rstrip()


def reply_subject(subject: str, number: int, prefix: str) -> str:
    """The subject of an answer: one `Re:`, one tag, then the rest: `Re: [Support#1001] Printer on fire`."""
    bare = _without_tags(subject, prefix)
    return f"Re: {tag(number, prefix)} {_REPLY_MARKS.sub('', bare)}".rstrip()


def foreign_tags(subject: str, prefix: str) -> tuple[str, ...]:
    """What other desks call a ticket in `subject`, casefolded and without brackets: `ticket#20230017`, `#123-456`."""
    bare = _tags(prefix).sub(" ", subject[:_MOST_SUBJECT])
    return tuple(dict.fromkeys("".join(found[1].split()).casefold() for found in _FOREIGN_TAG.finditer(bare)))


def _tags(prefix: str) -> re.Pattern[str]:
    return re.compile(rf"\[\s?{re.escape(prefix)}\s?#\s?([1-9][0-9]{{0,17}})\s?\]", re.IGNORECASE)


def _without_tags(subject: str, prefix: str) -> str:
    return " ".join(_tags(prefix).sub(" ", subject).split())


# --- the token


def make_token(ticket: int, message: int, keys: TokenKeys, audience: Audience = Audience.CONTACT) -> str:
    """The bare token, signed with the current key."""
    mac = _mac(keys.by_id[keys.current], ticket, message, audience)
    return f"hd.{ticket}.{message}.{keys.current}.{mac}"


def message_id(token: str, domain: str) -> str:
    """The Message-ID that carries `token`, angle brackets included (RFC 5322 §3.6.4)."""
    return f"<{token}@{domain}>"


def plus_address(address: str, token: str) -> str | None:
    """`support+token@domain`; None where the local part would be longer than RFC 5321 allows."""
    local, _, domain = address.rpartition("@")
    local = f"{local}+{token}"
    return f"{local}@{domain}" if len(local.encode()) <= MAX_LOCAL_PART else None


def body_marker(token: str) -> str:
    """The token as it stands in a mail's text."""
    return f"[{token}]"


def in_message_id(text: str, keys: TokenKeys) -> Token | None:
    """The token of one whole Message-ID (with its angle brackets), or None where it is not ours."""
    return _verified(_IN_MESSAGE_ID.fullmatch(text), keys)


def in_address(address: str, keys: TokenKeys) -> Token | None:
    """The token of a plus address, or None."""
    return _verified(_IN_ADDRESS.fullmatch(address), keys)


def in_body(text: str, keys: TokenKeys) -> tuple[Token, ...]:
    """The tokens of body markers, from the top down: the newest quoted mail usually stands first."""
    found = (_verified(match, keys) for match in _IN_BODY.finditer(text))
    return tuple(dict.fromkeys(token for token in found if token is not None))


def _mac(key: bytes, ticket: int, message: int, audience: Audience) -> str:
    signed = f"hd1|{ticket}|{message}|{audience}".encode()
    return base64.b32encode(hmac.digest(key, signed, hashlib.sha256)).decode().lower()[:26]


def _verified(found: re.Match[str] | None, keys: TokenKeys) -> Token | None:
    if found is None or (key := keys.by_id.get(found[3])) is None:
        return None
    ticket, message = int(found[1]), int(found[2])
    for audience in Audience:
        if hmac.compare_digest(found[4], _mac(key, ticket, message, audience)):
            return Token(ticket, message, audience)
    return None
