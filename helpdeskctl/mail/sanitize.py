"""HTML of strangers, made fit to be shown: allow-listed elements, no scripts, styles or requests to other hosts."""

from __future__ import annotations

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


def sanitize(html: str) -> str:
    """`html` without anything active. Judge it with `markup.too_much` first.

    Images keep `src` only as `cid:`; the address of a remote one moves to `data-remote-src`, which loads nothing.
    """
    mark = "remote-image:"
    while mark in html:
        mark = f"x{mark}"

    def hold_back(tag: str, attribute: str, value: str) -> str | None:
        if tag == "img" and attribute == "src" and value[:4].lower() != "cid:":
            return mark + value if value[:4].lower() == "http" else None
        return value

    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=hold_back,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        url_relative="deny",
        clean_content_tags={"script", "style", "title"},
        link_rel="noopener noreferrer nofollow",
    )
    return cleaned.replace(f' src="{mark}', ' data-remote-src="')
