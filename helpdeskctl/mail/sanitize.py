"""HTML of strangers, made fit to be shown: allow-listed elements, no scripts, styles or requests to other hosts."""

from __future__ import annotations

from functools import cache

import nh3

_TAGS = set(
    "a abbr b big blockquote br caption center code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr "  # noqa: SIM905 - a list of names
    "i img ins kbd li ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr tt u ul".split()
)
_CELL = {"align", "valign", "colspan", "rowspan", "width", "bgcolor"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "blockquote": {"type"},
    "font": {"color", "face", "size"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "type"},
    "table": {"align", "border", "cellpadding", "cellspacing", "width", "bgcolor"},
    "td": _CELL,
    "th": _CELL,
    "tr": {"align", "valign", "bgcolor"},
}


_REMOTE = "cid:\ue000"


def sanitize(html: str) -> str:
    """`html` without anything active. Judge it with `markup.too_much` first.

    Images keep `src` only as `cid:`; the address of a remote one moves to `data-remote-src`, which loads nothing.
    """
    return _cleaner().clean(html).replace(f' src="{_REMOTE}', ' data-remote-src="')


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
    if tag != "img" or attribute != "src":
        return value
    if value[:4].lower() == "http":
        return _REMOTE + value
    is_part = value[:4].lower() == "cid:" and not value[4:].startswith(_REMOTE[4:])
    return f"cid:{value[4:]}" if is_part else None
