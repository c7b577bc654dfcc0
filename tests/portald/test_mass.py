"""Fields that no form has change nothing: every form of the portal, sent as it is and with more (security 26).

The second one is sent in a twin of the first one's world; what either leaves in the database is the same but for names.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from typing import Any

from helpdeskctl.store.tables import Contact, RateLimit
from tests.portald.browser import Answer
from tests.portald.conftest import Portal
from tests.portald.matrix import TABLE
from tests.portald.world import MISSING, World, filled_in, models, world

EXTRA = dict.fromkeys(
    (
        "status", "status_id", "owner", "assignee_id", "team_id", "department_id", "priority", "proven", "billed",
        "spam", "portal",
         "customer_may_close", "show_as_id", "due_at", "snoozed_until", "closed_at", "merged_into_id", "origin",
        "company_id", "main_contact", "is_agent", "admin", "role", "agent_id", "user_id", "contact_id", "acting_for_id",
        "portal_access", "portal_from", "portal_until", "portal_refused", "password_hash", "confirmed_at", "may_view",
        "email_verified", "internal", "kind", "direction", "author_address", "author_name", "requester_address",
        "mail_id", "sender_proven", "html", "recipients", "created_at", "updated_at", "deletion_asked_at", "notes",
        "external_id",
    ),
    "1",
)  # fmt: skip
"""Columns of tickets, messages, contacts and sessions, and what other helpdesks were taken over by."""
NOT_COMPARED = ("rate_limit", "portal_session", "portal_token", "outgoing_mail", "outgoing_recipient", "blob")


def test_fields_that_no_form_has_change_nothing(portal: Portal) -> None:
    clean, dirty = world(portal), world(portal)
    at_first = rows()
    statuses = [answer.status for answer in send_all(clean, {})]
    between = rows()
    assert [answer.status for answer in send_all(dirty, EXTRA)] == statuses
    at_last = rows()
    left = [changes(at_first, between, clean), changes(between, at_last, dirty)]
    assert left[0] == left[1]
    assert sum(left[0].values()) > 20


def send_all(there: World, more: dict[str, str]) -> list[Answer]:
    """Every form, by somebody to whom it is open; what is refused leaves nothing to compare."""
    answers = []
    for name, row in TABLE.items():
        if not (name.startswith("POST ") and any(row.opens.values())):
            continue
        RateLimit.delete().execute()
        kind = next(iter(row.opens))
        who = next(who for who in ("alice", "carl", *row.opens[kind].split()) if who in row.opens[kind].split())
        given = {**MISSING, "anew": there.portal.address("anew"), **there.values(row.thing, kind)}
        browser = there.browser(who)
        fields = more | filled_in(row.fields, given) | {"form": there.token(who, browser, name=name)}
        answers.append(browser.post(there.path(name, kind), fields, follow=False))
        assert answers[-1].status in (200, 303) or not row.fields, (name, answers[-1].words)
    return answers


def rows() -> dict[str, list[dict[str, Any]]]:
    """Everything that is compared."""
    return {name: list(model.select().dicts()) for name, model in models().items() if name not in NOT_COMPARED}


def changes(before: dict[str, Any], after: dict[str, Any], there: World) -> Counter[str]:
    """The rows that are new or changed, each as told by `plain`."""
    return Counter(
        f"{table}: {plain(row, there)}" for table in after for row in after[table] if row not in before[table]
    )


def plain(row: dict[str, Any], there: World) -> dict[str, object]:
    """A row without what differs between two worlds: ids by whom they stand for, times, hashes and numbers in texts."""
    people = {number: name for name, number in there.contacts.items()}
    tickets = {int(values["number"]): kind for kind, values in there.things["number"].items()}
    company = Contact.get(Contact.id == there.contacts["alice"]).company_id

    def told(column: str, value: Any) -> object:
        if isinstance(value, datetime) or column.endswith(("_at", "_since")):
            return value is not None
        if column in ("contact_id", "delegate_id", "acting_for_id") or (column == "actor_id" and value in people):
            return people.get(value, value and "somebody")
        if column in ("ticket_id", "id", "subject_id", "last_customer_message_id", "message_id", "article_id"):
            return tickets.get(value, value is not None) if column != "id" else None
        if column == "company_id":
            return "acme" if value == company else value
        return re.sub(r"[0-9a-f]{32,}|\d+", "#", repr(value)) if isinstance(value, (str, dict)) else value

    return {column: told(column, value) for column, value in row.items() if "password_hash" not in column}
