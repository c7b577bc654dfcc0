"""Drawings (SVG) of an admin, made fit to be served: what could run or load something refuses the file.

Browsers run nothing in a drawing that stands as a picture on a page, and it is served in a sandbox; this is for the
day on which somebody opens it by itself, or puts it into a page in another way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from helpdeskctl.errors import InvalidInput

LARGEST = 512 * 1024
"""Octets of a drawing."""
_SVG = "http://www.w3.org/2000/svg"
_LINKS = ("href", "{http://www.w3.org/1999/xlink}href")
_ELEMENTS = frozenset(
    "svg g defs symbol use title desc metadata style path rect circle ellipse line polyline polygon text tspan "  # noqa: SIM905  # a list of names
    "textPath switch linearGradient radialGradient stop pattern clipPath mask marker filter feBlend feColorMatrix "
    "feComponentTransfer feComposite feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge "
    "feMergeNode feMorphology feOffset feTile".split()
)
_LOADS = re.compile(r"@import|url\(\s*['\"]?(?!\s*['\"]?#)|expression\(|javascript:|\\", re.IGNORECASE)
_LENGTH = re.compile(r"\s*([0-9]{1,5}(?:\.[0-9]{1,6})?)(?:px)?\s*")
_PLAIN = "save it as plain SVG, without scripts, links and embedded pictures; or as PNG"


def cleaned(data: bytes) -> bytes:
    """The drawing without comments, declarations and what drawing programs add for themselves.

    Raises InvalidInput for what is no SVG in UTF-8, is too large, or holds scripts, foreign content or addresses.
    """
    root = _parsed(data)
    for element in list(root.iter()):
        for child in list(element):
            if not _is_svg(child):
                element.remove(child)  # sodipodi:namedview, rdf:RDF and their like
    for element in root.iter():
        for fault in _faults(element):
            raise InvalidInput(f"the drawing holds {fault}", hint=_PLAIN)
        for name in [name for name in element.attrib if name.startswith("{") and name not in _LINKS]:
            del element.attrib[name]
    ElementTree.register_namespace("", _SVG)
    try:
        return ElementTree.tostring(root, encoding="unicode").encode()
    except RecursionError:
        raise InvalidInput("the drawing has its parts nested too deep", hint=_PLAIN) from None


def size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, by the attributes or the view box of a drawing; None where neither tells."""
    root = _parsed(data)
    lengths = [_LENGTH.fullmatch(root.get(name, "")) for name in ("width", "height")]
    if all(lengths):
        numbers = [float(found[1]) for found in lengths if found]
    else:
        box = [_LENGTH.fullmatch(part) for part in root.get("viewBox", "").replace(",", " ").split()[-2:]]
        numbers = [float(found[1]) for found in box if found]
    if len(numbers) != 2 or min(numbers) < 1:
        return None
    return round(numbers[0]), round(numbers[1])


def _parsed(data: bytes) -> Element:
    if len(data) > LARGEST:
        raise InvalidInput(f"the drawing has {len(data) // 1024} kB; it may have {LARGEST // 1024} kB")
    try:
        text = data.decode("utf-8-sig")
        if "<!ENTITY" in text:
            raise InvalidInput("the drawing defines entities", hint=_PLAIN)
        root = ElementTree.fromstring(text)  # noqa: S314  # it is small, and defines no entities
    except (UnicodeDecodeError, ElementTree.ParseError, ValueError) as error:
        raise InvalidInput(f"this is no SVG: {error}") from error
    if root.tag != f"{{{_SVG}}}svg":
        raise InvalidInput("this is no SVG: its root is no svg element of SVG's namespace")
    return root


def _is_svg(element: Element) -> bool:
    return isinstance(element.tag, str) and element.tag.startswith(f"{{{_SVG}}}")


def _faults(element: Element) -> Iterator[str]:
    name = element.tag.removeprefix(f"{{{_SVG}}}")
    if name not in _ELEMENTS:
        yield f"an element {name}"
    if name == "style" and _LOADS.search("".join(element.itertext())):
        yield "a style that loads something"
    for attribute, value in element.attrib.items():
        bare = attribute.rpartition("}")[2].lower()
        if bare.startswith("on"):
            yield f"a script ({bare})"
        elif attribute in _LINKS or bare == "href":
            if not value.startswith("#"):
                yield "an address of something outside"
        elif _LOADS.search(value):
            yield f"an address in {bare}"
