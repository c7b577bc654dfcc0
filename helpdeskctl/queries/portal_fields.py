"""The desk's own fields of a request as customers meet them: asked for in the form, or shown beside the request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.queries import settings
from helpdeskctl.queries.outgoing import named
from helpdeskctl.store import compiled
from helpdeskctl.store.tables import Field, FieldValue, TopicField


@dataclass(frozen=True, slots=True)
class Asked:
    """A field that customers fill in. `type` is text, number, date, choice (one of `choices`) or bool."""

    id: int
    key: str
    type: str
    name: str
    choices: tuple[str, ...] = ()

    @property
    def words(self) -> Mapping[str, str]:
        """What a choice offers, by what is kept: nothing first."""
        return {"": "-", **{each: each for each in self.choices}}


@dataclass(frozen=True, slots=True)
class Told:
    """A field with its value, as it is kept (`domain` form: dates as 2026-05-03, bool as yes or no)."""

    type: str
    name: str
    value: str


def asked(desk: Desk, topic_id: int | None, language: str = "en") -> tuple[Asked, ...]:
    """What the form of a topic asks customers for, in its order."""
    if topic_id is None:
        return ()
    rows = (
        Field.select()
        .join(TopicField, on=(TopicField.field_id == Field.id))
        .where(TopicField.topic_id == topic_id, *_EDITED)
        .order_by(TopicField.position, Field.position, Field.id)
    )
    usual = settings.get(desk, "default_language")
    return tuple(
        Asked(row.id, row.key, row.type, named(row.names, language, usual) or row.key, tuple(row.choices))
        for row in rows
    )


def asked_of(desk: Desk, contact_id: int, language: str) -> tuple[tuple[Asked, str], ...]:
    """The fields of contacts that customers fill in themselves, with what this one has there, "" without."""
    rows = list(Field.select().where(Field.on_kind == "contact", Field.portal == "edit").order_by(*_PLACE))
    values = FieldValue.select(FieldValue.field_id, FieldValue.value).where(FieldValue.contact_id == contact_id)
    kept = {row.field_id: row.value for row in values} if rows else {}
    usual = settings.get(desk, "default_language") if rows else ""
    return tuple(
        (
            Asked(row.id, row.key, row.type, named(row.names, language, usual) or row.key, tuple(row.choices)),
            kept.get(row.id, ""),
        )
        for row in rows
    )


def told_of(desk: Desk, contact_id: int, language: str) -> tuple[Told, ...]:
    """The fields of a contact that they may read and not change, those with a value."""
    return _told(desk, language, list(_values(FieldValue.contact_id == contact_id, Field.portal == "show")))


def asking(topics: Iterable[int]) -> frozenset[int]:
    """Those of these topics whose form asks customers for something."""
    rows: Any = (
        TopicField.select(TopicField.topic_id)
        .join(Field, on=(Field.id == TopicField.field_id))
        .where(TopicField.topic_id.in_(list(topics)), *_EDITED)
        .tuples()
    )
    return frozenset(topic for (topic,) in rows)


def told(desk: Desk, number: int, language: str) -> tuple[Told, ...]:
    """The fields of a ticket that customers may read, those with a value."""
    return _told(desk, language, compiled.rows(_shown, number))


def _shown(number: int) -> Any:
    return _values(FieldValue.ticket_id == number, Field.portal.in_(["show", "edit"]))


def _values(*wanted: Any) -> Any:
    return (
        FieldValue.select(FieldValue.value, Field.type, Field.key, Field.names)
        .join(Field, on=(Field.id == FieldValue.field_id))
        .where(*wanted)
        .order_by(*_PLACE)
        .objects()
    )


def _told(desk: Desk, language: str, rows: Sequence[Any]) -> tuple[Told, ...]:
    usual = settings.get(desk, "default_language") if rows else ""
    return tuple(Told(row.type, named(row.names, language, usual) or row.key, row.value) for row in rows)


_PLACE = (Field.position, Field.id)
_EDITED = (Field.on_kind == "ticket", Field.portal == "edit")
