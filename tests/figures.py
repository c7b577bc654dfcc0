"""Figures that tests measured, printed at the end: `record_property("figure", "mails read: 3,093 of 3,093")`."""

from __future__ import annotations

import pytest

NAME = "figure"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print each figure once, in alphabetical order."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    figures = {str(value) for report in reports for name, value in report.user_properties if name == NAME}
    if figures:
        terminalreporter.section("figures")
    for figure in sorted(figures):
        terminalreporter.line(f"  {figure}")
