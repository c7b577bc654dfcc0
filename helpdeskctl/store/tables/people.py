"""Departments, teams, agents, signatures; companies and contacts. What each column means stands in schema.sql."""

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


class Agent(Row):
    id = AutoField()
    address = TextField()
    name = TextField()
    admin = flag_field(default=False)
    active = flag_field(default=True)
    language = TextField(default="en")
    timezone = TextField(default="UTC")
    last_signature_id = IntegerField(null=True)
    notifications = json_field(default=dict)
    seen_at = time_field(null=True)
    created_at = time_field()


class Team(Row):
    id = AutoField()
    key = TextField()
    name = TextField()


class TeamMember(Row):
    team_id = IntegerField()
    agent_id = IntegerField()

    class Meta:
        primary_key = CompositeKey("team_id", "agent_id")


class Department(Row):
    id = AutoField()
    key = TextField()
    name = TextField()
    names = json_field(default=dict)
    public = flag_field(default=False)
    agent_id = IntegerField(null=True)
    archived_at = time_field(null=True)
    assignee_id = IntegerField(null=True)
    team_id = IntegerField(null=True)
    priority = IntegerField(null=True)
    type_id = IntegerField(null=True)
    signature_id = IntegerField(null=True)
    language = TextField(null=True)
    after_send = TextField(default="answered")
    unknown_senders = TextField(default="accept")
    reopen = TextField(default="30d")
    answer_within = TextField(null=True)
    notify = TextField(default="full")
    receipt = flag_field(default=True)
    created_at = time_field()


class DepartmentRole(Row):
    id = AutoField()
    department_id = IntegerField()
    agent_id = IntegerField(null=True)
    team_id = IntegerField(null=True)
    role = TextField()


class Signature(Row):
    id = AutoField()
    key = TextField()
    department_id = IntegerField(null=True)
    language = TextField(null=True)
    format = TextField(default="text")
    body = TextField()


class SignatureGrant(Row):
    signature_id = IntegerField()
    agent_id = IntegerField()

    class Meta:
        primary_key = CompositeKey("signature_id", "agent_id")


class Company(Row):
    id = AutoField()
    key = TextField()
    name = TextField()
    notes = TextField(default="")
    created_at = time_field()


class CompanyDomain(Row):
    domain = TextField(primary_key=True)
    company_id = IntegerField()


class Contact(Row):
    id = AutoField()
    name = TextField()
    company_id = IntegerField(null=True)
    main_contact = flag_field(default=False)
    language = TextField(null=True)
    timezone = TextField(null=True)
    phone = TextField(default="")
    notes = TextField(default="")
    external_id = TextField(null=True)
    origin = TextField()
    portal_access = flag_field(default=False)
    portal_from = TextField(null=True)
    portal_until = TextField(null=True)
    portal_refused = flag_field(default=False)
    portal_asked_at = time_field(null=True)
    wants_mail = json_field(default=dict)
    deletion_asked_at = time_field(null=True)
    password_hash = TextField(null=True)
    password_changed_at = time_field(null=True)
    mail_tickets = flag_field(default=True)
    merged_into_id = IntegerField(null=True)
    created_at = time_field()


class ContactAddress(Row):
    address = TextField(primary_key=True)
    contact_id = IntegerField()
    main = flag_field(default=False)
    confirmed_at = time_field(null=True)
