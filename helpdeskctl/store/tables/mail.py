"""Mailboxes, mail in (cursor, ledger, quarantine) and mail out (the outbox).

What each column means stands in schema.sql.
"""

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


class Secret(Row):
    id = AutoField()
    purpose = TextField()
    reference = TextField(null=True)
    sealed = bytes_field(null=True)
    changed_at = time_field()


class Mailbox(Row):
    id = AutoField()
    address = TextField()
    department_id = IntegerField()
    from_name = TextField(null=True)
    enabled = flag_field(default=True)
    imap_url = TextField(null=True)
    smtp_url = TextField(null=True)
    ca_file = TextField(null=True)
    secret_id = IntegerField(null=True)
    folder = TextField(default="INBOX")
    start = TextField(default="now")
    archive = flag_field(default=False)
    after = TextField(default="keep")
    max_size = IntegerField(default=26214400)
    too_large = TextField(default="leave")
    catch_all = flag_field(default=False)
    trust_headers_from = TextField(null=True)
    trusted = flag_field(default=False)
    plus_tokens = flag_field(default=False)
    body_marker = flag_field(default=False)
    failing_since = time_field(null=True)
    last_error = TextField(null=True)
    alerted_at = time_field(null=True)
    fetched_at = time_field(null=True)
    not_before = time_field(null=True)
    created_at = time_field()


class MailboxLogin(Row):
    mailbox_id = IntegerField(primary_key=True)
    provider = TextField()
    way = TextField()
    token_url = TextField()
    client_id = TextField()
    client_secret_id = IntegerField(null=True)
    client_secret_until = time_field(null=True)
    scope = TextField()
    tokens_id = IntegerField(null=True)
    access_until = time_field(null=True)
    refreshed_at = time_field(null=True)
    failing_since = time_field(null=True)
    last_error = TextField(null=True)
    created_at = time_field()


class MailboxAddress(Row):
    address = TextField(primary_key=True)
    mailbox_id = IntegerField()


class MailboxFolder(Row):
    id = AutoField()
    mailbox_id = IntegerField()
    folder = TextField()
    uidvalidity = IntegerField()
    last_uid = IntegerField()
    skipped = IntegerField(default=0)
    created_at = time_field()


class IncomingMail(Row):
    id = AutoField()
    mailbox_id = IntegerField(null=True)
    folder = TextField(null=True)
    uidvalidity = IntegerField(null=True)
    uid = IntegerField(null=True)
    identity = TextField(null=True)
    first = flag_field(default=True)
    state = TextField()
    decision = TextField(null=True)
    rule = TextField(null=True)
    reason = TextField(null=True)
    attempts = IntegerField(default=0)
    acknowledged = flag_field(default=False)
    archive = flag_field(default=False)
    size = IntegerField()
    raw_sha256 = TextField(null=True)
    mail_id = TextField(null=True)
    sender = TextField(null=True)
    subject = TextField(null=True)
    ticket_id = IntegerField(null=True)
    message_id = IntegerField(null=True)
    received_at = time_field(null=True)
    created_at = time_field()


class MessageReference(Row):
    id_sha256 = TextField()
    message_id = IntegerField()
    ours = flag_field(default=False)

    class Meta:
        primary_key = CompositeKey("id_sha256", "message_id")


class Quarantine(Row):
    id = AutoField()
    incoming_id = IntegerField()
    department_id = IntegerField(null=True)
    reason = TextField()
    detail = TextField(default="")
    state = TextField(default="held")
    at = time_field()


class Block(Row):
    id = AutoField()
    kind = TextField()
    value = TextField()
    allow = flag_field(default=False)
    at = time_field()


class Rule(Row):
    id = AutoField()
    key = TextField()
    trigger_on = TextField()
    query = TextField(default="")
    actions = json_field()
    stop = flag_field(default=False)
    enabled = flag_field(default=True)
    position = IntegerField(default=0)
    created_at = time_field()


class RuleRun(Row):
    id = AutoField()
    rule_id = IntegerField()
    incoming_id = IntegerField(null=True)
    ticket_id = IntegerField(null=True)
    actions = json_field()
    at = time_field()


class TicketAlias(Row):
    tag = TextField()
    ticket_id = IntegerField()
    source = TextField(default="")

    class Meta:
        primary_key = CompositeKey("tag", "ticket_id")


class OutgoingMail(Row):
    id = AutoField()
    mailbox_id = IntegerField(null=True)
    ticket_id = IntegerField(null=True)
    message_id = IntegerField(null=True)
    event = TextField()
    automatic = flag_field(default=False)
    mail_id = TextField()
    sender_null = flag_field(default=False)
    content = json_field()
    state = TextField()
    not_before = time_field()
    attempts = IntegerField(default=0)
    unsure = IntegerField(default=0)
    lease_until = time_field(null=True)
    lease_by = TextField(null=True)
    created_at = time_field()
    sent_at = time_field(null=True)


class OutgoingRecipient(Row):
    id = AutoField()
    outgoing_id = IntegerField()
    address = TextField()
    field = TextField(default="to")
    state = TextField()
    detail = TextField(default="")
    at = time_field(null=True)


class AutomaticMail(Row):
    id = AutoField()
    address = TextField()
    mailbox_id = IntegerField(null=True)
    kind = TextField()
    at = time_field()


class Suppression(Row):
    address = TextField(primary_key=True)
    until = time_field()
    reason = TextField(default="")
