"""Style sheets of an admin."""

from __future__ import annotations

import pytest

from helpdeskctl.domain.stylesheets import LARGEST, checked
from helpdeskctl.errors import InvalidInput


def test_a_style_sheet_stays_as_it_is() -> None:
    text = ":root { --page: #fffdf5; }\n.brand { background: url('/brand/logo') no-repeat; }\n/* Müller */"
    assert checked(f"{text}\r\n".encode()) == text


@pytest.mark.parametrize(
    "said",
    [
        '@import "https://e.example/x.css";', "a { background: url(https://e.example/p) }",
        "a { b: URL( '//e.example') }",
        "a { b: url(data:image/png;base64,A) }", "a { b: \\75rl(https://e.example) }", "</style><script>", "", "a\0b",
        "a { b: image-set('https://e.example/p' 1x) }", "x" * (LARGEST + 1),
    ],
)  # fmt: skip
def test_what_loads_something_from_elsewhere_or_is_none_is_refused(said: str) -> None:
    with pytest.raises(InvalidInput):
        checked(said.encode())


def test_the_line_is_named() -> None:
    with pytest.raises(InvalidInput, match="line 2"):
        checked(b"a { }\n@import 'x';")
