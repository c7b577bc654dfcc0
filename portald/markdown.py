"""Markdown of articles and pages as HTML: tables and bare addresses too, no HTML of its own, cleaned after all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from helpdeskctl.domain.languages import direction

Resolve = Callable[[str], str | None]
"""From an address as it is written to the one to be followed; None takes the link or picture away."""

_LONGEST = 50_000  # characters: what the parser takes for a hostile text grows faster than the text
_TAGS = set(
    "a abbr b blockquote br caption code dd del details div dl dt em figcaption figure h2 h3 h4 h5 h6 hr i img ins kbd "  # noqa: SIM905  # a list of names
    "li ol p pre s section small span strong sub summary sup table tbody td tfoot th thead tr u ul".split()
)
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "details": {"open"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"style", "colspan", "rowspan"},
    "th": {"style", "colspan", "rowspan", "scope"},
}


def as_html(text: str, resolve: Resolve) -> Markup:
    """`text` as HTML that may stand on a page: headings begin at h2 and leave no level out, links and pictures lead
    where `resolve` says."""
    tokens = _parser().parse(text[:_LONGEST])
    _nest([token for token in tokens if token.type in ("heading_open", "heading_close")])
    for token in tokens:
        for inner in token.children or ():
            for name in ("href", "src"):
                if name in inner.attrs:
                    inner.attrs[name] = resolve(str(inner.attrs[name])) or ""
    html = _parser().renderer.render(tokens, _parser().options, {})
    return Markup(_cleaner().clean(html))  # noqa: S704  # cleaned


def _nest(headings: Sequence[Token]) -> None:
    """Let each heading stand one level below the one it belongs to, whatever its writer took (WCAG 1.3.1)."""
    above: list[int] = []
    for token in headings:
        if token.type == "heading_open":
            level = int(token.tag[1])
            above = [each for each in above if each < level] + [level]
        token.tag = f"h{min(len(above) + 1, 6)}"


@lru_cache(maxsize=64)
def own_words(text: str, language: str) -> Markup:
    """A piece of the desk's own words for a page in whatever language, which says itself what it is written in."""
    block = Markup('<div lang="{}" dir="{}">{}</div>')
    return block.format(language, direction(language), as_html(text, lambda target: target))


def clean_html(text: str) -> Markup:
    """HTML that an admin wrote, with what may stand on a page and nothing else."""
    return Markup(_cleaner().clean(text[:_LONGEST]))  # noqa: S704  # cleaned


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": True}).enable(["table", "strikethrough", "linkify"])


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_admitted,
        url_schemes={"http", "https", "mailto", "tel"},
        url_relative="pass_through",
        filter_style_properties={"text-align"},
        link_rel="noopener noreferrer",
    )


def _admitted(tag: str, attribute: str, value: str) -> str | None:
    """No empty addresses; pictures come from our own address alone: elsewhere they would tell who reads."""
    if attribute == "src":
        return value if value.startswith("/") and not value.startswith(("//", "/\\")) else None
    return value if value or attribute != "href" else None
