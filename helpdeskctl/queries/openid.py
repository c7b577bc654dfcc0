"""The OpenID provider that customers may sign in at, as it is set up (POR-12)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from helpdeskctl.desk import Desk
from helpdeskctl.queries import secrets, settings
from helpdeskctl.store.tables import Secret

PURPOSE = "openid"
BACK = "/login/openid/back"


@dataclass(frozen=True, slots=True)
class Setup:
    """`redirect_uri`: what the provider has to know of us; `secret`: `stored`, a reference, or None for none."""

    issuer: str
    client_id: str
    name: str
    redirect_uri: str
    secret: str | None


def setup(desk: Desk) -> Setup | None:
    """How the provider is set up; None where there is none, or the portal has no address to come back to."""
    known = settings.several(desk, "openid_issuer", "openid_client_id", "openid_name", "portal_url")
    if not (known["openid_issuer"] and known["openid_client_id"] and known["portal_url"]):
        return None
    row = Secret.get_or_none(Secret.purpose == PURPOSE)
    return Setup(
        known["openid_issuer"],
        known["openid_client_id"],
        shown_name(known["openid_name"], known["openid_issuer"]),
        f"{known['portal_url']}{BACK}",
        (row.reference or "stored") if row is not None else None,
    )


def shown_name(name: str | None, issuer: str | None) -> str:
    """What customers read of the provider: its name, else its host."""
    return name or urlsplit(issuer or "").hostname or ""


def secret(desk: Desk) -> str | None:
    """The client's secret in clear; None without one. ConfigError or Refused when it cannot be read."""
    row = Secret.get_or_none(Secret.purpose == PURPOSE)
    return secrets.value(desk, row.id) if row is not None else None
