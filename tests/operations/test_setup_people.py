"""Agents who leave, contacts who are one person, members, passwords, blocks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM, Actor, Role
from helpdeskctl.errors import Exists, InvalidInput, NotFound, NotPermitted, Refused
from helpdeskctl.operations import (
    agents,
    blocks,
    contact_access,
    contact_merge,
    contacts,
    departments,
    mailboxes,
    portal_tokens,
    settings,
    setup,
)
from helpdeskctl.queries import access, secrets
from helpdeskctl.queries import setup as stored
from helpdeskctl.store.secrets import NewSecret
from helpdeskctl.store.tables import Contact, Event, Mailbox, OutgoingMail, Participant, PortalSession, Secret, Ticket
from tests.builders import Builder

CANARY = "hunter2-canary"
MAILBOX = {"department": "support", "imap": "imaps://mail.example.org", "smtp": "submission://mail.example.org"}


@pytest.fixture
def build(desk: Desk) -> Builder:
    builder = Builder(desk)
    builder.agent("ada@example.org", admin=True)
    builder.agent("ben@example.org", support="agent")
    builder.agent("lea@example.org", support="lead")
    return builder


def everything(desk: Desk) -> str:
    """All rows of all tables in one text."""
    if desk.database.kind == "sqlite":
        tables = desk.database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    else:
        tables = desk.database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    rows = [row for (name,) in tables for row in desk.database.execute(f'SELECT * FROM "{name}"').fetchall()]
    return str([[bytes(cell) if isinstance(cell, memoryview) else cell for cell in row] for row in rows])


# -- agents


def test_an_agent_with_open_tickets_leaves_only_when_it_is_said_where_they_go(desk: Desk, build: Builder) -> None:
    number = build.ticket("Fire", requester="ann@x.example", assignee="ben@example.org")
    setup.edit(desk, SYSTEM, "department", "support", {"assignee": "ben@example.org"})
    with pytest.raises(Refused, match="open tickets: 1;") as error:
        agents.disable(desk, SYSTEM, "ben@example.org")
    assert "--reassign-to" in str(error.value.hint)
    change = agents.disable(desk, SYSTEM, "ben@example.org", reassign_to="lea@example.org")
    assert change.changed == ("active",)
    assert Ticket.get_by_id(number).assignee_id == build.agent("lea@example.org")
    assert stored.one(desk, "department", "support").values["assignee"] == "lea@example.org"
    with pytest.raises(NotPermitted):
        access.agent_actor(desk, "ben@example.org")
    assert agents.enable(desk, SYSTEM, "ben@example.org").changed == ("active",)
    assert agents.enable(desk, SYSTEM, "ben@example.org").action == "unchanged"


def test_tickets_go_to_nobody_when_that_is_said(desk: Desk, build: Builder) -> None:
    number = build.ticket("Fire", requester="ann@x.example", assignee="ben@example.org")
    setup.edit(desk, SYSTEM, "department", "support", {"assignee": "ben@example.org"})
    agents.disable(desk, SYSTEM, "ben@example.org", reassign_to="nobody")
    assert Ticket.get_by_id(number).assignee_id is None
    assert stored.one(desk, "department", "support").values["assignee"] is None


def test_the_personal_department_is_emptied_first(desk: Desk, build: Builder) -> None:
    build.personal("ben@example.org")
    number = build.ticket("Mine", requester="ann@x.example", department="agent:ben@example.org")
    admin = access.agent_actor(desk, "ada@example.org")
    with pytest.raises(Refused, match="personal department"):
        agents.disable(desk, admin, "ben@example.org")
    agents.disable(desk, admin, "ben@example.org", move_to="support")
    assert Ticket.get_by_id(number).department_id == build.department("support")


def test_the_last_admin_does_not_leave(desk: Desk, build: Builder) -> None:
    with pytest.raises(Refused, match="last admin"):
        agents.disable(desk, SYSTEM, "ada@example.org")


def test_an_agent_who_wrote_something_is_disabled_not_deleted(desk: Desk, build: Builder) -> None:
    build.ticket("Fire", requester="ann@x.example", assignee="ben@example.org")
    with pytest.raises(Refused, match="1 ticket") as error:
        setup.delete(desk, SYSTEM, "agent", "ben@example.org")
    assert error.value.hint == "helpdeskctl agent disable ben@example.org"


# -- members


def test_a_lead_changes_the_members_of_their_department_and_of_no_other(desk: Desk, build: Builder) -> None:
    build.department("billing")
    build.team("first", "ben@example.org")
    lead = access.agent_actor(desk, "lea@example.org")
    changes = departments.add_members(desk, lead, "support", ["team:first", "ben@example.org"], role="reader")
    assert [change.action for change in changes] == ["updated", "updated"]
    members = stored.one(desk, "department", "support").values["members"]
    assert {"member": "team:first", "role": "reader"} in members
    assert {"member": "ben@example.org", "role": "reader"} in members
    assert [c.action for c in departments.remove_members(desk, lead, "support", ["team:first"])] == ["updated"]
    assert [c.action for c in departments.remove_members(desk, lead, "support", ["team:first"])] == ["unchanged"]
    with pytest.raises(NotPermitted):
        departments.add_members(desk, lead, "billing", ["ben@example.org"])
    with pytest.raises(InvalidInput, match="no role"):
        departments.add_members(desk, lead, "support", ["ben@example.org"], role="boss")


def test_nobody_joins_a_personal_department(desk: Desk, build: Builder) -> None:
    build.personal("ben@example.org")
    with pytest.raises(Refused, match="alone"):
        departments.add_members(desk, SYSTEM, "agent:ben@example.org", ["ada@example.org"])


# -- contacts


def test_two_contacts_become_one_and_two_again(desk: Desk, build: Builder) -> None:
    kept, gone = contacts.known_or_new(desk, "ann@work.example"), contacts.known_or_new(desk, "ann@home.example")
    both = build.ticket("Both", requester="x@x.example")
    own = build.ticket("Own", requester="ann@home.example")
    for contact in (kept, gone):
        Participant.insert(ticket_id=both, contact_id=contact, may_view=contact == gone).execute()
    PortalSession.insert(id_sha256="s", contact_id=gone, created_at=desk.now(), seen_at=desk.now()).execute()

    change = contact_merge.merge(desk, SYSTEM, "ann@home.example", "ann@work.example")
    assert (change.key, change.id) == ("ann@work.example", kept)
    assert contacts.known_or_new(desk, "ann@home.example") == kept
    assert Ticket.get_by_id(own).contact_id == kept
    assert [row.contact_id for row in Participant.select().where(Participant.ticket_id == both)] == [kept]
    assert [item.key for item in stored.list_of(desk, "contact", query="ann")] == ["ann@work.example"]
    assert PortalSession.select().count() == 0

    contact_merge.unmerge(desk, SYSTEM, "ann@home.example")
    assert contacts.known_or_new(desk, "ann@home.example") == gone
    assert Ticket.get_by_id(own).contact_id == gone
    places = {row.contact_id: row.may_view for row in Participant.select().where(Participant.ticket_id == both)}
    assert places == {kept: False, gone: True}
    assert stored.one(desk, "contact", "ann@home.example").values["addresses"] == ("ann@home.example",)
    with pytest.raises(NotFound, match="no merged contact"):
        contact_merge.unmerge(desk, SYSTEM, "ann@home.example")


def test_a_contact_is_not_merged_with_itself(desk: Desk, build: Builder) -> None:
    contacts.known_or_new(desk, "ann@work.example")
    with pytest.raises(InvalidInput):
        contact_merge.merge(desk, SYSTEM, "ann@work.example", "ann@work.example")


def test_further_addresses_come_and_go_but_the_main_one_stays(desk: Desk, build: Builder) -> None:
    for address in ("ann@work.example", "bob@work.example"):
        setup.create(desk, SYSTEM, "contact", address, {"name": address})
    assert contact_access.add_address(desk, SYSTEM, "ann@work.example", "Ann@Home.example").changed == ("addresses",)
    assert contact_access.add_address(desk, SYSTEM, "ann@work.example", "ann@home.example").action == "unchanged"
    assert stored.one(desk, "contact", "ann@home.example").key == "ann@work.example"
    with pytest.raises(Exists, match=r"belongs to contact bob@work\.example"):
        contact_access.add_address(desk, SYSTEM, "ann@work.example", "bob@work.example")
    with pytest.raises(Refused, match="main address"):
        contact_access.remove_address(desk, SYSTEM, "ann@home.example", "ann@work.example")
    contact_access.remove_address(desk, SYSTEM, "ann@work.example", "ann@home.example")
    assert stored.find(desk, "contact", "ann@home.example") is None


def test_any_agent_opens_the_portal_and_closing_it_ends_the_sessions(desk: Desk, build: Builder) -> None:
    number = contacts.known_or_new(desk, "ann@work.example")
    ben = access.agent_actor(desk, "ben@example.org")
    contact_access.portal(desk, ben, "ann@work.example", on=True, first="2026-01-01", last="2026-12-31")
    values = stored.one(desk, "contact", "ann@work.example").values
    assert (values["portal_access"], values["portal_from"], values["portal_until"]) == (
        True,
        "2026-01-01",
        "2026-12-31",
    )
    assert access.contact_actor(desk, number).addresses == {"ann@work.example"}  # vouched for
    with pytest.raises(InvalidInput, match="is before"):
        contact_access.portal(desk, ben, "ann@work.example", on=True, last="2025-12-31")
    PortalSession.insert(id_sha256="s", contact_id=number, created_at=desk.now(), seen_at=desk.now()).execute()
    contact_access.portal(desk, ben, "ann@work.example", on=False)
    assert PortalSession.select().count() == 0
    assert not Contact.get_by_id(number).portal_access


def test_an_invitation_is_a_mail_with_a_link_and_nothing_is_opened_without_it(desk: Desk, build: Builder) -> None:
    contacts.known_or_new(desk, "ann@work.example")
    with pytest.raises(Refused, match="the portal has no address"):
        contact_access.portal(desk, SYSTEM, "ann@work.example", on=True, invite=True)
    assert not stored.one(desk, "contact", "ann@work.example").values["portal_access"]
    settings.put(desk, SYSTEM, "portal_url", "https://help.example.org")
    setup.create(desk, SYSTEM, "mailbox", "support@example.org", MAILBOX)
    contact_access.portal(desk, SYSTEM, "ann@work.example", on=True, invite=True)
    mail = OutgoingMail.get()
    assert mail.event == "welcome"
    [secret] = re.findall(r"https://help\.example\.org/reset/([\w-]+)", mail.content["text"])
    redeemed = portal_tokens.redeem(desk, secret, "invite")
    assert redeemed is not None
    assert redeemed.address == "ann@work.example"
    assert secret not in str([row.data for row in Event.select()])


def test_blocks_are_addresses_domains_and_words(desk: Desk, build: Builder) -> None:
    assert blocks.add(desk, SYSTEM, "Ads@Example.com").key == "ads@example.com"
    assert blocks.add(desk, SYSTEM, "ads@example.com").action == "unchanged"
    assert blocks.add(desk, SYSTEM, "@ads.example").key == "ads.example"
    assert blocks.add(desk, SYSTEM, "subject:You  have WON").key == "subject:you have won"
    assert blocks.remove(desk, SYSTEM, "subject:you have won").action == "deleted"
    with pytest.raises(NotFound):
        blocks.remove(desk, SYSTEM, "subject:you have won")
    with pytest.raises(InvalidInput):
        blocks.add(desk, SYSTEM, "two words")
    with pytest.raises(NotPermitted):
        blocks.add(desk, Actor("agent", 9, roles={1: Role.AGENT}), "x@y.example")


def test_no_mailbox_of_ours_is_blocked(desk: Desk, build: Builder) -> None:
    setup.create(desk, SYSTEM, "mailbox", "support@example.org", MAILBOX)
    with pytest.raises(Refused):
        blocks.add(desk, SYSTEM, "support@example.org")


def test_a_blocked_contact_is_kept_out_by_every_address(desk: Desk, build: Builder) -> None:
    setup.create(desk, SYSTEM, "contact", "ann@work.example", {"name": "Ann"})
    contact_access.add_address(desk, SYSTEM, "ann@work.example", "ann@home.example")
    assert contact_access.block(desk, SYSTEM, "ann@work.example").changed == ("blocked",)
    assert stored.one(desk, "contact", "ann@work.example").values["blocked"]
    assert contact_access.block(desk, SYSTEM, "ann@work.example").action == "unchanged"
    assert contact_access.unblock(desk, SYSTEM, "ann@work.example").changed == ("blocked",)
    assert not stored.one(desk, "contact", "ann@work.example").values["blocked"]


def test_merged_companies_keep_people_domains_and_tickets(desk: Desk, build: Builder) -> None:
    for key in ("old", "new"):
        setup.create(desk, SYSTEM, "company", key, {"name": key, "domains": [f"{key}.example"]})
    setup.create(desk, SYSTEM, "contact", "ann@old.example", {"name": "Ann", "company": "old"})
    number = build.ticket("Fire", requester="ann@old.example", company="old")
    assert setup.delete(desk, SYSTEM, "company", "old", move_to="new").action == "deleted"
    assert stored.one(desk, "company", "new").values["domains"] == ("new.example", "old.example")
    assert stored.one(desk, "contact", "ann@old.example").values["company"] == "new"
    assert Ticket.get_by_id(number).company_id == stored.known(desk, "company", "new")


def test_merged_tags_are_on_a_ticket_once(desk: Desk, build: Builder) -> None:
    one, two = build.ticket("One"), build.ticket("Two")
    for number, key in ((one, "v.i.p"), (one, "vip"), (two, "v.i.p")):
        build.tag(number, key)
    setup.delete(desk, SYSTEM, "tag", "v.i.p", move_to="vip")
    assert [(tag.key, tag.values["tickets"]) for tag in stored.list_of(desk, "tag")] == [("vip", 2)]


def test_moving_the_tickets_of_a_department_is_in_their_history(desk: Desk, build: Builder) -> None:
    build.department("billing")
    number = build.ticket("Fire", requester="ann@x.example")
    with pytest.raises(Refused, match="in use: 1 ticket"):
        setup.delete(desk, SYSTEM, "department", "support")
    setup.delete(desk, SYSTEM, "department", "support", move_to="billing")
    assert Ticket.get_by_id(number).department_id == build.department("billing")
    moved = Event.get(Event.ticket_id == number, Event.verb == "department")
    assert (moved.data["from"], moved.data["to"]) == ("support", "billing")


# -- passwords


def test_a_password_is_sealed_and_stands_nowhere_in_clear(desk: Desk, build: Builder) -> None:
    change = mailboxes.create(desk, SYSTEM, "support@example.org", MAILBOX, password=NewSecret(CANARY))
    assert change.changed[-1] == "password"
    row = Mailbox.get(Mailbox.address == "support@example.org")
    assert secrets.value(desk, row.secret_id) == CANARY
    assert CANARY not in everything(desk)
    assert CANARY not in repr([NewSecret(CANARY), change, stored.one(desk, "mailbox", "support@example.org")])
    assert stored.one(desk, "mailbox", "support@example.org").values["password"] == "stored"
    key_file = Path(desk.config.paths.key_file)
    assert CANARY not in key_file.read_text()


def test_the_same_password_changes_nothing_and_another_one_replaces_it(desk: Desk, build: Builder) -> None:
    mailboxes.create(desk, SYSTEM, "support@example.org", MAILBOX, password=NewSecret(CANARY))
    assert mailboxes.set_password(desk, SYSTEM, "support@example.org", NewSecret(CANARY)).action == "unchanged"
    assert mailboxes.set_password(desk, SYSTEM, "support@example.org", NewSecret(reference="env:X")).action == "updated"
    assert (
        mailboxes.set_password(desk, SYSTEM, "support@example.org", NewSecret(reference="env:X")).action == "unchanged"
    )
    assert stored.one(desk, "mailbox", "support@example.org").values["password"] == "env:X"
    assert Secret.select().count() == 1
    with pytest.raises(InvalidInput):
        mailboxes.set_password(desk, SYSTEM, "support@example.org", NewSecret(reference="file:relative"))


def test_a_deleted_mailbox_takes_its_password_with_it(desk: Desk, build: Builder) -> None:
    mailboxes.create(desk, SYSTEM, "support@example.org", MAILBOX, password=NewSecret(CANARY))
    setup.delete(desk, SYSTEM, "mailbox", "support@example.org")
    assert Secret.select().count() == 0


def test_a_mailbox_is_switched_off_and_on(desk: Desk, build: Builder) -> None:
    setup.create(desk, SYSTEM, "mailbox", "support@example.org", MAILBOX)
    assert mailboxes.disable(desk, SYSTEM, "support@example.org").changed == ("enabled",)
    assert not stored.one(desk, "mailbox", "support@example.org").values["enabled"]
    assert mailboxes.enable(desk, SYSTEM, "support@example.org").changed == ("enabled",)


def test_an_agent_who_is_no_admin_sets_no_password(desk: Desk, build: Builder) -> None:
    setup.create(desk, SYSTEM, "mailbox", "support@example.org", MAILBOX)
    with pytest.raises(NotPermitted):
        mailboxes.set_password(
            desk, access.agent_actor(desk, "lea@example.org"), "support@example.org", NewSecret(CANARY)
        )
