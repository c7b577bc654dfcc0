"""What an admin puts into the company's own pages, made from what is set up here."""

from __future__ import annotations

from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.embedding import EmbedKind, snippet
from helpdeskctl.errors import InvalidInput, NotFound, Refused
from helpdeskctl.queries import settings
from helpdeskctl.store.tables import Department, Topic


def html(
    desk: Desk, kind: EmbedKind, *, department: str | None = None, topic: str | None = None, language: str | None = None
) -> str:
    """The piece of HTML. NotFound for an unknown department or topic, Refused for one that customers do not see and
    while the portal has no address, InvalidInput for a language that the portal does not offer."""
    known = settings.several(desk, "portal_url", "languages", "default_language")
    if known["portal_url"] is None:
        raise Refused("the portal has no address yet", hint="helpdeskctl portal url https://help.example.org")
    if language is not None and language not in known["languages"]:
        offered = ", ".join(known["languages"])
        raise InvalidInput(f'the portal has no language "{language}"', hint=f"offered: {offered}")
    about = _about(department, topic)
    return snippet(kind, known["portal_url"], about, language or known["default_language"])


def _about(department: str | None, topic: str | None) -> dict[str, str]:
    """What stands in the address: the topic says of which department it is."""
    place: Any = _found(Department, "department", department) if department else None
    if topic is None:
        return {"dept": _offered(place)} if place else {}
    found = _found(Topic, "topic", topic)
    if place is not None and place.id != found.department_id:
        raise InvalidInput(f"topic {found.key} is not of {place.key}", hint=f"helpdeskctl topic show {found.key}")
    _offered(Department.get_by_id(found.department_id))
    return {"topic": found.key}


def _found(table: Any, kind: str, key: str) -> Any:
    row = table.get_or_none(table.key == key.strip().casefold())
    if row is None:
        raise NotFound(f'no {kind} "{key}"', hint=f"helpdeskctl {kind} list", subject=f"{kind}/{key}")
    return row


def _offered(department: Any) -> str:
    if not department.public or department.archived_at is not None:
        raise Refused(
            f"{department.key} is not offered in the portal",
            hint=f"helpdeskctl department edit {department.key} --public",
            subject=f"department/{department.key}",
        )
    return str(department.key)
