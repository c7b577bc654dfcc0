"""What a form of the portal offers and what is kept of it: departments and topics, drafts, the basket of files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.queries import portal, settings
from helpdeskctl.queries.outgoing import named
from helpdeskctl.store.tables import Department, PortalDraft, Topic, Upload


@dataclass(frozen=True, slots=True)
class Draft:
    """A form that could not be sent at the time."""

    nonce: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class InBasket:
    """A file in a form's basket; `size` in octets."""

    id: int
    filename: str
    size: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request can be about: a topic, or a department as a whole. `key` is the form's value."""

    key: str
    name: str
    department_id: int
    topic_id: int | None = None


def draft(desk: Desk, contact_id: int, route: str) -> Draft | None:
    """The newest text of this contact that waits to be sent to `route`."""
    return _draft(PortalDraft.contact_id == contact_id, PortalDraft.route == route)


def guests_draft(desk: Desk, nonce: str, route: str) -> Draft | None:
    """What was typed into a guest's form, for whoever has its nonce."""
    key = portal.fingerprint(nonce)
    return _draft(PortalDraft.nonce_sha256 == key, PortalDraft.contact_id.is_null(), PortalDraft.route == route)


def went_to(desk: Desk, nonce: str) -> int | None:
    """The ticket that the form with this nonce went to, within a day of its sending."""
    row = PortalDraft.get_or_none(PortalDraft.nonce_sha256 == key_of_outcome(nonce))
    return row.content.get("number") if row else None


def key_of_outcome(nonce: str) -> str:
    """Where the outcome of a form stands beside its draft."""
    return portal.fingerprint(f"sent|{nonce}")


def basket(desk: Desk, nonce: str) -> tuple[InBasket, ...]:
    """The files in a form's basket, in the order they came."""
    rows = Upload.select().where(Upload.nonce_sha256 == portal.fingerprint(nonce)).order_by(Upload.id)
    return tuple(InBasket(row.id, row.filename, row.size) for row in rows)


def subjects(desk: Desk, language: str, *, guest: bool) -> tuple[Subject, ...]:
    """What a customer may write about (DEP-1): the topics of public departments, and those without topics whole.

    For a guest only departments that take mail of strangers, too (DEP-8).
    """
    wanted: Any = (Department.public == 1) & Department.archived_at.is_null()
    if guest:
        wanted &= Department.unknown_senders == "accept"
    usual = settings.get(desk, "default_language")
    departments = list(Department.select().where(wanted).order_by(Department.name))
    of_department: dict[int, list[Subject]] = {row.id: [] for row in departments}
    for topic in Topic.select().where(Topic.department_id.in_(list(of_department))).order_by(Topic.position, Topic.id):
        name = named(topic.names, language, usual) or topic.key
        of_department[topic.department_id].append(Subject(f"t{topic.id}", name, topic.department_id, topic.id))
    found: list[Subject] = []
    for row in departments:
        whole = Subject(f"d{row.id}", named(row.names, language, usual) or row.name, row.id)
        found += of_department[row.id] or [whole]
    return tuple(found)


def _draft(*conditions: Any) -> Draft | None:
    rows = PortalDraft.select().where(*conditions).order_by(PortalDraft.created_at.desc()).limit(20)
    # what became of a sent form stands in the same table, without fields
    row = next((row for row in rows if "fields" in row.content), None)
    return Draft(row.content["nonce"], row.content["fields"]) if row else None
