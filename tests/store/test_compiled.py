"""Queries that are written once: the values go to their places, whatever their number, on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store import compiled
from helpdeskctl.store.orm import fn
from helpdeskctl.store.tables import Ticket
from tests.builders import Builder


class Order(StrEnum):
    """What is no value."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Asked:
    """A question in pieces."""

    kind: str
    contact: int | None
    addresses: frozenset[str] = frozenset()


def titles(asked: Asked, order: Order, after: int | None, most: int) -> Any:
    query = Ticket.select(
        Ticket.id, Ticket.subject, Ticket.created_at, Ticket.spam, fn.upper(Ticket.subject).alias("u")
    )
    if asked.kind == "addresses":
        query = query.where(Ticket.requester_address.in_(sorted(asked.addresses)))
    if asked.contact is not None:
        query = query.where(Ticket.contact_id == asked.contact)
    if after is not None:
        query = query.where(Ticket.id > after)
    return query.order_by(Ticket.id if order is Order.UP else Ticket.id.desc()).limit(most)


def counted(number: int) -> Any:
    return Ticket.select().where(Ticket.id == number + 1)


@pytest.fixture
def numbers(desk: Desk) -> list[int]:
    """Five tickets of as many people."""
    build = Builder(desk)
    return [build.ticket(f"Ticket {n}", requester=f"p{n}@acme.example") for n in range(5)]


def test_it_finds_what_the_query_itself_finds_for_each_shape_and_value(desk: Desk, numbers: list[int]) -> None:
    everybody = [f"p{n}@acme.example" for n in range(5)]
    for who in range(6):
        for order in Order:
            for after in (None, numbers[0], numbers[2]):
                asked = Asked("addresses", None, frozenset(everybody[:who])), order, after, 3
                plain = [(row.id, row.subject, row.created_at, row.spam, row.u) for row in titles(*asked).objects()]
                found = [
                    (row.id, row.subject, row.created_at, row.spam, row.u) for row in compiled.rows(titles, *asked)
                ]
                assert found == plain


def test_the_same_statement_serves_other_values(desk: Desk, numbers: list[int]) -> None:
    people = {row.subject: row.contact_id for row in Ticket.select()}
    for n in range(5):
        row = compiled.first(titles, Asked("contact", people[f"Ticket {n}"]), Order.UP, None, 1)
        assert row is not None and row.id == numbers[n]
    assert compiled.first(titles, Asked("contact", 10**6), Order.UP, None, 1) is None


def test_a_value_like_a_piece_of_sql_stays_a_value(desk: Desk, numbers: list[int]) -> None:
    assert (
        compiled.rows(titles, Asked("addresses", None, frozenset({"' OR 1=1 --", "\x02000000\x02"})), Order.UP, None, 9)
        == []
    )


def test_a_query_that_counts_with_a_value_is_refused(desk: Desk) -> None:
    with pytest.raises(ValueError, match="counted"):
        compiled.rows(counted, 1)
