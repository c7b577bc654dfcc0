"""Lists of tickets: pages, orders, search, counters, the next one; and how many questions they ask the database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import ticket_fields, ticket_people
from helpdeskctl.queries import tickets
from helpdeskctl.queries.changes import changed_since
from helpdeskctl.queries.orders import ORDERS
from helpdeskctl.queries.tickets import COUNTED
from helpdeskctl.store.tables import Draft, Ticket
from tests.builders import Builder
from tests.clock import A_TUESDAY, SteppedClock
from tests.queries.counting import counted

HOUR = timedelta(hours=1)


@pytest.fixture
def build(desk: Desk) -> Builder:
    builder = Builder(desk)
    builder.agent("ada@example.org", support="agent", billing="agent")
    return builder


def numbers(page: tickets.Page) -> list[int]:
    return [row.number for row in page.rows]


def all_pages(desk: Desk, build: Builder, query: str, *, limit: int, sort: str | None = None) -> list[int]:
    actor, after, seen = build.actor("ada@example.org"), None, []
    while True:
        page = tickets.list_tickets(desk, actor, query, sort=sort, limit=limit, after=after)
        assert len(page.rows) <= limit
        seen += numbers(page)
        if page.next is None:
            return seen
        after = page.next


@pytest.mark.parametrize("order", [*ORDERS, *(f"-{name}" for name in ORDERS)])
def test_pages_go_through_the_whole_list_once_in_its_order(desk: Desk, build: Builder, order: str) -> None:
    made = build.many_tickets(20)
    build.many_tickets(15, waiting_since=None)  # the same minutes again: equal times must not stop the paging
    Ticket.update(due_at=A_TUESDAY + HOUR).where(Ticket.id.in_(list(made[::4]))).execute()
    whole = all_pages(desk, build, "", limit=500, sort=order)
    assert len(whole) == len(set(whole)) == 35
    for limit in (1, 7, 35):
        assert all_pages(desk, build, "", limit=limit, sort=order) == whole
    backwards = order.removeprefix("-") if order.startswith("-") else f"-{order}"
    assert all_pages(desk, build, "", limit=500, sort=backwards) == whole[::-1]


def test_what_waits_longest_comes_first_and_then_what_changed_last(desk: Desk, build: Builder) -> None:
    now = desk.now()
    newer = build.ticket(waiting_since=now - HOUR)
    oldest = build.ticket(waiting_since=now - 3 * HOUR)
    changed_before = build.ticket(waiting_since=None, updated_at=now - 2 * HOUR)
    changed_last = build.ticket(waiting_since=None, updated_at=now - HOUR)
    assert all_pages(desk, build, "", limit=2) == [oldest, newer, changed_last, changed_before]


def test_by_priority_the_most_urgent_of_those_that_wait_comes_first(desk: Desk, build: Builder) -> None:
    now = desk.now()
    calm = build.ticket(priority=2, waiting_since=now - 9 * HOUR)
    urgent = build.ticket(priority=5, waiting_since=now)
    urgent_and_old = build.ticket(priority=5, waiting_since=now - HOUR)
    assert all_pages(desk, build, "", limit=1, sort="priority") == [urgent_and_old, urgent, calm]


@pytest.mark.parametrize(
    "after", ["", "x", "0", "9_1_1", "0_yesterday_1", "0_2026-03-10T09:00:00_1", "0_1_2_3_4", "-1_1", "0_" + "9" * 400]
)
def test_a_page_that_never_was_is_refused(desk: Desk, build: Builder, after: str) -> None:
    with pytest.raises(InvalidInput):
        tickets.list_tickets(desk, build.actor("ada@example.org"), "", after=after or "_")


def test_an_unknown_order_names_the_known_ones(desk: Desk, build: Builder) -> None:
    with pytest.raises(InvalidInput) as refused:
        tickets.list_tickets(desk, build.actor("ada@example.org"), "", sort="subject; DROP TABLE ticket")
    assert refused.value.hint == "known: waiting, priority, due, updated, created, number"


def test_a_search_gives_the_newest_hit_first_each_ticket_once(desk: Desk, build: Builder) -> None:
    first, second, third = (build.ticket(body=f"needle {n}") for n in range(3))
    build.message(first, "another needle")
    assert all_pages(desk, build, "needle", limit=50) == [first, third, second]
    assert all_pages(desk, build, "needle", limit=1) == [first, third, second]
    assert all_pages(desk, build, "needle 1", limit=1) == [second]
    assert all_pages(desk, build, "needle", limit=1, sort="number") == [first, second, third]


def test_a_search_goes_on_behind_hits_that_are_filtered_out(desk: Desk, build: Builder) -> None:
    wanted = build.ticket("rare", body="needle")
    build.tag(wanted, "vip")
    build.many_tickets(300, words=["needle"])
    assert all_pages(desk, build, "needle tag:vip", limit=1) == [wanted]


def test_no_search_reaches_beyond_the_searchers_departments(desk: Desk, build: Builder) -> None:
    mine = build.ticket(body="canary")
    build.ticket(body="canary", department="secret")
    build.personal("ben@example.org")
    build.ticket(body="canary", department="agent:ben@example.org")
    build.agent("root@example.org", admin=True)
    assert all_pages(desk, build, "canary", limit=50) == [mine]
    for query in ("canary", "canary or tag:vip", "not (not canary)"):
        build.tag(mine, "vip") if query == "canary or tag:vip" else None
        assert all_pages(desk, build, query, limit=50, sort="number") == [mine]
    admin, with_reason = build.actor("root@example.org"), build.actor("root@example.org", reason="audit")
    assert len(tickets.list_tickets(desk, admin, "canary").rows) == 2
    assert len(tickets.list_tickets(desk, with_reason, "canary").rows) == 3


def test_customers_find_what_they_may_read_and_nothing_by_internal_notes(desk: Desk, build: Builder) -> None:
    from helpdeskctl.queries.access import contact_actor

    number = build.ticket(body="public needle")
    build.note(number, "canary: difficult customer", agent="ada@example.org")
    build.message(number, "canary bounce", automatic=True)
    build.ticket(body="needle of somebody else", requester="eve@beta.example")
    alice = contact_actor(desk, build.contact("alice@acme.example"))
    assert numbers(tickets.list_tickets(desk, alice, "needle")) == [number]
    assert numbers(tickets.list_tickets(desk, alice, "canary")) == []
    with pytest.raises(InvalidInput):
        tickets.list_tickets(desk, alice, "tag:vip")


def test_a_row_tells_what_the_reading_agent_has_of_it(desk: Desk, build: Builder, clock: SteppedClock) -> None:
    number = build.ticket("Printer on fire", assignee="ada@example.org", company="acme")
    build.agent("ben@example.org", support="agent")
    ada, ben = build.actor("ada@example.org"), build.actor("ben@example.org")
    ticket_people.present(desk, ben, number, "writing")
    Draft.insert(agent_id=ada.id, ticket_id=number, kind="reply", content={}, saved_at=desk.now()).execute()
    (row,) = tickets.list_tickets(desk, ada).rows
    assert (row.unread, row.draft, row.writing) == (True, True, ("Ben",))
    assert (row.status, row.status_kind, row.priority.key, row.department) == ("new", "new", "normal", "support")
    assert (row.assignee, row.requester, row.requester_name) == ("ada@example.org", "alice@acme.example", "Alice")
    assert (row.company, row.company_name, row.team) == ("acme", "Acme", None)
    assert row.waiting_since == row.created_at == desk.now()
    ticket_fields.mark_read(desk, ada, number, 10**6)
    clock.advance(60)
    (row,) = tickets.list_tickets(desk, ada).rows
    assert (row.unread, row.writing) == (False, ())
    (row,) = tickets.list_tickets(desk, ben).rows
    assert (row.unread, row.draft) == (True, False)


def test_a_page_of_many_tickets_asks_no_more_than_one_of_few(desk: Desk, build: Builder) -> None:
    build.many_tickets(60)
    actor = build.actor("ada@example.org")
    asked = []
    for limit in (2, 50):
        with counted(desk) as statements:
            assert len(tickets.list_tickets(desk, actor, limit=limit).rows) == limit
        asked.append(len(statements))
    assert asked[0] == asked[1] <= 6


def test_counters_count_what_their_lists_show_and_stop_where_it_no_longer_matters(desk: Desk, build: Builder) -> None:
    build.many_tickets(12)
    build.ticket(spam=True)
    actor = build.actor("ada@example.org")
    queries = {"all": "", "billing": "dept:billing", "open": "kind:new,open", "words": "printer"}
    expected = {name: len(list(tickets.every(desk, actor, query))) for name, query in queries.items()}
    assert tickets.counts(desk, actor, queries) == expected
    assert tickets.counts(desk, actor, queries, at_most=2) == dict.fromkeys(queries, 2)
    assert COUNTED == 1000


def test_the_next_ticket_is_the_most_urgent_then_longest_waiting_that_is_free_or_mine(
    desk: Desk, build: Builder
) -> None:
    now = desk.now()
    build.agent("reader@example.org", support="reader")
    night = build.team("night", "ben@example.org", support="agent")
    build.ticket("closed", status="closed", priority=5)
    build.ticket("of another", assignee="ben@example.org", priority=5)
    build.ticket("elsewhere", department="secret", priority=5)
    teams = build.ticket("of a team", team_id=night, priority=5)
    later = build.ticket("normal", waiting_since=now - HOUR)
    urgent = build.ticket("urgent", priority=4)
    longest = build.ticket("mine", assignee="ada@example.org", waiting_since=now - 5 * HOUR)
    ada = build.actor("ada@example.org")
    passed: list[int] = []
    while (row := tickets.next_ticket(desk, ada, skip=passed)) is not None:
        passed.append(row.number)
    assert passed == [urgent, longest, later]
    first = tickets.next_ticket(desk, build.actor("ben@example.org"))
    assert first is not None and first.subject == "of another"
    assert tickets.next_ticket(desk, build.actor("ben@example.org"), skip=[first.number]).number == teams  # type: ignore[union-attr]
    assert tickets.next_ticket(desk, build.actor("reader@example.org")) is None


def test_whether_a_ticket_matches_a_query(desk: Desk, build: Builder) -> None:
    number = build.ticket("Fire", spam=True)
    ada = build.actor("ada@example.org")
    assert tickets.matches(desk, ada, "subject~fire", number)
    assert not tickets.matches(desk, ada, "subject~water", number)
    assert not tickets.matches(desk, ada, "", build.ticket(department="secret"))


def test_a_screen_learns_that_something_changed_and_that_nothing_did(desk: Desk, build: Builder) -> None:
    number = build.ticket()
    mark = changed_since(desk, None)
    assert mark is not None
    assert changed_since(desk, mark) is None
    ticket_fields.prioritize(desk, build.actor("ada@example.org"), number, "high")
    changed = changed_since(desk, mark)
    assert changed is not None
    assert changed_since(desk, changed) is None
