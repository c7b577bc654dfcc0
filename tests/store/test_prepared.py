"""Rows written and read by prepared statements are the rows that queries write and read."""

from __future__ import annotations

from helpdeskctl.desk import Desk
from helpdeskctl.store import prepared
from helpdeskctl.store.tables import Agent, Blob, Event, Setting


def test_an_inserted_row_has_given_values_defaults_and_its_id(desk: Desk) -> None:
    first = prepared.insert(Agent, address="a@b.example", name="A", admin=True, created_at=desk.now())
    second = prepared.insert(Agent, address="c@d.example", name="C", created_at=desk.now())
    row = Agent.get(Agent.id == first)
    assert second == first + 1
    assert (row.admin, row.active, row.language, row.notifications) == (True, True, "en", {})
    assert row.created_at == desk.now()


def test_one_reads_what_a_query_reads(desk: Desk) -> None:
    Event.insert(at=desk.now(), verb="x", actor_kind="system", data={"from": None, "to": [1]}).execute()
    found = prepared.one(Event, verb="x", actor_kind="system")
    assert found is not None
    assert found.__data__ == Event.get().__data__
    assert prepared.one(Event, verb="y") is None


def test_update_touches_the_one_row(desk: Desk) -> None:
    ids = [prepared.insert(Agent, address=f"{n}@b.example", name="A", created_at=desk.now()) for n in "xy"]
    assert prepared.update(Agent, ids[0], name="B", seen_at=desk.now(), notifications={"reply": True}) == 1
    assert [(a.name, a.notifications) for a in Agent.select().order_by(Agent.id)] == [("B", {"reply": True}), ("A", {})]
    assert prepared.update(Agent, 999, name="C") == 0


def test_tables_without_an_id_and_with_bytes_work_too(desk: Desk) -> None:
    assert prepared.insert(Setting, key="k", value={"deep": ["é"]}) == 0
    prepared.insert(Blob, sha256="0" * 64, size=2, data=b"\x00\xff", created_at=desk.now())
    found = prepared.one(Blob, sha256="0" * 64)
    assert found is not None
    assert found.data == b"\x00\xff"
    assert Setting.get().value == {"deep": ["é"]}


def test_a_transaction_takes_prepared_writes_back_too(desk: Desk) -> None:
    with desk.database.rehearsal():
        prepared.insert(Setting, key="k", value=1)
    assert Setting.select().count() == 0


def test_many_rows_at_once_get_defaults_and_their_ids_in_order(desk: Desk) -> None:
    rows = [{"address": f"{n}@b.example", "name": "A", "created_at": desk.now()} for n in range(120)]
    ids = prepared.insert_all(Agent, rows)
    assert [Agent.get(Agent.id == each).address for each in ids] == [row["address"] for row in rows]
    assert Agent.select().where(Agent.active == 1).count() == 120
    assert prepared.insert_all(Agent, []) == []
