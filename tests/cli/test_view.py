"""`helpdeskctl view` and `helpdeskctl access`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpdeskctl.desk import Desk
from tests.builders import Builder
from tests.cli.conftest import Answer, Call

Run = Callable[..., Answer]
ADA, BEN, ROOT = (("--as", f"{name}@example.org") for name in ("ada", "ben", "root"))


@pytest.fixture
def build(desk: Desk) -> Builder:
    builder = Builder(desk)
    builder.agent("ada@example.org", support="agent")
    builder.agent("ben@example.org", billing="agent")
    builder.agent("root@example.org", admin=True)
    return builder


@pytest.fixture
def view(call: Call, desk: Desk) -> Run:
    """`helpdeskctl view …` on the desk of the test."""
    return lambda *words, **options: call("view", *words, config=desk.config.path, **options)


def keys(answer: Answer) -> list[str]:
    return [row["key"] for row in answer.json]


def test_everybody_has_the_shipped_views_and_their_departments(view: Run, build: Builder) -> None:
    shipped = ["mine", "unassigned", "departments", "waiting", "snoozed"]
    of_mail = ["undelivered", "spam"]
    assert keys(view("list", *ADA, "-o", "json")) == [*shipped, "department:support", *of_mail]
    assert keys(view("list", *ROOT, "-o", "json")) == [*shipped, "department:billing", "department:support", *of_mail]
    assert keys(view("list", "-o", "json")) == [
        "unassigned",
        "waiting",
        "snoozed",
        "department:billing",
        "department:support",
        *of_mail,
    ]


def test_shipped_views_count_what_they_say(view: Run, build: Builder) -> None:
    build.ticket(assignee="ada@example.org")
    build.ticket(assignee="ada@example.org", status="closed")
    build.ticket()
    build.ticket(status="question")
    build.ticket(department="billing")
    counted = {row["key"]: row["count"] for row in view("count", *ADA, "-o", "json").json}
    assert counted == {
        "mine": 1, "unassigned": 2, "departments": 3, "waiting": 1, "snoozed": 0, "department:support": 3,
        "undelivered": 0, "spam": 0,
    }  # fmt: skip
    assert keys(view("count", "mine", *ADA, "-o", "json")) == ["mine"]


def test_an_own_view_is_seen_by_its_agent_alone_until_it_is_shared(view: Run, build: Builder) -> None:
    made = view("create", "VIP customers", "--query", "tag:vip", "--sort", "priority", *ADA, "-o", "json").json
    assert (made["kind"], made["key"], made["action"]) == ("view", "vip-customers", "created")
    assert view("show", "vip-customers", *ADA, "-o", "json").json["query"] == "tag:vip"
    assert view("show", "vip-customers", *BEN).code == 67
    assert view("edit", "vip-customers", "--shared", *ADA).code == 0
    assert view("show", "vip-customers", *BEN).code == 0
    assert view("edit", "vip-customers", "--sort", "due", *BEN).code == 77
    assert view("delete", "vip-customers", *BEN).code == 77
    assert view("delete", "vip-customers", *ADA).code == 0
    assert view("show", "vip-customers", *ADA).code == 67


def test_own_views_come_before_shared_ones_of_the_same_name(view: Run, build: Builder) -> None:
    view("create", "Hot", "--query", "priority:urgent")
    view("create", "Hot", "--query", "tag:hot", *ADA)
    assert view("show", "hot", *ADA, "-o", "json").json["query"] == "tag:hot"
    assert view("show", "hot", *BEN, "-o", "json").json["query"] == "priority:urgent"
    assert view("create", "Hot", "--query", "", *ADA).code == 73


def test_only_what_is_given_changes_and_unset_empties(view: Run, build: Builder) -> None:
    view("create", "Hot", "--query", "tag:hot", "--sort", "due", "--columns", "number, subject", *ADA)
    assert view("edit", "hot", "--name", "Hotter", *ADA, "-o", "json").json["changed"] == ["name"]
    assert view("edit", "hot", "--unset", "sort", *ADA, "-o", "json").json["changed"] == ["sort"]
    shown = view("show", "hot", *ADA, "-o", "json").json
    assert (shown["name"], shown["query"], shown["sort"], shown["columns"]) == (
        "Hotter",
        "tag:hot",
        None,
        ["number", "subject"],
    )
    assert view("edit", "hot", "--query", "tag:hot", *ADA, "-o", "json").json["action"] == "unchanged"


def test_faulty_queries_orders_and_names_are_refused(view: Run, build: Builder) -> None:
    assert view("create", "A", "--query", "asignee:me", *ADA).code == 65
    assert view("create", "A", "--query", "tag:x", "--sort", "colour", *ADA).code == 65
    assert view("create", "Mine", "--query", "tag:x", *ADA).code == 65
    assert view("edit", "mine", "--query", "tag:x", *ADA).code == 77
    assert view("show", "myne", *ADA).err.splitlines()[1] == "  try: near: mine"


def test_access_says_which_line_of_the_table_decides(call: Call, desk: Desk, build: Builder) -> None:
    number = build.ticket(requester="alice@acme.example")
    build.contact("eve@beta.example")

    def explained(person: str, *words: object) -> dict[str, tuple[bool, str]]:
        answer = call("access", "explain", person, number, "-o", "json", *words, config=desk.config.path)
        return {row["action"]: (row["allowed"], row["why"]) for row in answer.json}

    assert explained("ada@example.org")["reply"] == (True, "an agent may reply")
    assert explained("ben@example.org")["see"] == (False, "no role in its department")
    assert explained("alice@acme.example")["rate"] == (True, "a requester may rate")
    assert explained("alice@acme.example")["see notes"] == (False, "a requester may not see notes")
    assert explained("eve@beta.example")["see"] == (False, "takes no part in it")
    unknown = call("access", "explain", "nobody@x.example", number, config=desk.config.path)
    assert unknown.code == 67
    unseen = call("access", "explain", "ada@example.org", number, *BEN, config=desk.config.path)
    assert unseen.code == 67
