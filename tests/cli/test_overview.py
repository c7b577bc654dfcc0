"""`helpdeskctl overview`: one screen."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from helpdeskctl.config import Config
from helpdeskctl.desk import Desk
from helpdeskctl.queries.overview import first_admin, overview
from helpdeskctl.store.tables import Agent
from tests.builders import Builder
from tests.cli.conftest import Call


def test_a_new_desk_is_shown(call: Call, desk_config: Config) -> None:
    shown = call("overview", "-o", "json", config=desk_config.path).json
    assert shown["config"] == str(desk_config.path)
    assert (shown["agents"], shown["queues"], shown["mailboxes"], shown["late"]) == (0, [], [], 0)
    assert (shown["held"], shown["last_run"]) == (None, None)
    said = call("overview", config=desk_config.path).out
    assert str(desk_config.path) in said
    assert "last run never (helpdeskctl cron install)" in said


def test_a_copy_of_a_desk_says_that_it_holds_its_mail(call: Call, sqlite_config: Path) -> None:
    said = call("overview", config=sqlite_config, environ={"HELPDESK_INSTALLATION": "another"}).out
    assert "held      no mail is fetched or sent: this is a copy" in said


def test_queues_count_what_is_unfinished_late_and_nobodys(desk: Desk) -> None:
    build = Builder(desk)
    build.department("billing")
    build.agent("ann@example.org", support="agent")
    soon, past = desk.now() + timedelta(hours=1), desk.now() - timedelta(hours=1)
    build.ticket("late", department="support", due_at=past, waiting_since=past)
    build.ticket("in time", department="support", due_at=soon, assignee="ann@example.org", waiting_since=desk.now())
    build.ticket("done", department="support", status="closed", due_at=past)
    build.ticket("rubbish", department="support", spam=True)
    support = next(queue for queue in overview(desk).queues if queue.department == "support")
    assert (support.unfinished, support.unassigned, support.late) == (2, 1, 1)
    assert support.waiting_since == past
    billing = next(queue for queue in overview(desk).queues if queue.department == "billing")
    assert (billing.unfinished, billing.unassigned, billing.late, billing.waiting_since) == (0, 0, 0, None)


def test_the_longest_serving_active_admin_hears_of_trouble(desk: Desk) -> None:
    assert first_admin(desk) is None
    for address, active in (("old@example.org", False), ("ada@example.org", True), ("ben@example.org", True)):
        Agent.insert(address=address, name=address, admin=True, active=active, created_at=desk.now()).execute()
    assert first_admin(desk) == "ada@example.org"
