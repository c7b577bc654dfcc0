"""Pictures of an admin, made anew from their pixels: no metadata, no bombs, no larger than a page shows them (016)."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpdeskctl.domain import svg
from helpdeskctl.domain.images import image_type
from helpdeskctl.errors import InvalidInput

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = 10 * 1024 * 1024
"""Octets of a picture as it comes."""
MOST_PIXELS = 25_000_000
"""Width times height, looked at before anything is decoded."""
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that can be served: its bytes, what they are, and its size in pixels, if it has one."""

    data: bytes
    content_type: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which kinds of picture a place takes, and the box that larger ones are made to fit, in pixels."""

    drawings: bool
    width: int
    height: int


def made_anew(data: bytes, bounds: Bounds) -> Picture:
    """The picture for this place. InvalidInput for what is none, of another kind, or too large to be decoded."""
    if bounds.drawings and image_type(data) is None:
        size = svg.size(data)
        width, height = size or (None, None)
        return Picture(svg.cleaned(data), "image/svg+xml", width, height)
    kind = image_type(data)
    if kind not in _FORMATS:
        kinds = "an SVG, PNG, JPEG or WebP" if bounds.drawings else "a JPEG, PNG or WebP"
        raise InvalidInput(f"this is not {kinds} file")
    if len(data) > LARGEST:
        raise InvalidInput(f"the picture has {len(data) >> 20} MB; it may have {LARGEST >> 20} MB")
    return _encoded(_decoded(data, _FORMATS[kind]), kind, bounds)


def _decoded(data: bytes, format_: str) -> Image:
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pictures: their size is judged here
            found = Image.open(io.BytesIO(data), formats=(format_,))
            if found.size[0] * found.size[1] > MOST_PIXELS:
                raise Image.DecompressionBombError
            found.load()
            return ImageOps.exif_transpose(found)
    except Image.DecompressionBombError as bomb:
        raise InvalidInput(f"the picture has too many pixels; it may have {MOST_PIXELS:,}") from bomb
    except (OSError, ValueError, SyntaxError) as error:
        raise InvalidInput("the picture cannot be read: it is damaged or not whole") from error


def _encoded(image: Image, kind: str, bounds: Bounds) -> Picture:
    transparent = kind != "image/jpeg" and (image.has_transparency_data or "A" in image.getbands())
    image = image.convert("RGBA" if transparent else "RGB")
    image.thumbnail((bounds.width, bounds.height))
    image.info.clear()  # profiles, positions, comments
    out = io.BytesIO()
    image.save(out, _FORMATS[kind], optimize=True, quality=85)
    return Picture(out.getvalue(), kind, *image.size)
