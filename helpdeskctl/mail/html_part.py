"""The HTML beside the text of our mails, made from that text. Pure, and linear in its length.

Paragraphs find their own direction, addresses of pages become links, quotes (`> `) become block quotes. Nothing is
loaded from anywhere, no colour is set: mail programs show it as their readers like it, dark or light.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby

from helpdeskctl.domain.languages import RIGHT_TO_LEFT

_LINK = re.compile(r"https?://[^\s<>\"]{1,2000}")
_AFTER_LINK = ".,;:!?'*_"  # ends the sentence, not the link
_QUOTE = re.compile(r"(?:> ?)+")
_DEEPEST = 8  # levels of quotes shown apart
_GAP = re.compile(r" (?= )")
_PARAGRAPH = '<p dir="auto" style="margin:0 0 1em">'
_QUOTED = '<blockquote style="margin:0 0 1em;padding:0 .8em;border-{side}:2px solid #888">'
_HEAD = (
    '<!DOCTYPE html>\n<html{lang} dir="{direction}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width">\n<meta name="color-scheme" content="light dark">\n'
    "</head>\n"
    '<body style="font-family:sans-serif;font-size:1em;line-height:1.45;overflow-wrap:anywhere">\n'
)
_TAIL = "</body>\n</html>\n"


def html_of(text: str, language: str | None = None) -> str:
    """A page that says what `text` says, in the direction of `language`."""
    return page(fragment(text, language), language)


def page(body: str, language: str | None = None) -> str:
    """A page round some HTML; what is a page already stays as it is."""
    if "<html" in body[:1000].lower():
        return body
    lang = f' lang="{language}"' if language else ""
    return _HEAD.format(lang=lang, direction=_direction(language)) + body + _TAIL


def fragment(text: str, language: str | None = None) -> str:
    """`text` as paragraphs, to stand in a page."""
    side = "right" if _direction(language) == "rtl" else "left"
    parts: list[str] = []
    depth = 0
    for level, lines in groupby(map(_levelled, text.strip("\n").split("\n")), key=lambda line: line[0]):
        parts += [_QUOTED.format(side=side)] * (level - depth) + ["</blockquote>"] * (depth - level)
        parts += _paragraphs(line for _, line in lines)
        depth = level
    parts += ["</blockquote>"] * depth
    return "\n".join(parts) + "\n"


def _direction(language: str | None) -> str:
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def _levelled(line: str) -> tuple[int, str]:
    """How deep a line is quoted, and the line."""
    marks = _QUOTE.match(line)
    if marks is None:
        return 0, line
    return min(marks[0].count(">"), _DEEPEST), line[marks.end() :]


def _paragraphs(lines: Iterator[str]) -> Iterator[str]:
    for blank, together in groupby(lines, key=lambda line: not line.strip()):
        if not blank:
            yield _PARAGRAPH + "<br>\n".join(map(_line, together)) + "</p>"


def _line(line: str) -> str:
    """A line with its links; its gaps and what it is indented by stay."""
    parts, end = [], 0
    line = re.sub("^ ", "\N{NO-BREAK SPACE}", line.expandtabs(4))
    for found in _LINK.finditer(line):
        url = _bare(found[0])
        parts += [_shown(line[end : found.start()]), f'<a dir="ltr" href="{escape(url)}">{escape(url)}</a>']
        end = found.start() + len(url)
    return "".join([*parts, _shown(line[end:])])


def _bare(link: str) -> str:
    """A link without what ends the sentence round it; a closing bracket belongs to it where one opens in it."""
    link = link.rstrip(_AFTER_LINK)
    while _closes_nothing(link):
        link = link[:-1].rstrip(_AFTER_LINK)
    return link


def _closes_nothing(link: str) -> bool:
    return (link.endswith(")") and "(" not in link) or (link.endswith("]") and "[" not in link)


def _shown(text: str) -> str:
    return _GAP.sub("\N{NO-BREAK SPACE}", escape(text))
