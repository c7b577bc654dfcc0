"""Bodies as a person reads them: HTML turned into text, flowed lines joined, folded lines left out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

from helpdeskctl.mail.incoming import Fold

_BLOCKS = {"div", "tr", "table", "center", "caption", "dd", "dt", "li"}
_APART = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "blockquote"}
_MAX_QUOTE_DEPTH = 12
_MAX_LIST_DEPTH = 8
_SCHEME = re.compile(r"(?:mailto:|https?://)(?:www\.)?", re.IGNORECASE)
# As in headers: the outer repeat may give back.
_TAG = re.compile(r'<(?P<close>/?)(?P<name>[a-z0-9]+)(?P<attributes>[^>"]*+(?:"[^"]*+"[^>"]*+)*)>')


def visible(text: str, folds: Iterable[Fold]) -> str:
    """`text` without the lines of `folds`, and without empty lines at its ends."""
    kept: list[str] = []
    lines, at = text.split("\n"), 0
    for fold in sorted(folds, key=lambda fold: fold.first_line):
        kept += lines[at : fold.first_line]
        at = max(at, fold.last_line + 1)
        if kept and not kept[-1].strip():  # else the empty lines above and below would add up
            while at < len(lines) and not lines[at].strip():
                at += 1
    return "\n".join(kept + lines[at:]).strip("\n \t")


def html_to_text(sanitized: str) -> str:
    """The text of HTML that went through `sanitize`: links, lists and quotes (`> `) are kept.

    Never give it raw HTML: it relies on the sanitizer's spelling (every tag closed, every attribute quoted).
    """
    writer = _Writer()
    at = 0
    for tag in _TAG.finditer(sanitized):
        writer.data(unescape(sanitized[at : tag.start()]))
        writer.end(tag["name"]) if tag["close"] else writer.start(tag["name"], tag["attributes"])
        at = tag.end()
    writer.data(unescape(sanitized[at:]))
    return writer.text()


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Join the lines of `format=flowed` text (RFC 3676); `delete_space` is its parameter DelSp."""
    paragraphs: list[list[str]] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        quotes, rest = _split_flowed(line)
        is_delimiter = rest == "-- "
        flows = rest.endswith(" ") and not is_delimiter
        content = rest[:-1] if flows and delete_space else rest
        if open_depth == len(quotes) and not is_delimiter:
            paragraphs[-1].append(content)
        else:
            paragraphs.append([f"{quotes} {content}" if quotes else content])
        open_depth = len(quotes) if flows else None
    return "\n".join(map("".join, paragraphs))


def _split_flowed(line: str) -> tuple[str, str]:
    rest = line.lstrip(">")
    return line[: len(line) - len(rest)], rest.removeprefix(" ")


def _attribute(attributes: str, name: str) -> str:
    _, found, rest = attributes.partition(f' {name}="')
    return unescape(rest.partition('"')[0]) if found else ""


class _Writer:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._space = False
        self._quote_depth = 0
        self._lists: list[int | None] = []  # the next number, None for bullets
        self._bullet = ""
        self._preformatted = 0
        self._link: tuple[str, int] | None = None

    def start(self, tag: str, attributes: str) -> None:
        """An element begins."""
        if tag == "br":
            self._end_line(even_empty=True)
        elif tag in _APART:
            self._block(apart=not (tag in ("ul", "ol") and self._lists))
            self._open(tag, attributes)
        elif tag in _BLOCKS:
            self._block()
            if tag == "li":
                self._bullet = self._next_bullet()
        elif tag in ("td", "th"):
            self._space = self._space or bool(self._line)
        elif tag == "hr":
            self._block()
            self._lines.append(f"{self._prefix()}* * *")
        elif tag == "img" and self._link:
            # A picture that is a link says where it leads; elsewhere its text is mostly a file name.
            alternative = _attribute(attributes, "alt")
            self._write(f"[{alternative}]" if alternative else "")
        elif tag == "a":
            self._link = (_attribute(attributes, "href"), len(self._line))

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag in _APART:
            self._end_line()
            self._close(tag)
            self._block(apart=not (tag in ("ul", "ol") and self._lists))
        elif tag in _BLOCKS:
            self._block()
        elif tag == "a" and self._link:
            self._write_link(*self._link)

    def data(self, data: str) -> None:
        """Text between tags."""
        if not self._preformatted:
            self._write(data)
            return
        first, *others = data.split("\n")
        self._line.append(first)
        for line in others:
            self._end_line(even_empty=True)
            self._line.append(line)

    def text(self) -> str:
        """What was written, without empty lines at its ends."""
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    def _open(self, tag: str, attributes: str) -> None:
        self._quote_depth += tag == "blockquote"
        self._preformatted += tag == "pre"
        if tag in ("ul", "ol"):
            first = _attribute(attributes, "start")
            self._lists.append(None if tag == "ul" else int(first[:6]) if first[:6].isdecimal() else 1)

    def _close(self, tag: str) -> None:
        self._quote_depth -= tag == "blockquote"
        self._preformatted -= tag == "pre"
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()

    def _next_bullet(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1] - 1}. "

    def _write(self, data: str) -> None:
        words = " ".join(data.split())
        if not words:
            self._space = self._space or bool(data)
            return
        if self._line and (self._space or data[0].isspace()):
            self._line.append(" ")
        self._line.append(words)
        self._space = data[-1].isspace()

    def _write_link(self, target: str, start: int) -> None:
        self._link = None
        shown = "".join(self._line[start:]).strip()
        if shown and target and _SCHEME.sub("", shown).rstrip("/") != _SCHEME.sub("", target).rstrip("/"):
            self._line.append(f" <{target}>")

    def _block(self, *, apart: bool = False) -> None:
        self._end_line()
        if apart and self._lines and self._lines[-1].strip("> "):
            self._lines.append(self._prefix().rstrip())
        elif apart and self._lines:
            self._lines[-1] = min(self._lines[-1], self._prefix().rstrip())  # the outer quote's, at its end

    def _end_line(self, *, even_empty: bool = False) -> None:
        content = "".join(self._line).rstrip()
        if content:
            indent = "  " * min(max(len(self._lists) - bool(self._bullet), 0), _MAX_LIST_DEPTH)
            self._lines.append(f"{self._prefix()}{indent}{self._bullet}{content}")
            self._bullet = ""
        elif even_empty:
            self._lines.append(self._prefix().rstrip())
        self._line, self._space = [], False
        self._link = self._link and (self._link[0], 0)

    def _prefix(self) -> str:
        return "> " * min(self._quote_depth, _MAX_QUOTE_DEPTH)
