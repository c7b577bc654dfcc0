"""Who may register, and who has: what the settings say, what was typed before the address is proven, who waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from helpdeskctl.desk import Desk
from helpdeskctl.domain.loops import arrives_at
from helpdeskctl.queries import portal, settings
from helpdeskctl.store.tables import Contact, PortalDraft, PortalToken

ROUTE = "/register"
Mode = Literal["open", "confirm", "closed"]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who registers, as it was typed and cleaned. `language`: in which they want to be written to."""

    address: str
    name: str = ""
    language: str | None = None


def mode(desk: Desk) -> Mode:
    """What registering leads to: access, a question to the agents, or nothing (`invited` and `off` offer no page)."""
    found = settings.get(desk, "registration")
    return found if found in ("open", "confirm") else "closed"


def mode_for(desk: Desk, address: str) -> Mode:
    """The same for one address: those of other domains than `registration_domains` register nowhere."""
    return mode(desk) if of_allowed_domain(desk, address) else "closed"


def of_allowed_domain(desk: Desk, address: str) -> bool:
    """Whether addresses of this domain may register. A domain is the same in letters and in ASCII (RFC 5891)."""
    allowed = settings.get(desk, "registration_domains")
    return not allowed or _domain(address) in {_domain(f"@{each}") for each in allowed}


def typed(desk: Desk, secret: str) -> Newcomer | None:
    """What was typed by whoever asked for the mailed link with this secret; None when it does not hold (any more)."""
    token = PortalToken.get_or_none(*portal.usable(desk, secret, "register"))
    if token is None:
        return None
    draft = PortalDraft.get_or_none(PortalDraft.nonce_sha256 == token.secret_sha256, PortalDraft.route == ROUTE)
    fields = draft.content["fields"] if draft is not None else {}
    return Newcomer(token.address or "", fields.get("name", ""), fields.get("language") or None)


def waiting() -> list[int]:
    """The ids of the contacts who have registered and wait for an agent's yes, who waits longest first."""
    asked = Contact.select(Contact.id).where(Contact.portal_asked_at.is_null(False), Contact.merged_into_id.is_null())
    return [row.id for row in asked.order_by(Contact.portal_asked_at, Contact.id)]


def _domain(address: str) -> str:
    return arrives_at(address.strip().casefold()).rpartition("@")[2]
