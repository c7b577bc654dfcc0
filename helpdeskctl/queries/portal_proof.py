"""How a portal proves to its admin that it is this desk's and of this version, telling strangers neither (POR-10)."""

from __future__ import annotations

import hashlib
import hmac
import re

from helpdeskctl import __version__
from helpdeskctl.desk import Desk

NONCE = re.compile(r"[0-9a-f]{32}")


def proof(desk: Desk, nonce: str, *, version: str = __version__) -> str:
    """Two words: what only the holder of the desk's key can say to this nonce, and the same for this version."""
    key = desk.keys.key("portal-check")
    return " ".join(hmac.new(key, said.encode(), hashlib.sha256).hexdigest() for said in (nonce, f"{nonce} {version}"))
