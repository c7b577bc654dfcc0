"""The words a desk uses for its tickets: statuses, types, topics, fields, tags, canned replies, templates, views.

What each column means stands in schema.sql.
"""

from __future__ import annotations

from helpdeskctl.store.orm import AutoField, CompositeKey, IntegerField, TextField, flag_field, json_field
from helpdeskctl.store.tables.base import Row


class Status(Row):
    id = AutoField()
    key = TextField()
    kind = TextField()
    names = json_field()
    customer_names = json_field(default=dict)
    hidden = flag_field(default=False)
    clock = TextField()
    position = IntegerField(default=0)


class TicketType(Row):
    id = AutoField()
    key = TextField()
    names = json_field()
    position = IntegerField(default=0)


class Topic(Row):
    id = AutoField()
    key = TextField()
    names = json_field()
    department_id = IntegerField()
    assignee_id = IntegerField(null=True)
    team_id = IntegerField(null=True)
    priority = IntegerField(null=True)
    position = IntegerField(default=0)


class Field(Row):
    id = AutoField()
    key = TextField()
    on_kind = TextField()
    type = TextField()
    names = json_field()
    choices = json_field(default=list)
    portal = TextField(default="hide")
    position = IntegerField(default=0)


class TopicField(Row):
    topic_id = IntegerField()
    field_id = IntegerField()
    position = IntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("topic_id", "field_id")


class Tag(Row):
    id = AutoField()
    key = TextField()


class CannedCategory(Row):
    id = AutoField()
    key = TextField()
    name = TextField()


class CannedReply(Row):
    id = AutoField()
    key = TextField()
    title = TextField()
    shortcut = TextField(null=True)
    category_id = IntegerField(null=True)
    department_id = IntegerField(null=True)
    language = TextField(null=True)
    body = TextField()
    sets = json_field(default=dict)
    used = IntegerField(default=0)


class CannedAttachment(Row):
    id = AutoField()
    canned_reply_id = IntegerField()
    filename = TextField()
    content_type = TextField()
    size = IntegerField()
    sha256 = TextField()


class Template(Row):
    id = AutoField()
    event = TextField()
    language = TextField()
    department_id = IntegerField(null=True)
    subject = TextField()
    body = TextField()
    html = TextField(null=True)


class SavedView(Row):
    id = AutoField()
    key = TextField()
    agent_id = IntegerField(null=True)
    name = TextField()
    query = TextField()
    sort = TextField(default="waiting")
    columns = json_field(default=list)
    shared = flag_field(default=False)
    position = IntegerField(default=0)
