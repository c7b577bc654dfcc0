"""The permission table, line by line as the rule book has it (AGT-1, CON-2, DEP-2, DEP-3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpdeskctl.domain.permissions import (
    RIGHTS,
    SYSTEM,
    Action,
    Actor,
    Relation,
    Role,
    TicketFacts,
    may,
    may_among,
    may_in,
    relations,
    scope,
    strongest,
)

SUPPORT, PERSONAL = 1, 9
TICKET = TicketFacts(1001, SUPPORT, None, contact_id=7, requester_address="alice@acme.example", company_id=3)
LYING_IN_PERSONAL = replace(TICKET, department_id=PERSONAL, personal_agent_id=2)
ALICE = Actor("contact", 7, addresses=frozenset({"alice@acme.example"}))
BOSS = Actor("contact", 8, company_id=3)
STRANGER = Actor("contact", 9, addresses=frozenset({"eve@beta.example"}))
HOLDER = Actor("link", ticket=1001)


def agent(role: str | None = None, **columns: object) -> Actor:
    roles = {SUPPORT: Role(role)} if role else {}
    return replace(Actor("agent", 1, "ada@example.org", roles=roles), **columns)  # type: ignore[arg-type]  # any column


LEAD = "see, see notes, reply, note, change, close, reopen, people, create, release, delete, block, set up"
WORD = {action.value: action for action in Action}
EXPECTED = {
    Relation.READER: "see, see notes",
    Relation.AGENT: "see, see notes, reply, note, change, close, reopen, people, create, release",
    Relation.LEAD: LEAD,
    Relation.OWNER: LEAD,
    Relation.ADMIN: LEAD,
    Relation.REQUESTER: "see, reply, close, reopen, rate, people",
    Relation.MAIN_CONTACT: "see, reply, close, reopen, people, mute, colleagues",
    Relation.VIEWER: "see, reply, mute",
    Relation.PARTICIPANT: "",
    Relation.DELEGATE: "",
    Relation.LINK: "see, reply",
    Relation.SYSTEM: ", ".join(WORD),
}


@pytest.mark.parametrize("relation", Relation)
def test_the_table_is_the_rule_books(relation: Relation) -> None:
    assert RIGHTS[relation] == {WORD[word] for word in EXPECTED[relation].split(", ") if word}


@pytest.mark.parametrize(
    ("actor", "ticket", "found"),
    [
        (SYSTEM, TICKET, {Relation.SYSTEM}),
        (agent("reader"), TICKET, {Relation.READER}),
        (agent("agent"), TICKET, {Relation.AGENT}),
        (agent("lead"), TICKET, {Relation.LEAD}),
        (agent(), TICKET, set()),
        (agent("lead"), replace(TICKET, department_id=2), set()),
        (agent(admin=True), TICKET, {Relation.ADMIN}),
        (agent("reader", admin=True), TICKET, {Relation.ADMIN, Relation.READER}),
        (agent(id=2), LYING_IN_PERSONAL, {Relation.OWNER}),
        (agent("lead", roles={PERSONAL: Role.LEAD}), LYING_IN_PERSONAL, set()),
        (agent(admin=True), LYING_IN_PERSONAL, set()),
        (agent(admin=True, reason="he is ill"), LYING_IN_PERSONAL, {Relation.ADMIN}),
        (agent(reason="curious"), LYING_IN_PERSONAL, set()),
        (ALICE, TICKET, {Relation.REQUESTER}),
        (replace(ALICE, addresses=frozenset()), TICKET, set()),
        (replace(ALICE, addresses=frozenset({"other@acme.example"})), TICKET, set()),
        (replace(ALICE, id=99), TICKET, set()),
        (replace(ALICE, company_id=3), TICKET, {Relation.REQUESTER, Relation.MAIN_CONTACT}),
        (BOSS, TICKET, {Relation.MAIN_CONTACT}),
        (replace(STRANGER, acting_for=ALICE), TICKET, {Relation.REQUESTER, Relation.DELEGATE}),
        (replace(STRANGER, acting_for=BOSS), TICKET, {Relation.MAIN_CONTACT, Relation.DELEGATE}),
        (replace(ALICE, acting_for=STRANGER), TICKET, set()),
        (BOSS, replace(TICKET, company_id=None), set()),
        (replace(BOSS, company_id=None), replace(TICKET, company_id=None), set()),
        (Actor("contact", 5), replace(TICKET, participants=frozenset({5})), {Relation.PARTICIPANT}),
        (Actor("contact", 5), replace(TICKET, participants=frozenset({5}), viewers=frozenset({5})), {Relation.VIEWER}),
        (HOLDER, TICKET, {Relation.LINK}),
        (HOLDER, replace(TICKET, number=1002), set()),
    ],
)
def test_how_an_actor_stands_to_a_ticket(actor: Actor, ticket: TicketFacts, found: set[Relation]) -> None:
    assert relations(actor, ticket) == found


@pytest.mark.parametrize("actor", [ALICE, BOSS, HOLDER])
@pytest.mark.parametrize(
    "column", [{"spam": True}, {"status_hidden": True}, {"portal": False}, {"proven": False}], ids=str
)
def test_what_is_not_shown_to_customers_is_closed_to_them_in_every_way(actor: Actor, column: dict[str, bool]) -> None:
    hidden = replace(TICKET, **column)  # type: ignore[arg-type]  # the columns are flags
    assert [action for action in Action if may(actor, action, hidden).allowed] == []
    assert may(agent("reader"), Action.SEE, hidden).allowed


def test_a_billed_ticket_is_read_and_rated_and_nothing_else() -> None:
    billed = replace(TICKET, billed=True)
    assert {action for action in Action if may(ALICE, action, billed).allowed} == {Action.SEE, Action.RATE}
    assert {action for action in Action if may(HOLDER, action, billed).allowed} == {Action.SEE}
    assert may(agent("agent"), Action.REPLY, billed).allowed


def test_customers_close_only_where_they_may() -> None:
    kept_open = replace(TICKET, may_close=False)
    assert not may(ALICE, Action.CLOSE, kept_open).allowed
    assert may(ALICE, Action.REPLY, kept_open).allowed
    assert may(agent("agent"), Action.CLOSE, kept_open).allowed


def test_nobody_mutes_a_request_of_their_own_and_others_mute_a_billed_one_too() -> None:
    assert not may(replace(ALICE, company_id=3), Action.MUTE, TICKET).allowed
    assert may(BOSS, Action.MUTE, replace(TICKET, billed=True)).allowed


@pytest.mark.parametrize(
    ("actor", "company", "allowed"),
    [
        (BOSS, 3, True), (BOSS, 4, False), (BOSS, None, False), (ALICE, 3, False), (ALICE, None, False),
        (HOLDER, 3, False), (agent(admin=True), 3, False), (replace(BOSS, acting_for=BOSS), 3, False),
    ],
)  # fmt: skip
def test_only_its_main_contacts_look_after_a_companys_people(actor: Actor, company: int | None, allowed: bool) -> None:
    assert may_among(actor, Action.COLLEAGUES, company).allowed is allowed


def test_every_answer_has_its_sentence() -> None:
    assert may(agent("reader"), Action.REPLY, TICKET).why == "a reader may not reply"
    assert may(agent("lead"), Action.DELETE, TICKET).why == "a lead may delete"
    assert may(agent(), Action.SEE, TICKET).why == "no role in its department"
    assert "an admin says --reason" in may(agent(admin=True), Action.SEE, LYING_IN_PERSONAL).why
    assert may(ALICE, Action.SEE, replace(TICKET, proven=False)).why == "the requester's address is not confirmed yet"


def test_in_a_department_as_a_whole_only_agents_work() -> None:
    assert may_in(agent("agent"), Action.CREATE, SUPPORT).allowed
    assert not may_in(agent("reader"), Action.CREATE, SUPPORT).allowed
    assert not may_in(agent("lead"), Action.SET_UP, 2).allowed
    assert not may_in(ALICE, Action.CREATE, SUPPORT).allowed
    assert may_in(agent(id=2), Action.CREATE, PERSONAL, 2).allowed
    assert not may_in(agent(admin=True), Action.CREATE, PERSONAL, 2).allowed


def test_of_several_roles_the_strongest_counts() -> None:
    assert strongest([Role.READER, Role.LEAD, Role.AGENT]) is Role.LEAD


def test_for_customers_lists_answer_nothing_but_what_they_see() -> None:
    for actor in (ALICE, BOSS, HOLDER):
        assert {scope(actor, action).kind for action in Action if action is not Action.SEE} == {"nothing"}
