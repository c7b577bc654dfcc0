"""Full text over messages: the same hits on both databases, and nothing outside the searcher's departments."""

from __future__ import annotations

from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.folding import LIMIT, fold
from helpdeskctl.store import search
from helpdeskctl.store.search import Reach
from helpdeskctl.store.tables import Message, Ticket
from tests.builders import Builder


def found(desk: Desk, *terms: str, reach: Reach = search.EVERYWHERE) -> list[int]:
    sql, parameters = search.hits(desk.database.kind, terms, reach)
    rows: Any = desk.database.orm.execute_sql(f"SELECT message_id FROM ({_named(desk, sql)}) AS hit", parameters)
    return sorted(row[0] for row in rows)


def _named(desk: Desk, sql: str) -> str:
    return sql.replace("SELECT rowid", "SELECT rowid AS message_id")


def held(desk: Desk, *terms: str) -> list[int]:
    """The messages whose row says that it has all terms: must be what the index finds."""
    condition, parameters = search.holds(desk.database.kind, terms)
    key = search.KEYS[desk.database.kind]
    rows: Any = desk.database.orm.execute_sql(f"SELECT {key} FROM message_search WHERE {condition}", parameters)
    return sorted(row[0] for row in rows)


def said(desk: Desk, text: str, **columns: Any) -> int:
    number = Builder(desk).ticket("-", body=text, **columns)
    return int(Message.get(Message.ticket_id == number).id)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The printer is on fire", ["printer"]),
        ("The printer is on fire", ["FIRE", "printer"]),
        ("The printer is on fire", ["on fire"]),
        ("The printer is on fire", ["prin"]),
        ("Die Straße in München", ["strasse", "munchen"]),
        ("Die Strasse in Munchen", ["Straße", "München"]),
        ("Ta\u0308glich", ["t\u00e4gl"]),
        ("write to ann@muster.example today", ["ann@muster.example"]),
        ("see RFC-2119, section 3", ["rfc-2119"]),
        ("order 2024-118 came 1e5 times", ["2024-118", "1e5"]),
        ("東京都のプリンター", ["京都"]),
        ("เครื่องพิมพ์เสีย", ["พิมพ์"]),
        ("מדפסת שבורה", ["שבורה"]),
        ("ＦＵＬＬ width ﬁsh", ["full", "fish"]),
    ],
)
def test_words_are_found_whatever_their_case_marks_and_script(desk: Desk, text: str, terms: list[str]) -> None:
    message = said(desk, text)
    assert found(desk, *terms) == held(desk, *terms) == [message]


@pytest.mark.parametrize(
    "terms", [["fire on"], ["rinter"], ["pri", "fire"], ["printer", "water"], ["!?"], ["printer", "***"], [""]]
)
def test_other_words_are_not_found(desk: Desk, terms: list[str]) -> None:
    said(desk, "The printer is on fire")
    assert found(desk, *terms) == held(desk, *terms) == []


@pytest.mark.parametrize(
    "hostile",
    [
        '"', "a AND", "NEAR(", "-x", "words : x", "{words scope}: x", "x*", "^x", "a + ", "scope:dept1", "OR", "NOT",
        "' & 'x", "x:*", "!x", "<->", "\\", "%s", "?", "%(a)s", "\x00", "\ud800", "'; DROP TABLE ticket; --", "(" * 500,
        "x" * 5000, "a " * 1000, "\u0e31", "\U0001f525",
    ],
)  # fmt: skip
def test_what_people_type_is_never_syntax(desk: Desk, hostile: str) -> None:
    said(desk, "quite plain")
    assert found(desk, hostile) == held(desk, hostile) == []
    assert found(desk, hostile, reach=Reach(frozenset({1}), frozenset({2}))) == []


def test_a_search_looks_only_where_the_searcher_may(desk: Desk) -> None:
    build = Builder(desk)
    here, there = said(desk, "secret plan"), said(desk, "secret plan", department="billing")
    support, billing = build.department("support"), build.department("billing")
    assert found(desk, "secret", reach=Reach(frozenset({support}))) == [here]
    assert found(desk, "secret", reach=Reach(frozenset({support, billing}))) == [here, there]
    assert found(desk, "secret", reach=Reach(without=frozenset({support}))) == [there]
    assert found(desk, "secret", reach=Reach(frozenset())) == []


@pytest.mark.parametrize("shape", ["dept{}", "DEPT{}", "Dept{}", "scope:dept{}"])
def test_no_text_can_look_like_a_department(desk: Desk, shape: str) -> None:
    build = Builder(desk)
    billing = build.department("billing")
    said(desk, f"secret {shape.format(billing)}", department="support")
    assert found(desk, "secret", reach=Reach(frozenset({billing}))) == []
    assert found(desk, "secret", reach=Reach(without=frozenset({billing}))) != []


def test_a_ticket_that_moved_is_found_where_it_lies_now_and_no_longer_where_it_lay(desk: Desk) -> None:
    build = Builder(desk)
    first = said(desk, "secret plan")
    stays = said(desk, "secret too")
    number = Message.get(Message.id == first).ticket_id
    support, billing = build.department("support"), build.department("billing")
    search.move_ticket(desk.database, number, billing)
    assert found(desk, "secret", reach=Reach(frozenset({support}))) == [stays]
    assert found(desk, "secret plan", reach=Reach(frozenset({billing}))) == [first]


def test_what_was_dropped_is_not_found_and_the_rest_is(desk: Desk) -> None:
    gone, stays, alone = said(desk, "secret plan"), said(desk, "secret too"), said(desk, "secret three")
    search.drop_ticket(desk.database, Message.get(Message.id == gone).ticket_id)
    search.drop_message(desk.database, alone)
    assert found(desk, "secret") == [stays]


def test_indexing_again_replaces_what_was_found_before(desk: Desk) -> None:
    message = said(desk, "before")
    number = Message.get(Message.id == message).ticket_id
    place = Ticket.get(Ticket.id == number).department_id
    search.index_message(desk.database, message_id=message, ticket_id=number, department_id=place, text="after")
    assert found(desk, "before") == []
    assert found(desk, "after") == [message]


@pytest.mark.parametrize("letter", ["x", "x ", "\U00020000", "\U00010400 ", "ﷺ", "e\u0301", "\u0301"])
def test_the_longest_message_of_any_script_can_be_indexed(desk: Desk, letter: str) -> None:
    message = said(desk, "needle " + letter * (LIMIT // len(letter) + 10))
    assert found(desk, "needle") == [message]


def test_folding_a_long_run_of_marks_takes_no_time_worth_naming() -> None:
    assert fold("a" + "\u0301\u0323" * LIMIT) == "a"
