"""What a form carries to prove that we made it, for this session (CSRF), and to name what is typed into it.

`ISSUED.NONCE.CONTACT.BINDING.MAC`: seconds, 128 random bits, the contact's id or 0, what stands for the session or
the site around a frame, and HMAC-SHA256 over all of it. A button without text has neither time nor nonce: its token
is good as long as its session.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

GUEST = "guest"
LASTS = timedelta(hours=24)
_KEPT = 1000
_OLD_ENOUGH = timedelta(hours=1)
_SHAPE = re.compile(r"([0-9]{1,12})\.([0-9a-f]{32})?\.([0-9]{1,18})\.([a-z0-9]{5,32})\.([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class FormToken:
    """A token that we signed. `contact_id` is whose session it was made in, None for a guest's."""

    nonce: str
    contact_id: int | None = None
    binding: str = GUEST
    age: timedelta = timedelta(0)


class Tokens:
    """Makes and reads the tokens of one desk."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._known = lru_cache(_KEPT)(self._mac)  # what every page of a session asks for again

    def binding(self, session: str | None) -> str:
        """What stands for a session (its fingerprint) in its forms; guests share one."""
        return self._known(f"session|{session}")[:32] if session else GUEST

    def of_frame(self, site: str) -> str:
        """What stands for the site around a frame in the forms there, which know no session."""
        return self._mac(f"frame|{site}")[:32]

    def make(
        self,
        session: str | None,
        contact_id: int | None,
        *,
        now: datetime,
        again: FormToken | None = None,
        binding: str = "",
    ) -> str:
        """The token of a form with text. One that is shown `again` keeps its nonce, and its age up to an hour: only
        who fills a fresh one in no time is a robot. `binding`: of a frame, where there is no session."""
        issued = now - min(again.age, _OLD_ENOUGH) if again else now
        nonce = again.nonce if again and again.nonce else secrets.token_hex(16)
        return self._signed(int(issued.timestamp()), nonce, contact_id, binding or self.binding(session))

    def button(self, session: str | None, contact_id: int | None) -> str:
        """The token of a form that is one button; always the same in a session."""
        return self._signed(0, "", contact_id, self.binding(session))

    def read(self, text: str, *, now: datetime) -> FormToken | None:
        """The token if we signed it less than a day ago, else None."""
        found = _SHAPE.fullmatch(text)
        if found is None or not hmac.compare_digest(found[5], self._mac(text[: found.start(5) - 1])):
            return None
        issued = int(found[1])
        age = timedelta(seconds=int(now.timestamp()) - issued) if issued else timedelta(0)
        if not timedelta(0) <= age <= LASTS:
            return None
        return FormToken(found[2] or "", int(found[3]) or None, found[4], age)

    def _signed(self, issued: int, nonce: str, contact_id: int | None, binding: str) -> str:
        text = f"{issued}.{nonce}.{contact_id or 0}.{binding}"
        return f"{text}.{self._mac(text) if issued else self._known(text)}"

    def _mac(self, text: str) -> str:
        return hmac.digest(self.key, text.encode(), hashlib.sha256).hex()
