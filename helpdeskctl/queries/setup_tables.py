"""Which table holds which kind, and where there each field is kept, if not in a column of its own name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from helpdeskctl.domain.kind import Field, Kind
from helpdeskctl.queries.setup_places import (
    Children,
    Column,
    FieldValues,
    JsonPart,
    JsonRest,
    Level,
    Memberships,
    OneText,
    Owner,
    Place,
    Reference,
    Texts,
)
from helpdeskctl.store import tables as t


@dataclass(frozen=True, slots=True)
class Table:
    """A kind's model, its columns for the natural key and for what is searched, and the places of its fields."""

    model: Any
    key: str = "key"
    words: tuple[str, ...] = ("key", "name")
    places: Mapping[str, Place] = field(default_factory=dict)
    shown: Mapping[str, Place] = field(default_factory=dict)  # beside the fields, not to be set


_WORD_PLACES: Mapping[str, Place] = {"name": OneText("names"), "names": Texts("names")}
_NAMELESS = ("key", "names")

TABLES: Mapping[str, Table] = {
    "department": Table(
        t.Department,
        places={
            "names": Texts("names"),
            "priority": Level("priority"),
            "assignee": Owner(),
            "after_send": Column("after_send"),
        },
        shown={
            "personal": Reference("agent_id", t.Agent, "address"),
            "archived_at": Column("archived_at"),
            "created_at": Column("created_at"),
        },
    ),
    "mailbox": Table(
        t.Mailbox,
        key="address",
        words=("address", "from_name"),
        places={
            "imap": Column("imap_url"),
            "smtp": Column("smtp_url"),
            "aliases": Children(t.MailboxAddress, "mailbox_id", "address", beside="address"),
        },
        shown={
            "enabled": Column("enabled"),
            "failing_since": Column("failing_since"),
            "last_error": Column("last_error"),
            "fetched_at": Column("fetched_at"),
            "created_at": Column("created_at"),
        },
    ),
    "agent": Table(
        t.Agent,
        key="address",
        words=("address", "name"),
        places={"departments": Memberships()},
        shown={"active": Column("active"), "seen_at": Column("seen_at"), "created_at": Column("created_at")},
    ),
    "team": Table(
        t.Team, places={"members": Children(t.TeamMember, "team_id", "agent_id", model=t.Agent, key="address")}
    ),
    "contact": Table(
        t.Contact,
        key="",  # the main one of its addresses
        words=("name", "phone"),
        places={"fields": FieldValues("contact_id")},
        shown={
            "addresses": Children(t.ContactAddress, "contact_id", "address"),
            "origin": Column("origin"),
            "portal_refused": Column("portal_refused"),
            "portal_asked_at": Column("portal_asked_at"),
            "wants_mail": Column("wants_mail"),
            "deletion_asked_at": Column("deletion_asked_at"),
            "created_at": Column("created_at"),
        },
    ),
    "company": Table(
        t.Company,
        places={"domains": Children(t.CompanyDomain, "company_id", "domain"), "fields": FieldValues("company_id")},
        shown={"created_at": Column("created_at")},
    ),
    "signature": Table(
        t.Signature,
        words=("key", "body"),
        places={"agents": Children(t.SignatureGrant, "signature_id", "agent_id", model=t.Agent, key="address")},
    ),
    "canned_category": Table(t.CannedCategory),
    "canned": Table(
        t.CannedReply,
        words=("key", "title", "body"),
        places={"sets": JsonRest("sets", "tags"), "tags": JsonPart("sets", "tags")},
        shown={
            "attachments": Children(t.CannedAttachment, "canned_reply_id", "filename"),
            "used": Column("used"),
        },
    ),
    "page": Table(t.Page, words=_NAMELESS, places=_WORD_PLACES),
    "article_category": Table(t.ArticleCategory, words=_NAMELESS, places=_WORD_PLACES),
    "status": Table(
        t.Status,
        words=_NAMELESS,
        places={
            **_WORD_PLACES,
            "customer_name": OneText("customer_names"),
            "customer_names": Texts("customer_names"),
        },
    ),
    "type": Table(t.TicketType, words=_NAMELESS, places=_WORD_PLACES),
    "topic": Table(
        t.Topic,
        words=_NAMELESS,
        places={
            **_WORD_PLACES,
            "priority": Level("priority"),
            "assignee": Owner(),
            "fields": Children(t.TopicField, "topic_id", "field_id", model=t.Field, ordered=True),
        },
    ),
    "field": Table(t.Field, words=_NAMELESS, places={**_WORD_PLACES, "on": Column("on_kind")}),
    "tag": Table(t.Tag, words=("key",)),
    "rule": Table(
        t.Rule,
        words=("key", "query", "actions"),
        places={"on": Column("trigger_on"), "when": Column("query"), "do": Column("actions")},
        shown={"created_at": Column("created_at")},
    ),
}


def place(kind: Kind, field: Field) -> Place:
    """Where a field is kept."""
    table = TABLES[kind.name]
    if field.name in table.places:
        return table.places[field.name]
    if field.references is not None:
        to = TABLES[field.references]
        return Reference(f"{field.name}_id", to.model, to.key)
    return Column(field.name)


def places(kind: Kind) -> dict[str, Place]:
    """Where everything is kept that is shown of a kind."""
    return {field.name: place(kind, field) for field in kind.fields} | dict(TABLES[kind.name].shown)
