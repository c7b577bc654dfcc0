from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdeskctl.domain import front_matter
from helpdeskctl.errors import InvalidInput

LINES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
NAMES = st.from_regex(r"\A[a-z_]{1,8}\Z")


@given(st.dictionaries(NAMES, LINES | st.lists(LINES, min_size=1) | st.dictionaries(NAMES, LINES, min_size=1)))
def test_what_is_written_is_read_back(fields: dict[str, object]) -> None:
    assert front_matter.read(front_matter.write(fields, "The text.\n\n+++\nmore")) == (fields, "The text.\n\n+++\nmore")


def test_a_file_without_fields_is_all_text() -> None:
    assert front_matter.read("Hello\n+++\n") == ({}, "Hello\n+++\n")
    assert front_matter.read("") == ({}, "")


def test_a_byte_order_mark_and_other_line_ends_do_no_harm() -> None:
    assert front_matter.read("\ufeff+++\r\ntitle = 'T'\r\n+++\r\n\r\nHello\r\n") == ({"title": "T"}, "Hello")


@pytest.mark.parametrize(("text", "told"), [("+++\ntitle = 'T'\n", "closing"), ("+++\na = 1\nb =\n+++\n", "line 3")])
def test_a_fault_is_told_with_its_line_in_the_file(text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        front_matter.read(text)
