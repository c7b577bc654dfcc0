"""Sessions, tokens and what customers typed. What each column means stands in schema.sql."""

from __future__ import annotations

from helpdeskctl.store.orm import (
    AutoField,
    CompositeKey,
    IntegerField,
    TextField,
    flag_field,
    json_field,
    time_field,
)
from helpdeskctl.store.tables.base import Row


class PortalSession(Row):
    id_sha256 = TextField(primary_key=True)
    contact_id = IntegerField()
    acting_for_id = IntegerField(null=True)
    remember = flag_field(default=False)
    agent_string = TextField(default="")
    peer = TextField(default="")
    created_at = time_field()
    seen_at = time_field()


class PortalToken(Row):
    id = AutoField()
    secret_sha256 = TextField()
    purpose = TextField()
    contact_id = IntegerField(null=True)
    address = TextField(null=True)
    ticket_id = IntegerField(null=True)
    code_sha256 = TextField(null=True)
    nonce_sha256 = TextField(null=True)
    tries = IntegerField(default=0)
    expires_at = time_field()
    used_at = time_field(null=True)
    created_at = time_field()


class PortalDraft(Row):
    nonce_sha256 = TextField(primary_key=True)
    contact_id = IntegerField(null=True)
    peer = TextField(default="")
    route = TextField()
    content = json_field()
    size = IntegerField(default=0)
    created_at = time_field()


class Upload(Row):
    id = AutoField()
    nonce_sha256 = TextField()
    filename = TextField()
    content_type = TextField()
    size = IntegerField()
    sha256 = TextField()
    created_at = time_field()


class RateLimit(Row):
    key = TextField()
    window_start = time_field()
    hits = IntegerField()

    class Meta:
        primary_key = CompositeKey("key", "window_start")


class Mute(Row):
    contact_id = IntegerField()
    ticket_id = IntegerField()

    class Meta:
        primary_key = CompositeKey("contact_id", "ticket_id")


class Delegate(Row):
    contact_id = IntegerField()
    delegate_id = IntegerField()
    created_at = time_field()
    address = TextField(default="")

    class Meta:
        primary_key = CompositeKey("contact_id", "delegate_id")


class ContactIdentity(Row):
    issuer = TextField()
    subject = TextField()
    contact_id = IntegerField()
    created_at = time_field()

    class Meta:
        primary_key = CompositeKey("issuer", "subject")


class Rating(Row):
    ticket_id = IntegerField(primary_key=True)
    contact_id = IntegerField(null=True)
    good = flag_field()
    words = TextField(default="")
    at = time_field()


class Page(Row):
    id = AutoField()
    key = TextField()
    kind = TextField()
    names = json_field()
    bodies = json_field(default=dict)
    url = TextField(null=True)
    audience = TextField(default="everyone")
    listed = flag_field(default=True)
    position = IntegerField(default=0)


class PortalOrigin(Row):
    origin = TextField(primary_key=True)
    created_at = time_field()


class BrandImage(Row):
    name = TextField(primary_key=True)
    content_type = TextField()
    width = IntegerField(null=True)
    height = IntegerField(null=True)
    sha256 = TextField()


class PortalText(Row):
    key = TextField()
    language = TextField()
    body = TextField()

    class Meta:
        primary_key = CompositeKey("key", "language")
