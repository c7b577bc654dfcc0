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
