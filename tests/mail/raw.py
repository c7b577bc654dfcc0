"""Short mails, written as they are read."""

from __future__ import annotations

from textwrap import dedent


def raw(text: str, charset: str = "utf-8") -> bytes:
    """The bytes of an indented text, with the line ends of the wire."""
    return dedent(text).lstrip("\n").replace("\n", "\r\n").encode(charset)
