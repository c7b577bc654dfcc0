"""Every word of the query language against both databases: which tickets it gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.filters import Compare, Tree, Words, unparse
from helpdeskctl.domain.filters_words import WORDS, Op
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import InvalidInput, NotFound
from helpdeskctl.queries import tickets
from helpdeskctl.queries.comparisons import COMPARISONS
from helpdeskctl.store.tables import Agent, Field, FieldValue, ReadMark, TicketType, Topic
from tests.builders import Builder
from tests.clock import A_TUESDAY

DAY = timedelta(days=1)


def test_every_word_of_the_vocabulary_is_translated() -> None:
    assert set(COMPARISONS) == {word.name for word in WORDS}


@pytest.fixture
def build(desk: Desk) -> Builder:
    return Builder(desk)


@pytest.fixture
def known(build: Builder, desk: Desk) -> dict[int, str]:
    """Number -> letter of nine tickets that differ in everything words speak of."""
    ada, ben = build.agent("ada@example.org", admin=True), build.agent("ben@example.org")
    team = build.team("night")
    kind = TicketType.insert(key="incident", names={"en": "Incident"}).execute()
    topic = Topic.insert(key="hardware", names={"en": "Hardware"}, department_id=build.department()).execute()
    made = {
        "a": build.ticket("Fire in room 3", assignee="ada@example.org", priority=5, language="de", type_id=kind),
        "b": build.ticket("BRANDSCHUTZTÜR", department="billing", status="open", priority=4, topic_id=topic),
        "c": build.ticket(
            "Old", status="closed", created_at=A_TUESDAY - 10 * DAY, closed_at=A_TUESDAY - 2 * DAY, waiting_since=None
        ),
        "d": build.ticket("Team", team_id=team, company="muster", requester="bob@muster.example", priority=1),
        "e": build.ticket("Spam", spam=True),
        "f": build.ticket("Snoozed", snoozed_until=A_TUESDAY + DAY),
        "g": build.ticket("Woken", snoozed_until=A_TUESDAY - DAY, due_at=A_TUESDAY - DAY),
        "h": build.ticket("Due", due_at=A_TUESDAY + timedelta(hours=1), status="question", assignee="ben@example.org"),
    }
    made["i"] = build.ticket("Merged", merged_into_id=made["a"])
    build.tag(made["a"], "vip")
    build.tag(made["b"], "press")
    message = build.message(made["b"], "see the file")
    build.attachment(message, "plan.pdf")
    build.attachment(build.message(made["d"], "inline only"), "logo.png", inline=True)
    build.attachment(build.message(made["h"], "gone"), "gone.pdf", deleted_at=A_TUESDAY)
    room = Field.insert(key="room", on_kind="ticket", type="text", names={}).execute()
    floor = Field.insert(key="floor", on_kind="ticket", type="number", names={}).execute()
    until = Field.insert(key="until", on_kind="ticket", type="date", names={}).execute()
    for letter, field, value in [("a", room, "Room 3.12"), ("b", room, "n/a"), ("a", floor, "10"), ("b", floor, "9"),
                                 ("d", floor, "-1.5"), ("c", floor, "ground"), ("a", until, "2026-05-01")]:  # fmt: skip
        FieldValue.insert(field_id=field, ticket_id=made[letter], value=value).execute()
    ReadMark.insert(ticket_id=made["a"], agent_id=ada, message_id=10**6).execute()
    ReadMark.insert(ticket_id=made["b"], agent_id=ben, message_id=10**6).execute()
    ReadMark.insert(ticket_id=made["d"], agent_id=ada, message_id=1).execute()
    return {number: letter for letter, number in made.items()}


def asked(desk: Desk, known: dict[int, str], query: str | Tree, **options: str) -> str:
    actor = Builder(desk).actor("ada@example.org")
    return "".join(sorted(known[row.number] for row in tickets.every(desk, actor, query, **options)))


@pytest.mark.parametrize(
    ("query", "letters"),
    [
        ("", "abcdgh"),
        ("status:new", "adg"),
        ("status:new,open", "abdg"),
        ("not status:new", "bch"),
        ("kind:closed", "c"),
        ("not kind:closed,question", "abdg"),
        ("assignee:me", "a"),
        ("is:mine", "a"),
        ("assignee:nobody", "bcdg"),
        ("assignee:nobody,BEN@example.org", "bcdgh"),
        ("not assignee:ada@example.org", "bcdgh"),
        ("assignee:team:night", "d"),
        ("not assignee:team:night", "abcgh"),
        ("dept:billing", "b"),
        ("not department:Support", "b"),
        ("requester:bob@", "d"),
        ("from:ALICE", "abcgh"),
        ("from:50%", ""),
        ("company:muster", "d"),
        ("not company:muster", "abcgh"),
        ("tag:vip", "a"),
        ("tag:vip,press", "ab"),
        ("not tag:vip", "bcdgh"),
        ("priority:urgent", "a"),
        ("priority>=high", "ab"),
        ("priority<normal", "d"),
        ("sla:late", "g"),
        ("sla<2h", "gh"),
        ("sla>30m", "h"),
        ("not sla:late", "abcdh"),
        ("older:7d", "c"),
        ("newer:2h", "abdgh"),
        ("quiet:2d", "c"),
        ("created<2026-03-10", "c"),
        ("created:2026-03-10", "abdgh"),
        ("created>=2026-03-10", "abdgh"),
        ("created>2026-03-09", "abdgh"),
        ("created<=2026-02-28", "c"),
        ("closed:2026-03-08", "c"),
        ("not closed:2026-03-08", "abdgh"),
        ("quiet:2d tag:vip", ""),
        ("updated>2026-03-10", ""),
        ("due<=2026-03-10", "gh"),
        ("due<2026-03-10", "g"),
        ("has:attachment", "b"),
        ("not has:attachment", "acdgh"),
        ("is:unread", "bcdgh"),
        ("not is:unread", "a"),
        ("is:spam", "e"),
        ("is:merged", "i"),
        ("is:snoozed", "f"),
        ("not is:snoozed", "abcdgh"),
        ("is:spam or is:merged", "ei"),
        ("lang:de", "a"),
        ("not lang:de", "bcdgh"),
        ("type:incident", "a"),
        ("topic:hardware", "b"),
        ('subject~"fire|brand"', "ab"),
        ("subject~schutztür", "b"),
        ("subject~100%", ""),
        ("field.room:\"room 3.12\"", "a"),
        ("field.room~3.1", "a"),
        ("field.floor>=9", "ab"),
        ("field.floor<0", "d"),
        ("field.until<2026-06-01", "a"),
        ("not field.room~room", "bcdgh"),
        ("fire", "a"),
        ('"see the file"', "b"),
        ("not smoking", ""),
        ("fire or tag:press", "ab"),
        ("smoking tag:vip", "a"),
        ("smoking not tag:vip", "bcdgh"),
        ("(priority:urgent or dept:billing) not status:open", "a"),
    ],
)  # fmt: skip
def test_a_query_gives_the_tickets_it_asks_for(desk: Desk, known: dict[int, str], query: str, letters: str) -> None:
    assert asked(desk, known, query) == letters
    assert asked(desk, known, query, sort="-number") == letters


def test_a_number_finds_its_ticket_whatever_became_of_it(desk: Desk, known: dict[int, str]) -> None:
    numbers = ",".join(f"#{number}" for number in known)
    assert asked(desk, known, f"number:{numbers}") == "abcdefghi"
    assert asked(desk, known, f"number>={max(known)}") == ""


@pytest.mark.parametrize(
    ("query", "message", "hint"),
    [
        ("dept:suport", 'no department "suport"', "near: support"),
        ("status:opne", 'no status "opne"', "near: open"),
        ("assignee:eda@example.org", 'no agent "eda@example.org"', "near: ada@example.org, ben@example.org"),
        ("tag:zzzzzz", 'no tag "zzzzzz"', "known: press, vip"),
        ("field.rom:1", 'no field "rom"', "near: room"),
        ("company:x", 'no company "x"', "known: muster"),
    ],
)
def test_an_unknown_name_is_told_with_what_was_meant_perhaps(
    desk: Desk, known: dict[int, str], query: str, message: str, hint: str
) -> None:
    with pytest.raises(NotFound) as refused:
        asked(desk, known, query)
    assert (refused.value.message, refused.value.hint) == (message, hint)


def test_words_about_me_need_an_agent(desk: Desk) -> None:
    for query in ("assignee:me", "is:unread", "is:mine"):
        with pytest.raises(InvalidInput, match="needs an agent"):
            tickets.list_tickets(desk, SYSTEM, query)


def test_a_day_begins_where_the_agent_is(desk: Desk, build: Builder) -> None:
    build.agent("ada@example.org", admin=True)
    Agent.update(timezone="Asia/Bangkok").execute()
    late = build.ticket(created_at=datetime.fromisoformat("2026-03-09T18:00:00Z"))  # 01:00 on the 10th in Bangkok
    page = tickets.list_tickets(desk, build.actor("ada@example.org"), "created:2026-03-10")
    assert [row.number for row in page.rows] == [late]


HOSTILE = [
    "'; DROP TABLE ticket; --",
    "%",
    "_",
    "\\",
    '\\"',
    "\x00zq",
    "x" * 1000,
    "a*",
    "NEAR(",
    "{}",
    "%s",
    "?",
    "\ud800",
]
PLACES = [
    lambda text: Words((text,)),
    lambda text: Compare("subject", Op.HAS, (text,)),
    lambda text: Compare("requester", Op.IS, (text,)),
    lambda text: Compare("lang", Op.IS, (text,)),
    lambda text: Compare("field", Op.IS, (text,), "room"),
    lambda text: Compare("field", Op.HAS, (text,), "room"),
]


@pytest.mark.parametrize("place", PLACES)
def test_values_of_queries_are_never_syntax(desk: Desk, known: dict[int, str], place: Callable[[str], Tree]) -> None:
    for hostile in HOSTILE:
        try:
            found = asked(desk, known, unparse(place(hostile)))
        except InvalidInput as refused:
            assert refused.problems, hostile
        else:
            assert found == "", hostile
