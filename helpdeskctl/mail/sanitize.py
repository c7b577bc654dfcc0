"""HTML of strangers, made fit to be shown: allow-listed elements, no scripts, styles or requests to other hosts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import escape, unescape
from urllib.parse import unquote

import nh3

_TAGS = set(
    "a abbr b big blockquote br caption center code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr "  # noqa: SIM905 - a list of names
    "i img ins kbd li ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr tt u ul".split()
)
_CELL = {"align", "valign", "colspan", "rowspan", "width", "bgcolor", "background"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title", "style"},
    "a": {"href"},
    "blockquote": {"type"},
    "font": {"color", "face", "size"},
    "img": {"src", "srcset", "alt", "width", "height"},
    "ol": {"start", "type"},
    "table": {"align", "border", "cellpadding", "cellspacing", "width", "bgcolor", "background"},
    "td": _CELL,
    "th": _CELL,
    "tr": {"align", "valign", "bgcolor", "background"},
}


_REMOTE = "cid:\ue000"
_WEB = re.compile(r"https?:", re.IGNORECASE)
_CANDIDATES = re.compile(r"[^,\s]{1,2000}(?:\s{1,20}[\d.]{1,10}[wx])?(?:\s{0,20},\s{0,20}|\Z)")
_BACKGROUND = re.compile(
    r"background(?:-image)?\s{0,20}:[^;]{0,200}?url\(\s{0,20}['\"]?(https?://[^'\"()\\\s<>]{1,2000})['\"]?\s{0,20}\)",
    re.IGNORECASE,
)
_MARKED = re.compile(rf' (src|srcset|background|style)="{_REMOTE}')
_HELD = re.compile(r' data-remote-(src|srcset|background|style)="')
_PART = re.compile(r' src="cid:([^"]*)"')
# The sanitizer's spelling of a tag; the outer repeat may give back, as in headers.
_TAG = re.compile(r'<[a-z][a-z0-9]*(?:[^>"]*+(?:"[^"]*+"[^>"]*+)*)>')


def sanitize(html: str) -> str:
    """`html` without anything active. Judge it with `markup.too_much` first.

    Images keep `src` only as `cid:`. What would load something from elsewhere moves to `data-remote-src`, `-srcset`,
    `-background` and `-style`, which load nothing; `with_remote` brings it back.
    """
    clean = _cleaner().clean(html)
    return _MARKED.sub(r' data-remote-\1="', clean) if _REMOTE in clean else clean


def with_remote(sanitized: str) -> str:
    """What `sanitize` made, with the remote pictures back that it held: for a reader who asked for them (MAIL-16)."""
    return _TAG.sub(lambda tag: _HELD.sub(r' \1="', tag[0]), sanitized) if " data-remote-" in sanitized else sanitized


def with_parts(sanitized: str, urls: Mapping[str, str]) -> str:
    """What `sanitize` made, with the mail's own pictures: `urls` leads from a Content-ID to where its part is served.

    A picture whose part is missing loses its `src`.
    """

    def placed(picture: re.Match[str]) -> str:
        url = urls.get(content_id(picture[1]))
        return "" if url is None else f' src="{escape(url)}"'

    return _TAG.sub(lambda tag: _PART.sub(placed, tag[0]), sanitized) if 'src="cid:' in sanitized else sanitized


def content_id(reference: str) -> str:
    """The Content-ID that a `cid:` reference in sanitized HTML stands for (RFC 2392)."""
    return unquote(unescape(reference))


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_hold_back,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        url_relative="deny",
        clean_content_tags={"script", "style", "title"},
        link_rel="noopener noreferrer nofollow",
    )


def _hold_back(tag: str, attribute: str, value: str) -> str | None:
    """The sanitizer's filter cannot rename an attribute: a mark on the value does it, which no sender can set."""
    if attribute == "style":
        found = _BACKGROUND.search(value)
        return f"{_REMOTE}background-image:url('{found[1]}')" if found else None
    if attribute == "background":
        return _REMOTE + value if _WEB.match(value) else None
    if attribute == "srcset":
        return _REMOTE + value if all(map(_WEB.match, _candidates(value))) else None
    if tag != "img" or attribute != "src":
        return value
    if _WEB.match(value):
        return _REMOTE + value
    is_part = value[:4].lower() == "cid:" and not value[4:].startswith(_REMOTE[4:])
    return f"cid:{value[4:]}" if is_part else None


def _candidates(srcset: str) -> list[str]:
    """The addresses in a `srcset`; an empty one, which is none, where it cannot be read."""
    found = _CANDIDATES.findall(srcset.strip())
    return found if found and sum(map(len, found)) == len(srcset.strip()) else [""]
