"""Figures for monitoring: on an address of their own, never among the customers' pages (POR-10)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.exposition import Family, Sample, text
from helpdeskctl.queries import metrics
from portald.counts import Counts
from tests.builders import Builder
from tests.portald.browser import Browser
from tests.portald.conftest import Portal, daemon


@pytest.fixture
def side(desk: Desk, tmp_path: Path) -> Iterator[tuple[int, int]]:
    """A portal's port and the port of its metrics."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    assert desk.config.path is not None
    desk.config.path.write_text(desk.config.path.read_text() + f'\n[portal]\nmetrics_listen = "127.0.0.1:{port}"\n')
    with daemon(desk.config, tmp_path / "log") as (_, own):
        yield own, port


def test_they_answer_on_their_own_address_only(desk: Desk, side: tuple[int, int]) -> None:
    own, port = side
    Browser(own).get("/login")
    Browser(own).get("/nothing-here")
    assert Browser(own).get("/metrics").status == 404
    answer = Browser(port).get("/metrics")
    assert answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    assert 'helpdesk_http_requests_total{code="404"} 2' in answer.text
    assert 'helpdesk_http_request_duration_seconds_bucket{le="+Inf"} ' in answer.text
    assert 'helpdesk_build_info{version="' in answer.text
    assert Browser(port).get("/login").status == 404


def test_they_tell_what_is_in_the_desk_and_nothing_of_customers(desk: Desk) -> None:
    build = Builder(desk)
    for _ in range(3):
        build.ticket("Secret subject", requester="alice@acme.example")
    build.ticket("Done", status="closed", requester="alice@acme.example")
    build.mailbox("support@example.org", fetched_at=desk.now())
    said = text(metrics.families(desk))
    assert 'helpdesk_tickets{status="new",department="support"} 3\n' in said
    assert 'helpdesk_tickets{status="closed",department="support"} 1\n' in said
    stamp = f"{desk.now().timestamp():.15g}"
    assert f'helpdesk_mail_fetch_last_success_timestamp_seconds{{mailbox="support@example.org"}} {stamp}\n' in said
    assert "helpdesk_outbox_waiting 0\n" in said and "helpdesk_outbox_oldest_seconds 0\n" in said
    assert "helpdesk_db_size_bytes " in said
    assert "alice" not in said and "acme" not in said and "Secret" not in said


def test_labels_are_quoted_and_every_family_is_introduced() -> None:
    said = text(
        [Family("a", "gauge", "One\nline.", [Sample(1.5, {"x": 'say "hi"\\\n'})]), Family("b", "gauge", "", [])]
    )
    assert said == '# HELP a One\\nline.\n# TYPE a gauge\na{x="say \\"hi\\"\\\\\\n"} 1.5\n'


def test_processes_count_apart_and_are_told_together() -> None:
    counts = Counts(2)
    counts.add(200, 0.02)
    counts.of_process(1)
    counts.add(200, 0.3)
    counts.add(503, 60)
    said = text(counts.families())
    assert 'helpdesk_http_requests_total{code="200"} 2\n' in said
    assert 'helpdesk_http_requests_total{code="503"} 1\n' in said
    assert 'helpdesk_http_request_duration_seconds_bucket{le="0.025"} 1\n' in said
    assert 'helpdesk_http_request_duration_seconds_bucket{le="10"} 2\n' in said
    assert "helpdesk_http_request_duration_seconds_count 3\n" in said
    assert "helpdesk_http_request_duration_seconds_sum 60.32\n" in said


def test_the_log_says_how_long_a_request_took_and_what_no_route_answers(portal: Portal) -> None:
    portal.browser().get("/no-such-page-secret")
    line = next(line for line in reversed(portal.log.read_text().splitlines()) if "status=404" in line)
    assert "page=- " in line and " ms=" in line and "secret" not in line
