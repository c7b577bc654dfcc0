"""What an admin expects of a mail: partial, nested, and forgiving about white space only."""

from __future__ import annotations

from typing import Any

import pytest

from helpdeskctl.domain import expectations
from helpdeskctl.errors import InvalidInput

OUTCOME: dict[str, Any] = {
    "decision": "open", "rule": "new_ticket", "class": "normal", "ticket": None, "department": "support",
    "subject": 'Say "hi" \\ \x7f', "visible": 'One\n"""Two"""\n\n  Three',
    "attachments": [{"filename": "a.pdf", "size": 3, "type": "application/pdf", "inline": False}],
}  # fmt: skip


def differences(text: str) -> list[tuple[str, Any, Any]]:
    expected = expectations.read(text, "a.toml")
    found = expectations.compare(expected, OUTCOME, text, "a.toml")
    return [(each.key, each.expected, each.outcome) for each in found]


@pytest.mark.parametrize(
    "text",
    [
        'decision = "open"',
        'ticket = ""',
        'visible = """\nOne  \n\\"\\"\\"Two\\"\\"\\"\n\n  Three\n\n"""',
        'attachments = [{ filename = "a.pdf" }]',
        "[[attachments]]\nsize = 3\ninline = false",
    ],
)
def test_what_is_not_stated_is_not_compared(text: str) -> None:
    assert differences(text) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('decision = "add"', "decision"),
        ("ticket = 5", "ticket"),
        ('department = ""', "department"),
        ("attachments = []", "attachments"),
        ('attachments = [{ filename = "b.pdf" }]', "attachments[0].filename"),
        ("attachments = [{ size = true }]", "attachments[0].size"),
        ('visible = "One\\nTwo"', "visible"),
        ('visible = """\nOne\n\\"\\"\\"Two\\"\\"\\"\n\nThree"""', "visible"),
    ],
)
def test_each_difference_is_named_with_both_sides(text: str, key: str) -> None:
    assert [each[0] for each in differences(text)] == [key]


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ('decision = "open"\nsubjct = "x"', 'a.toml:2: no outcome has a "subjct"', "did you mean subject?"),
        ('\n[[attachments]]\nfilname = "x"', 'a.toml:3: no outcome has a "filname"', "did you mean filename?"),
        ('attachments = [{ filname = "x" }]', "a.toml:1: ", "did you mean filename?"),
        ('decision = "open"\nrule = \n', "a.toml:2: ", None),
        ("decision = 'open", "a.toml:1: ", None),
        ("# nothing\n", "a.toml:1: it expects nothing", 'as decision = "open"'),
    ],
)
def test_a_broken_expectation_is_named_with_its_line(text: str, words: str, hint: str | None) -> None:
    with pytest.raises(InvalidInput) as broken:
        differences(text)
    assert (broken.value.message.startswith(words), broken.value.hint) == (True, hint)


def test_what_is_written_of_an_outcome_is_what_it_is() -> None:
    text = expectations.stated(OUTCOME)
    assert differences(text) == []
    assert 'visible = """\nOne\n' in text
    for key, other in {"subject": "Say", "visible": "One\nTwo", "department": None, "attachments": []}.items():
        found = expectations.compare(expectations.read(text, "a.toml"), OUTCOME | {key: other}, text, "a.toml")
        assert [each.key for each in found] == [key]
