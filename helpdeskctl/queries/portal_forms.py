"""What a form of the portal offers and what is kept of it: departments and topics, drafts, the basket of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import durations
from helpdeskctl.queries import portal, portal_fields, settings
from helpdeskctl.queries.outgoing import named
from helpdeskctl.store import compiled
from helpdeskctl.store.tables import Department, PortalDraft, Ticket, Topic, Upload


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
    """What a request can be about: a topic, or a department as a whole. `key` is the form's value.

    `words` are the keys of its topic and department, as links to the form name them. `asks`: its topic has fields that
    customers fill in.
    """

    key: str
    name: str
    department_id: int
    topic_id: int | None = None
    department: str = ""
    words: tuple[str | None, str] = (None, "")
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a form went: the ticket, whether a receipt was mailed, and how soon its department promises an answer."""

    number: int
    mailed: bool
    promised: timedelta | None


def draft(desk: Desk, contact_id: int, route: str) -> Draft | None:
    """The newest text of this contact that waits to be sent to `route`."""
    return _draft(compiled.rows(_drafts, contact_id, route))


def guests_draft(desk: Desk, nonce: str, route: str) -> Draft | None:
    """What was typed into a guest's form, for whoever has its nonce."""
    key = portal.fingerprint(nonce)
    mine = PortalDraft.nonce_sha256 == key, PortalDraft.contact_id.is_null()
    return _draft(PortalDraft.select().where(*mine, PortalDraft.route == route))


def went_to(desk: Desk, nonce: str) -> int | None:
    """The ticket that the form with this nonce went to, within a day of its sending."""
    row = PortalDraft.get_or_none(PortalDraft.nonce_sha256 == key_of_outcome(nonce))
    return row.content.get("number") if row else None


def outcome(desk: Desk, nonce: str) -> Outcome | None:
    """What became of the form with this nonce, within a day of its sending."""
    row = PortalDraft.get_or_none(PortalDraft.nonce_sha256 == key_of_outcome(nonce))
    number = row.content.get("number") if row else None
    if row is None or number is None:
        return None
    within = (
        Ticket.select(Department.answer_within)
        .join(Department, on=(Department.id == Ticket.department_id))
        .where(Ticket.id == number)
        .scalar()
    )
    return Outcome(number, bool(row.content.get("mailed")), durations.parse(within) if within else None)


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
    here = [row.id for row in departments]
    topics = list(Topic.select().where(Topic.department_id.in_(here)).order_by(Topic.position, Topic.id))
    asking = portal_fields.asking(topic.id for topic in topics)
    found: list[Subject] = []
    for row in departments:
        name = named(row.names, language, usual) or row.name
        of_it = [
            Subject(
                f"t{topic.id}",
                named(topic.names, language, usual) or topic.key,
                row.id,
                topic.id,
                department=name,
                words=(topic.key, row.key),
                asks=topic.id in asking,
            )
            for topic in topics
            if topic.department_id == row.id
        ]
        found += of_it or [Subject(f"d{row.id}", name, row.id, department=name, words=(None, row.key))]
    return tuple(found)


def _drafts(contact_id: int, route: str) -> Any:
    mine = PortalDraft.contact_id == contact_id, PortalDraft.route == route
    return PortalDraft.select().where(*mine).order_by(PortalDraft.created_at.desc()).limit(20)


def _draft(rows: Iterable[Any]) -> Draft | None:
    # what became of a sent form stands in the same table, without fields
    row = next((row for row in rows if "fields" in row.content), None)
    return Draft(row.content["nonce"], row.content["fields"]) if row else None
