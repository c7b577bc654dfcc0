"""The rules of the desk's own pages, and its own words in the portal (POR-8): whatever changes is shown at once."""

from __future__ import annotations

from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import pages
from helpdeskctl.domain.articles import LONGEST_BODY
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kind import Kind
from helpdeskctl.domain.kind_types import BODY, REFERENCE
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.domain.setting_types import LANGUAGE
from helpdeskctl.errors import InvalidInput, NotFound, Problem
from helpdeskctl.operations import events, look
from helpdeskctl.operations.setup_rules import Rules, Wanted
from helpdeskctl.queries import settings
from helpdeskctl.queries.setup import SetUpObject
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import PortalText

TEXT = Kind(name="portal text", key=REFERENCE)


class PageRules(Rules):
    """A link leads somewhere, every other page has a text."""

    def check(self, desk: Desk, state: Wanted) -> list[Problem]:
        """What does not fit together."""
        bodies = state.value("bodies") or {}
        return pages.faults(state.key, state.value("kind"), state.value("url"), bodies)

    def saved(self, desk: Desk, number: int, state: Wanted) -> None:
        """Every page of the portal shows the navigation."""
        look.changed(desk)

    def renamed(self, desk: Desk, current: SetUpObject, new: str) -> None:
        """The navigation leads to the new address."""
        look.changed(desk)

    def deleting(self, desk: Desk, current: SetUpObject) -> None:
        """The navigation leaves it out."""
        look.changed(desk)


@transaction
def put_text(desk: Desk, actor: Actor, key: str, language: str | None, body: str) -> Change:
    """Say something of one's own in the portal, in Markdown; without a language in the desk's default.

    InvalidInput for a place that there is not, an unknown language or an empty or too long text.
    """
    _permit(desk, actor)
    key, language, body = pages.text_key(key), _language(desk, language), BODY.read(body)
    if len(body) > LONGEST_BODY:
        raise InvalidInput(f"the text has {len(body)} characters; it may have {LONGEST_BODY}")
    before = PortalText.get_or_none(PortalText.key == key, PortalText.language == language)
    if before is not None and before.body == body:
        return Change("portal text", f"{key} {language}", None, "unchanged")
    PortalText.insert(key=key, language=language, body=body).on_conflict(
        conflict_target=[PortalText.key, PortalText.language], update={PortalText.body: body}
    ).execute()
    change = Change("portal text", f"{key} {language}", None, "created" if before is None else "updated", ("body",))
    _told(desk, actor, change, {"from": before and before.body, "to": body})
    return change


@transaction
def delete_text(desk: Desk, actor: Actor, key: str, language: str | None = None) -> list[Change]:
    """Take away one's own words in a language, or in all. NotFound where there are none."""
    _permit(desk, actor)
    key = pages.text_key(key)
    rows = PortalText.select().where(PortalText.key == key)
    rows = rows if language is None else rows.where(PortalText.language == LANGUAGE.read(language))
    found = [(row.language, row.body) for row in rows.order_by(PortalText.language)]
    if not found:
        where = f" in {language}" if language else ""
        raise NotFound(f"the text {key} is not set{where}", hint="helpdeskctl portal text list", subject=f"text/{key}")
    changes = [Change("portal text", f"{key} {there}", None, "deleted") for there, _ in found]
    for change, (there, body) in zip(changes, found, strict=True):
        PortalText.delete().where(PortalText.key == key, PortalText.language == there).execute()
        _told(desk, actor, change, {"from": body})
    return changes


def _permit(desk: Desk, actor: Actor) -> None:
    from helpdeskctl.operations import setup

    setup.permit(desk, actor, TEXT)


def _language(desk: Desk, language: str | None) -> str:
    return str(settings.get(desk, "default_language")) if language is None else str(LANGUAGE.read(language))


def _told(desk: Desk, actor: Actor, change: Change, data: dict[str, Any]) -> None:
    events.record(desk, actor, change.action, subject=("portal_text", change.key), data=data)
    look.changed(desk)
