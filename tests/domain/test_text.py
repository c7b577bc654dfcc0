from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.domain.text import clean, clean_line, printable

ANYTHING = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("no\x00nul \x1b[31mred\x0b\x0c", "nonul [31mred"),
        ("Jos\udce9", "Jos\ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        ("u\u0308ber", "über"),
        ("\u200fשלום", "\u200fשלום"),
    ],
)
def test_clean_gives_what_a_database_can_store(written: str, kept: str) -> None:
    assert clean(written) == kept


@given(ANYTHING)
def test_clean_text_can_be_encoded_and_stays_as_it_is_when_cleaned_again(text: str) -> None:
    cleaned = clean(text)
    assert b"\x00" not in cleaned.encode()
    assert clean(cleaned) == cleaned


def test_clean_line_is_one_line_without_white_space_at_its_ends() -> None:
    assert clean_line(" a\r\nBcc: b\x85c\u2028\td \u00a0 e ") == "a Bcc: b c d e"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("keeps\ttabs\nand lines – ümlaute 日本", "keeps\ttabs\nand lines – ümlaute 日本"),
        ("\x1b]52;c;x\x07", "␛]52;c;x␇"),
        ("a\x00b\rc\x7f", "a␀b␍c␡"),
        ("\x9b2J", "⟨009B⟩2J"),
        ("invoice\u202efdp.exe", "invoice⟨202E⟩fdp.exe"),
        ("\u2066x\u2069\u200f", "⟨2066⟩x⟨2069⟩⟨200F⟩"),
        ("Jos\udce9", "Jos\ufffd"),
    ],
)
def test_printable_shows_what_could_steer_a_terminal_as_a_mark(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANYTHING)
def test_printable_text_has_no_control_left_and_every_other_character_as_it_was(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert not set(shown) & set(map(chr, [*range(9), *range(11, 32), *range(127, 160)]))
    if text.isprintable():
        assert shown == text


def test_a_long_run_of_combining_marks_costs_time_in_step_with_its_length() -> None:
    def seconds(marks: int) -> float:
        start = time.perf_counter()
        clean("a" + "\u0301\u0327" * marks)
        return time.perf_counter() - start

    seconds(1_000)
    assert seconds(80_000) < 12 * seconds(20_000)
