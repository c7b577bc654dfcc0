"""The patterns that people type mean what they would mean as regular expressions, without being any."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.domain.patterns import LONGEST, Searched, several
from helpdeskctl.errors import InvalidInput


def line_of(pattern: str, text: str) -> int | None:
    return Searched(text).line_of(several(pattern))


@pytest.mark.parametrize(
    ("pattern", "text", "line"),
    [
        ("fire|smoke", "All is well.\nSMOKE over there, no fire", 1),
        ("fire|smoke", "All is well.", None),
        ("STRASSE", "Hauptstraße 3", 0),
        ("^re:", "Re: printer", 0),
        ("^re:", "about re: printer", None),
        ("ready$", "I am\nready", 1),
        ("ready$", "ready when you are", None),
        ("^ready$", "already", None),
        ("^$", "", 0),
        ("^$", "one\n\nthree", 1),
        ("won.*prize", "You have won a BIG prize", 0),
        ("won.*prize", "You have won\na prize", None),
        ("^ab.*ba$", "aba", None),
        ("^ab.*ba$", "abba", 0),
        (".exe$", "invoice.exe", 0),
        (r"\.exe$", "invoice.exe", 0),
        (".exe$", "invoice_exe", None),
        ("*****", "score ****", None),
        ("*****", "score ******", 0),
        ("[SPAM] (urgent)", "[spam] (Urgent) c++", 0),
        (r"100\$$", "it costs 100$", 0),
        (r"\^_\^", "hello ^_^", 0),
        (r"a\\b", "a\\b", 0),
    ],
)
def test_a_pattern_finds_its_first_line(pattern: str, text: str, line: int | None) -> None:
    assert line_of(pattern, text) == line


@pytest.mark.parametrize("pattern", ["", "a||b", ".*", "^", "$", "^.*$", "|"])
def test_a_pattern_that_says_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidInput, match="says nothing"):
        several(pattern)


@pytest.mark.parametrize(
    "pattern", [r"\d+", "fire.+out", "[a-z]", "[^0-9a-f]", "(?i)fire", "x{2,3}", r"\bfire", "fire\\"]
)
def test_what_only_a_regular_expression_would_mean_is_refused_and_not_taken_for_text(pattern: str) -> None:
    with pytest.raises(InvalidInput, match="patterns know no") as error:
        several(pattern)
    assert error.value.hint


few = st.text("ab.*^$\n", max_size=12)


@given(st.text("ab.*^$", max_size=7), few)
def test_it_is_the_regular_expression_that_it_looks_like(pattern: str, text: str) -> None:
    try:
        found = line_of(pattern, text)
    except InvalidInput:
        return
    begin, rest = pattern.startswith("^"), pattern.removeprefix("^")
    end, rest = rest.endswith("$"), rest.removesuffix("$")
    meant = ".*".join(re.escape(piece) for piece in rest.split(".*"))
    regex = re.compile(f"{'^' if begin else ''}{meant}{'$' if end else ''}")
    lines = (number for number, line in enumerate(text.split("\n")) if regex.search(line))
    assert found == next(lines, None)


@given(st.text(max_size=30), st.text(max_size=60))
def test_any_pattern_has_an_answer_or_a_told_fault(pattern: str, text: str) -> None:
    try:
        line_of(pattern, text)
    except InvalidInput as error:
        assert error.message


def steps(work: Callable[[], object]) -> int:
    """How many functions `work` calls, those of the library too; unlike time, the same on every machine."""
    count = 0

    def see(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("pattern", ["a.*a.*a.*a.*a.*b", "^a.*a.*a.*c$", "aab|aac|aaad", "^.*a.*b$"])
@pytest.mark.parametrize("line", ["a", "aaaa\n", "\n", "ab" * 50 + "\n"])
def test_twice_the_text_is_at_most_twice_the_work(pattern: str, line: str) -> None:
    small, large = (line * (size // len(line)) for size in (2_000, 4_000))
    patterns = several(pattern)
    first = steps(lambda: Searched(small).line_of(patterns))
    second = steps(lambda: Searched(large).line_of(patterns))
    assert second <= 2 * first + 50


def test_of_a_text_only_a_bounded_piece_is_looked_at() -> None:
    assert line_of("needle", "x" * (LONGEST - 6) + "needle") == 0
    assert line_of("needle", "x" * LONGEST + "needle") is None
