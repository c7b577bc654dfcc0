"""The desk's own words in places of the portal (POR-8): whatever changes is shown at once."""

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
from helpdeskctl.errors import InvalidInput, NotFound
from helpdeskctl.operations import events, look, setup
from helpdeskctl.queries import settings
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import PortalText

KIND = Kind(name="portal text", key=REFERENCE)


@transaction
def put(desk: Desk, actor: Actor, key: str, language: str | None, body: str) -> Change:
    """Say something of one's own in the portal, in Markdown; without a language in the desk's default.

    InvalidInput for a place that there is not, an unknown language or an empty or too long text.
    """
    setup.permit(desk, actor, KIND)
    key, language, body = pages.text_key(key), _language(desk, language), BODY.read(body)
    if len(body) > LONGEST_BODY:
        raise InvalidInput(f"the text has {len(body)} characters; it may have {LONGEST_BODY}")
    before = PortalText.get_or_none(PortalText.key == key, PortalText.language == language)
    if before is not None and before.body == body:
        return Change(KIND.name, f"{key} {language}", None, "unchanged")
    PortalText.insert(key=key, language=language, body=body).on_conflict(
        conflict_target=[PortalText.key, PortalText.language], update={PortalText.body: body}
    ).execute()
    change = Change(KIND.name, f"{key} {language}", None, "created" if before is None else "updated", ("body",))
    _told(desk, actor, change, {"from": before and before.body, "to": body})
    return change


@transaction
def delete(desk: Desk, actor: Actor, key: str, language: str | None = None) -> list[Change]:
    """Take away one's own words in a language, or in all. NotFound where there are none."""
    setup.permit(desk, actor, KIND)
    key = pages.text_key(key)
    rows = PortalText.select().where(PortalText.key == key)
    rows = rows if language is None else rows.where(PortalText.language == LANGUAGE.read(language))
    found = [(row.language, row.body) for row in rows.order_by(PortalText.language)]
    if not found:
        where = f" in {language}" if language else ""
        raise NotFound(f"the text {key} is not set{where}", hint="helpdeskctl portal text list", subject=f"text/{key}")
    changes = [Change(KIND.name, f"{key} {there}", None, "deleted") for there, _ in found]
    for change, (there, body) in zip(changes, found, strict=True):
        PortalText.delete().where(PortalText.key == key, PortalText.language == there).execute()
        _told(desk, actor, change, {"from": body})
    return changes


def _language(desk: Desk, language: str | None) -> str:
    return str(settings.get(desk, "default_language")) if language is None else str(LANGUAGE.read(language))


def _told(desk: Desk, actor: Actor, change: Change, data: dict[str, Any]) -> None:
    events.record(desk, actor, change.action, subject=("portal_text", change.key), data=data)
    look.changed(desk)
