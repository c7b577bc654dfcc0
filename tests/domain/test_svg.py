"""Drawings: what could run or load something is refused, what drawing programs add is left out."""

from __future__ import annotations

import pytest

from helpdeskctl.domain.svg import LARGEST, cleaned, size
from helpdeskctl.errors import InvalidInput

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 120 40"'


def svg(inside: str, more: str = "") -> bytes:
    return f"{HEAD} {more}>{inside}</svg>".encode()


def test_a_drawing_stays_and_what_programs_add_for_themselves_goes() -> None:
    made = (
        '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'
        f'<!-- made with love -->{HEAD} xmlns:inkscape="http://www.inkscape.org/x" inkscape:version="1">'
        '<inkscape:view onload="x()"/><defs><linearGradient id="a"><stop stop-color="#fff"/></linearGradient></defs>'
        '<rect width="5" height="5" fill="url(#a)"/><use xlink:href="#a"/><title>We</title></svg>'
    )
    clean = cleaned(made.encode()).decode()
    assert "inkscape" not in clean and "love" not in clean and "DOCTYPE" not in clean
    assert 'fill="url(#a)"' in clean and "<title>We</title>" in clean
    assert cleaned(clean.encode()).decode() == clean


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>", '<rect onclick="x()"/>', "<foreignObject/>", '<a href="https://e.example"/>',
        '<image href="https://e.example/p.png"/>', '<use href="https://e.example/x.svg#a"/>',
        '<use xlink:href="data:image/svg+xml;base64,AAAA"/>', '<rect fill="url(https://e.example/x)"/>',
        '<style>@import "https://e.example/x.css";</style>', "<style>rect{fill:url( 'https://e.example')}</style>",
        '<style>rect{fill:\\75 rl("https://e.example")}</style>', '<rect style="background:url(//e.example)"/>',
        '<animate attributeName="href" to="javascript:x()"/>', '<set attributeName="onload" to="x()"/>', "<iframe/>",
        '<rect xmlns:h="http://www.w3.org/1999/xhtml" h:onclick="x()"/>',
    ],
)  # fmt: skip
def test_what_could_run_or_load_something_is_refused(inside: str) -> None:
    with pytest.raises(InvalidInput):
        cleaned(svg(inside))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"GIF89a", b"<svg/>", b"<html xmlns='http://www.w3.org/1999/xhtml'/>", "ü".encode("latin-1"),
        svg("x").decode().encode("utf-16"), svg("<g>" * 20), svg("x" * LARGEST), svg("<g>" * 9000 + "</g>" * 9000),
        b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + svg("&b;"),
        b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg("&x;"),
    ],
)  # fmt: skip
def test_what_is_no_drawing_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        cleaned(data)


def test_the_size_comes_from_the_attributes_or_the_view_box() -> None:
    assert size(svg("")) == (120, 40)
    assert size(svg("", 'width="60px" height="20.4"')) == (60, 20)
    assert size(svg("", 'width="100%" height="5em"')) == (120, 40)
    assert size(b'<svg xmlns="http://www.w3.org/2000/svg"/>') is None
