"""Pictures made anew, and the look of a desk set and taken back (POR-7)."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import InvalidInput
from helpdeskctl.operations import brand, pictures
from helpdeskctl.queries import brand as shown
from helpdeskctl.store.tables import BrandImage, Event

SMALL = pictures.Bounds(True, 100, 100)


def picture(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "#336699").save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "P"), ("PNG", "RGBA"), ("WEBP", "RGBA")]
)
def test_what_a_camera_wrote_is_gone_and_the_picture_stays(kind: str, mode: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home, 52.5 N"  # ImageDescription
    exif[0x0112] = 6  # turned by 90 degrees
    options = {} if mode == "P" else {"exif": exif.tobytes()}
    data = picture(kind, mode=mode, **options)
    made = pictures.made_anew(data + b"<script>alert(1)</script>", SMALL)
    again = Image.open(io.BytesIO(made.data))
    assert (again.format, again.size) == (kind, (made.width, made.height))
    assert again.size == ((40, 30) if mode == "P" else (30, 40))
    assert b"at home" not in made.data and b"<script" not in made.data and not again.getexif()


def test_a_large_picture_is_made_to_fit_and_a_small_one_is_not_blown_up() -> None:
    assert pictures.made_anew(picture("PNG", (400, 200)), SMALL).width == 100
    assert pictures.made_anew(picture("PNG", (10, 10)), SMALL).width == 10


@pytest.mark.parametrize("side", [7_000, 60_000])
def test_a_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(1000))))
    whole = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    with pytest.raises(InvalidInput, match="may have 25,000,000"):
        pictures.made_anew(b"\x89PNG\r\n\x1a\n" + b"".join(whole), SMALL)


@pytest.mark.parametrize(
    "data", [b"", b"text", picture("GIF"), picture("PNG")[:60], b"\xff\xd8\xff" + bytes(50), bytes(11 << 20)]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        pictures.made_anew(data, pictures.Bounds(False, 100, 100))


def test_a_picture_for_the_sign_in_page_is_no_drawing() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    with pytest.raises(InvalidInput, match="JPEG, PNG or WebP"):
        pictures.made_anew(svg, pictures.Bounds(False, 100, 100))


def test_the_look_is_set_shown_and_put_back_with_an_event_each(desk: Desk) -> None:
    wanted = brand.Wanted(name="Example", accent="#ffcc00", radius="0", pictures={"logo": picture("PNG")})
    assert [change.key for change in brand.put(desk, SYSTEM, wanted)] == ["name", "accent", "corner_radius", "logo"]
    now = shown.now(desk)
    assert (now.name, now.text, now.radius, now.logo) == ("Example", "#7a6200", 0, "image/png 40x30")
    assert now.contrast and now.contrast >= 4.5
    again = brand.put(desk, SYSTEM, brand.Wanted(pictures={"logo": picture("PNG")}))
    assert [change.action for change in again] == ["unchanged"]
    brand.reset(desk, SYSTEM, ["logo", "accent"])
    assert (shown.now(desk).accent, shown.now(desk).logo, shown.now(desk).radius) == (None, None, 0)
    brand.reset(desk, SYSTEM)
    assert shown.now(desk).radius == 6
    told = [row.verb for row in Event.select().where(Event.object_kind == "brand").order_by(Event.id)]
    assert told == ["created", "deleted"]


def test_an_unfit_picture_changes_nothing_of_the_rest(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="logo"):
        brand.put(desk, SYSTEM, brand.Wanted(accent="#ffcc00", pictures={"logo": b"no"}))
    with pytest.raises(InvalidInput):
        brand.put(desk, SYSTEM, brand.Wanted(accent="yellow", pictures={"logo": picture("PNG")}))
    assert shown.now(desk).accent is None and not BrandImage.select().exists()


@pytest.mark.parametrize(
    "logo", [picture("PNG", (90, 10)), b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 10"/>']
)
def test_a_logo_too_wide_for_a_narrow_page_is_refused(desk: Desk, logo: bytes) -> None:
    with pytest.raises(InvalidInput, match="8 times as wide as high"):
        brand.put(desk, SYSTEM, brand.Wanted(pictures={"logo": logo}))
    brand.put(desk, SYSTEM, brand.Wanted(pictures={"login": picture("PNG", (90, 10))}))
    assert "90 x 10" in (shown.too_small() or "")


def test_a_forced_accent_is_no_longer_forced_when_another_one_comes(desk: Desk) -> None:
    brand.put(desk, SYSTEM, brand.Wanted(accent="#ffcc00", force=True))
    assert shown.now(desk).text == "#ffcc00" and shown.now(desk).contrast == 1.4
    brand.put(desk, SYSTEM, brand.Wanted(accent="#ffcc00"))
    assert shown.now(desk).text == "#7a6200"
