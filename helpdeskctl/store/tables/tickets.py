"""Tickets, who takes part in them, what was said, what was done. What each column means stands in schema.sql."""

from __future__ import annotations

from helpdeskctl.store.orm import (
    AutoField,
    CompositeKey,
    IntegerField,
    TextField,
    bytes_field,
    flag_field,
    json_field,
    time_field,
)
from helpdeskctl.store.tables.base import Row


class Ticket(Row):
    id = AutoField()
    subject = TextField()
    department_id = IntegerField()
    status_id = IntegerField()
    priority = IntegerField(default=3)
    assignee_id = IntegerField(null=True)
    team_id = IntegerField(null=True)
    contact_id = IntegerField()
    requester_address = TextField()
    company_id = IntegerField(null=True)
    type_id = IntegerField(null=True)
    topic_id = IntegerField(null=True)
    mailbox_id = IntegerField(null=True)
    language = TextField(null=True)
    origin = TextField()
    proven = flag_field(default=True)
    portal = flag_field(default=True)
    customer_may_close = flag_field(default=True)
    billed = flag_field(default=False)
    spam = flag_field(default=False)
    show_as_id = IntegerField(null=True)
    snoozed_until = time_field(null=True)
    due_at = time_field(null=True)
    merged_into_id = IntegerField(null=True)
    last_customer_message_id = IntegerField(null=True)
    waiting_since = time_field(null=True)
    message_at = time_field(null=True)
    closed_at = time_field(null=True)
    created_at = time_field()
    updated_at = time_field()


class Participant(Row):
    id = AutoField()
    ticket_id = IntegerField()
    contact_id = IntegerField(null=True)
    agent_id = IntegerField(null=True)
    state = TextField(default="active")
    may_view = flag_field(default=False)
    muted = flag_field(default=False)


class Message(Row):
    id = AutoField()
    ticket_id = IntegerField()
    origin_ticket_id = IntegerField(null=True)
    kind = TextField()
    direction = TextField()
    contact_id = IntegerField(null=True)
    agent_id = IntegerField(null=True)
    author_name = TextField(default="")
    author_address = TextField(default="")
    subject = TextField(default="")
    body = TextField()
    html = TextField(null=True)
    folds = json_field(default=list)
    mail_id = TextField(null=True)
    recipients = json_field(default=dict)
    automatic = flag_field(default=False)
    sender_proven = flag_field(null=True)
    incoming_id = IntegerField(null=True)
    sent_at = time_field(null=True)
    created_at = time_field()


class Attachment(Row):
    id = AutoField()
    message_id = IntegerField()
    filename = TextField()
    content_type = TextField()
    size = IntegerField()
    sha256 = TextField()
    inline = flag_field(default=False)
    content_id = TextField(null=True)
    withheld = TextField(null=True)
    deleted_at = time_field(null=True)


class Blob(Row):
    sha256 = TextField(primary_key=True)
    size = IntegerField()
    data = bytes_field(null=True)
    created_at = time_field()


class Event(Row):
    id = AutoField()
    at = time_field()
    ticket_id = IntegerField(null=True)
    verb = TextField()
    actor_kind = TextField()
    actor_id = IntegerField(null=True)
    actor_label = TextField(default="")
    object_kind = TextField(null=True)
    object_key = TextField(null=True)
    data = json_field(default=dict)
    reason = TextField(null=True)


class ReadMark(Row):
    ticket_id = IntegerField()
    agent_id = IntegerField()
    message_id = IntegerField()

    class Meta:
        primary_key = CompositeKey("ticket_id", "agent_id")


class Draft(Row):
    id = AutoField()
    agent_id = IntegerField()
    ticket_id = IntegerField()
    kind = TextField()
    content = json_field()
    seen_message_id = IntegerField(null=True)
    saved_at = time_field()


class Presence(Row):
    ticket_id = IntegerField()
    agent_id = IntegerField()
    mode = TextField()
    since = time_field()
    seen_at = time_field()

    class Meta:
        primary_key = CompositeKey("ticket_id", "agent_id")


class Link(Row):
    id = AutoField()
    ticket_id = IntegerField()
    other_id = IntegerField()
    kind = TextField()
    message_id = IntegerField(null=True)


class TicketTag(Row):
    ticket_id = IntegerField()
    tag_id = IntegerField()

    class Meta:
        primary_key = CompositeKey("ticket_id", "tag_id")


class FieldValue(Row):
    id = AutoField()
    field_id = IntegerField()
    ticket_id = IntegerField(null=True)
    contact_id = IntegerField(null=True)
    company_id = IntegerField(null=True)
    value = TextField()


class TimeEntry(Row):
    id = AutoField()
    ticket_id = IntegerField()
    agent_id = IntegerField()
    seconds = IntegerField()
    text = TextField(default="")
    at = time_field()
