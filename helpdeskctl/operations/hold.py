"""Holding mail, and letting it flow again (BOX-8)."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import NotPermitted
from helpdeskctl.operations import events
from helpdeskctl.queries import hold as queries
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import DeskState


@transaction
def on(desk: Desk, actor: Actor, *, why: str = "") -> Change:
    """Fetch and send nothing from now on. NotPermitted for anybody but an admin."""
    _permit(actor)
    if _held():
        return Change("hold", "mail", None, "unchanged")
    DeskState.insert(key=queries.HOLD, value=why or f"{actor.label} held it").execute()
    events.record(desk, actor, "held", subject=("mail", desk.config.installation), data={"why": why})
    return Change("hold", "mail", None, "created")


@transaction
def off(desk: Desk, actor: Actor) -> Change:
    """Let mail flow: this installation is the one that fetches and sends for this database."""
    _permit(actor)
    if queries.reason(desk) is None:
        return Change("hold", "mail", None, "unchanged")
    DeskState.delete().where(DeskState.key == queries.HOLD).execute()
    DeskState.insert(key=queries.INSTALLATION, value=desk.config.installation).on_conflict(
        conflict_target=[DeskState.key], update={DeskState.value: desk.config.installation}
    ).execute()
    events.record(desk, actor, "released", subject=("mail", desk.config.installation))
    return Change("hold", "mail", None, "deleted")


def _held() -> bool:
    return bool(DeskState.select().where(DeskState.key == queries.HOLD).exists())


def _permit(actor: Actor) -> None:
    if actor.kind != "system" and not actor.admin:
        raise NotPermitted("only an admin holds mail and lets it go")
