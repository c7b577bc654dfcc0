"""Jobs, settings and the desk's knowledge of itself. What each column means stands in schema.sql."""

from __future__ import annotations

from helpdeskctl.store.orm import AutoField, IntegerField, TextField, flag_field, json_field, time_field
from helpdeskctl.store.tables.base import Row


class Job(Row):
    name = TextField(primary_key=True)
    paused = flag_field(default=False)
    alerted_at = time_field(null=True)
    failing_since = time_field(null=True)


class JobRun(Row):
    id = AutoField()
    job = TextField()
    started_at = time_field()
    ended_at = time_field(null=True)
    ok = flag_field(null=True)
    host = TextField(default="")
    summary = json_field(default=dict)


class Setting(Row):
    key = TextField(primary_key=True)
    value = json_field()


class DeskState(Row):
    key = TextField(primary_key=True)
    value = TextField()


class SchemaVersion(Row):
    version = IntegerField(primary_key=True)
    applied_at = time_field()
