"""`helpdeskctl help`: the tables of the code, printed."""

from __future__ import annotations

import pytest

from helpdeskctl import config
from helpdeskctl.cli import exits
from helpdeskctl.cli.help import TOPICS
from tests.cli.conftest import Call


def test_topics_are_listed(call: Call) -> None:
    listed = {row["topic"] for row in call("help", "-o", "json").json}
    assert {"exit-codes", "environment", "query", "security"} <= listed


@pytest.mark.parametrize("topic", [topic.name for topic in TOPICS])
def test_every_topic_has_rows(call: Call, topic: str) -> None:
    assert call("help", topic).code == 0
    assert call("help", topic, "-o", "json").json


def test_exit_codes_are_those_of_the_table(call: Call) -> None:
    assert [row["code"] for row in call("help", "exit-codes", "-o", "json").json] == [code.code for code in exits.ALL]


def test_every_key_of_the_configuration_has_its_variable_and_meaning(call: Call) -> None:
    rows = {row["variable"]: row["meaning"] for row in call("help", "environment", "-o", "json").json}
    assert {key.variable for key in config.KEYS} <= set(rows)
    assert all(len(meaning) > 20 for meaning in rows.values())


def test_an_unknown_topic_is_answered_with_the_nearest(call: Call) -> None:
    answer = call("help", "exitcodes")
    assert answer.code == 67
    assert answer.err.endswith("  try: helpdeskctl help exit-codes\n")
