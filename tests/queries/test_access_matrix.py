"""The permission table against the WHERE clause of lists: whatever `may` says of one ticket, `visible` says of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM, Action, Actor, may
from helpdeskctl.errors import NotFound
from helpdeskctl.queries import access, threads, tickets
from helpdeskctl.queries.access import contact_actor, ticket_facts, visible
from helpdeskctl.store.tables import Contact, ContactAddress, DepartmentRole, Ticket
from tests.builders import Builder

World = dict[str, int]
"""Number of each ticket, by what is special about it."""


@pytest.fixture
def build(desk: Desk) -> Builder:
    return Builder(desk)


@pytest.fixture
def world(build: Builder) -> World:
    """Every kind of ticket there is, and everybody who could have to do with one."""
    _people(build)
    build.status("parked", hidden=True)
    made = {
        "plain": build.ticket(),
        "elsewhere": build.ticket(department="billing"),
        "secret": build.ticket(department="secret"),
        "of ben": build.ticket(department="agent:ben@example.org"),
        "of carl": build.ticket(department="agent:carl@example.org"),
        "of root": build.ticket(department="agent:root@example.org"),
        "hidden": build.ticket(status="parked"),
        "billed": build.ticket(billed=True),
        "not to be closed": build.ticket(customer_may_close=False),
        "spam": build.ticket(spam=True),
        "unproven": build.ticket(proven=False),
        "not in the portal": build.ticket(portal=False),
        "company": build.ticket(requester="bob@acme.example", company="acme"),
        "other company": build.ticket(requester="eve@beta.example", company="beta"),
        "from an unconfirmed address": build.ticket(requester="new@acme.example"),
        "from another address of alice": build.ticket(requester_address="alias@acme.example"),
        "merged": build.ticket(merged_into_id=None),
        "shared": build.ticket(requester="eve@beta.example"),
        "taken part in": build.ticket(requester="eve@beta.example"),
        "only suggested": build.ticket(requester="eve@beta.example"),
        "removed": build.ticket(requester="eve@beta.example"),
        "shared but hidden": build.ticket(requester="eve@beta.example", status="parked"),
    }
    for name, state in (
        ("shared", "active"),
        ("only suggested", "suggested"),
        ("removed", "removed"),
        ("shared but hidden", "active"),
    ):
        build.participant(made[name], "vera@acme.example", may_view=True, state=state)
    build.participant(made["taken part in"], "vera@acme.example")
    return made


def _people(build: Builder) -> None:
    build.agent("lead@example.org", support="lead")
    build.agent("agent@example.org", support="agent", billing="reader")
    build.agent("reader@example.org", support="reader")
    build.agent("none@example.org")
    build.team("night", "team@example.org", "both@example.org", support="reader", billing="agent")
    build.agent("both@example.org", support="lead")
    build.agent("root@example.org", admin=True, support="reader")
    for owner in ("ben@example.org", "carl@example.org", "root@example.org"):
        build.personal(owner)
    build.agent("ben@example.org", support="agent")
    intruder = build.agent("intruder@example.org")
    DepartmentRole.insert(department_id=build.personal("ben@example.org"), agent_id=intruder, role="lead").execute()
    alice = build.contact("alice@acme.example", company="acme")
    ContactAddress.insert(address="alias@acme.example", contact_id=alice).execute()
    build.contact("new@acme.example", confirmed=False)
    build.contact("bob@acme.example", company="acme")
    build.contact("boss@acme.example", company="acme", main_contact=True)
    build.contact("eve@beta.example", company="beta")
    build.contact("vera@acme.example")
    build.contact("idle@acme.example")


Who = Callable[[Builder, World], Actor]


def _agent(address: str, reason: str | None = None) -> Who:
    return lambda build, world: build.actor(address, reason=reason)


def _contact(address: str) -> Who:
    return lambda build, world: contact_actor(build.desk, build.contact(address))


def _delegate(person: str) -> Who:
    """bob, who sees one ticket himself, as he acts for another."""

    def acting(build: Builder, world: World) -> Actor:
        bob, other = (contact_actor(build.desk, build.contact(address)) for address in ("bob@acme.example", person))
        return replace(bob, acting_for=other)

    return acting


def _link(name: str) -> Who:
    return lambda build, world: Actor("link", ticket=world[name])


ACTORS: Mapping[str, Who] = {
    "the system": lambda build, world: SYSTEM,
    "an admin": _agent("root@example.org"),
    "an admin with a reason": _agent("root@example.org", "audit"),
    **{f"a {name}": _agent(f"{name}@example.org") for name in ("lead", "agent", "reader", "none", "team", "both")},
    "an owner": _agent("ben@example.org"),
    "another owner": _agent("carl@example.org"),
    "an owner with a reason but no admin": _agent("carl@example.org", "curious"),
    "an agent with a role in a personal department": _agent("intruder@example.org"),
    "a requester": _contact("alice@acme.example"),
    "an unconfirmed requester": _contact("new@acme.example"),
    "a colleague": _contact("bob@acme.example"),
    "a main contact": _contact("boss@acme.example"),
    "a contact of another company": _contact("eve@beta.example"),
    "one who views and takes part": _contact("vera@acme.example"),
    "a contact with nothing": _contact("idle@acme.example"),
    **{
        f"a delegate of {address}": _delegate(address)
        for address in ("alice@acme.example", "boss@acme.example", "vera@acme.example", "new@acme.example")
    },
    **{
        f"a holder of a link to {name}": _link(name)
        for name in ("plain", "billed", "hidden", "spam", "unproven", "not in the portal")
    },
}
SEEN = {
    "the system": 22,
    "an admin": 20,
    "an admin with a reason": 22,
    "a lead": 17,
    "a agent": 18,
    "a reader": 17,
    "a none": 0,
    "a team": 18,
    "a both": 18,
    "an owner": 18,
    "another owner": 1,
    "an owner with a reason but no admin": 1,
    "an agent with a role in a personal department": 0,
    "a requester": 9,
    "an unconfirmed requester": 0,
    "a colleague": 1,
    "a main contact": 1,
    "a contact of another company": 5,
    "one who views and takes part": 1,
    "a contact with nothing": 0,
    "a delegate of alice@acme.example": 9,
    "a delegate of boss@acme.example": 1,
    "a delegate of vera@acme.example": 1,
    "a delegate of new@acme.example": 0,
    "a holder of a link to plain": 1,
    "a holder of a link to billed": 1,
    "a holder of a link to hidden": 0,
    "a holder of a link to spam": 0,
    "a holder of a link to unproven": 0,
    "a holder of a link to not in the portal": 0,
}


def test_lists_show_exactly_what_the_table_allows(desk: Desk, build: Builder, world: World) -> None:
    special = {number: what for what, number in world.items()}
    facts = {what: ticket_facts(desk, number) for what, number in world.items()}
    for name, who in ACTORS.items():
        actor = who(build, world)
        for action in Action:
            listed = {special[row.id] for row in Ticket.select(Ticket.id).where(visible(actor, action))}
            allowed = {what for what in world if may(actor, action, facts[what]).allowed}
            if _is_customer(actor) and action is not Action.SEE:
                allowed = set()  # a customer's other rights depend on the single ticket: lists say nothing of them
            assert listed == allowed, (name, action)


def test_the_matrix_is_neither_empty_nor_full(desk: Desk, build: Builder, world: World) -> None:
    seen = {name: len(_listed(desk, who(build, world))) for name, who in ACTORS.items()}
    assert seen == SEEN


def test_what_a_list_shows_opens_and_nothing_else(desk: Desk, build: Builder, world: World) -> None:
    for name, who in ACTORS.items():
        actor = who(build, world)
        listed = _listed(desk, actor)
        for what, number in world.items():
            if number in listed:
                assert threads.show(desk, actor, number).messages, (name, what)
            else:
                with pytest.raises(NotFound, match=f"^no ticket #{number}$"):
                    threads.show(desk, actor, number)


def test_counters_and_search_show_the_same(desk: Desk, build: Builder, world: World) -> None:
    for name, who in ACTORS.items():
        actor = who(build, world)
        listed = _listed(desk, actor)
        assert tickets.counts(desk, actor, {"all": _everything(actor)}) == {"all": len(listed)}, name
        for sort in (None, "number"):
            found = tickets.list_tickets(desk, actor, f"smoking {_everything(actor)}", sort=sort, limit=100).rows
            assert {row.number for row in found} == listed, (name, sort)


def test_an_agent_who_left_a_department_sees_nothing_of_it_any_more(desk: Desk, build: Builder, world: World) -> None:
    DepartmentRole.delete().execute()
    for name in ("lead@example.org", "agent@example.org", "team@example.org"):
        assert list(tickets.every(desk, build.actor(name))) == []


def test_a_contact_that_was_merged_into_another_is_nobody(desk: Desk, build: Builder, world: World) -> None:
    alice, bob = build.contact("alice@acme.example"), build.contact("bob@acme.example")
    Contact.update(merged_into_id=bob).where(Contact.id == alice).execute()
    with pytest.raises(NotFound):
        access.contact_actor(desk, alice)


def _is_customer(actor: Actor) -> bool:
    return actor.kind in {"contact", "link"}


def _everything(actor: Actor) -> str:
    return "number>=1" if _is_customer(actor) else "number>=1 (is:spam or not is:spam)"


def _listed(desk: Desk, actor: Actor) -> set[int]:
    return {row.number for row in tickets.every(desk, actor, _everything(actor))}
