"""Every skip is counted and explained at the end; HELPDESK_NO_SKIP=1 allows none but an absent corpus."""

from __future__ import annotations

import os
from collections import Counter

import pytest

CORPUS_VARIABLE = "HELPDESK_CORPUS"  # a skip whose reason names it is the one that is always allowed


def _reasons(config: pytest.Config) -> Counter[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter else []
    return Counter(
        str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr).removeprefix("Skipped: ")
        for report in reports
    )


def _forbidden(config: pytest.Config) -> list[str]:
    if os.environ.get("HELPDESK_NO_SKIP", "") in {"", "0"}:
        return []
    return [reason for reason in _reasons(config) if CORPUS_VARIABLE not in reason]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for a skip that is not allowed."""
    if _forbidden(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print each reason with its count."""
    reasons = _reasons(config)
    if not reasons:
        return
    forbidden = set(_forbidden(config))
    terminalreporter.section(f"{reasons.total()} skipped")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count:5}  {reason}{'  (not allowed here)' if reason in forbidden else ''}")
