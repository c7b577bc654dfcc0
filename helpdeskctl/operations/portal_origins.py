"""Which sites may show the portal's form in a frame (POR-8)."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kind import Kind
from helpdeskctl.domain.kind_types import REFERENCE
from helpdeskctl.domain.origins import origin
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import InvalidInput, NotFound, Refused
from helpdeskctl.operations import events, setup
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import PortalOrigin

MOST = 50  # all of them stand in one header, and proxies take 4 kB of it
KIND = Kind(name="portal_origin", key=REFERENCE)


@transaction
def add(desk: Desk, actor: Actor, site: str) -> Change:
    """Let a site show the form. InvalidInput for what is no origin, Refused past fifty, NotPermitted but for admins."""
    setup.permit(desk, actor, KIND)
    name = origin(site)
    if PortalOrigin.get_or_none(PortalOrigin.origin == name):
        return Change(KIND.name, name, None, "unchanged")
    if PortalOrigin.select().count() >= MOST:
        raise Refused(
            f"{name}: {MOST} sites are listed, and no more of them fit into a header",
            hint="helpdeskctl portal origin remove ORIGIN",
            subject=f"portal_origin/{name}",
        )
    PortalOrigin.insert(origin=name, created_at=desk.now()).execute()
    events.record(desk, actor, "created", subject=(KIND.name, name))
    return Change(KIND.name, name, None, "created")


@transaction
def remove(desk: Desk, actor: Actor, site: str) -> Change:
    """Let a site show the form no longer, what is open there included. NotFound when it is not listed."""
    setup.permit(desk, actor, KIND)
    name = _named(site)
    if not PortalOrigin.delete().where(PortalOrigin.origin == name).execute():
        raise NotFound(
            f"{name} is not on the list", hint="helpdeskctl portal origin list", subject=f"portal_origin/{name}"
        )
    events.record(desk, actor, "deleted", subject=(KIND.name, name))
    return Change(KIND.name, name, None, "deleted")


def _named(site: str) -> str:
    try:
        return origin(site)
    except InvalidInput:
        return site.strip()
