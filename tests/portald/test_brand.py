"""Logo, colour and picture of the desk on the portal's pages (POR-7)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from PIL import Image

from helpdeskctl.domain.contrast import DARK, LEAST, LIGHT, least_ratio
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import blob_sweep, brand
from helpdeskctl.store.tables import Blob
from tests.portald.conftest import Portal

LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><rect width="120" height="40" fill="#0b5cad"/></svg>'
)


def photo(kind: str = "PNG", size: tuple[int, int] = (44, 37)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#336699").save(out, kind)
    return out.getvalue()


@pytest.fixture
def branded(portal: Portal) -> Iterator[Portal]:
    """The portal, whose look is as shipped again afterwards."""
    yield portal
    brand.reset(portal.desk, SYSTEM)


def test_nothing_is_linked_and_nothing_served_until_something_is_set(branded: Portal) -> None:
    browser = branded.browser()
    assert "/brand/" not in browser.get("/login").text
    assert [browser.get(f"/brand/{name}").status for name in ("logo", "logo-dark", "login")] == [404] * 3
    assert browser.get("/brand/passwd").status == 404


def test_logos_stand_on_every_page_and_are_served_so_that_nothing_in_them_runs(branded: Portal) -> None:
    brand.put(branded.desk, SYSTEM, brand.Wanted(pictures={"logo": LOGO, "logo-dark": photo()}))
    browser = branded.browser()
    page = browser.get("/kb").text
    address = re.search(r'<img src="(/brand/logo\?v=[0-9a-f]{12})" alt="" height="36" width="108"', page)
    assert address and re.search(
        r'<source srcset="/brand/logo-dark\?v=\w+" media="\(prefers-color-scheme: dark\)"', page
    )
    served = browser.get(address[1])
    assert served.header("Content-Type") == "image/svg+xml" and b"<rect" in served.body
    assert "sandbox" in served.header("Content-Security-Policy")
    assert "default-src 'none'" in served.header("Content-Security-Policy")
    assert served.header("X-Content-Type-Options") == "nosniff"
    assert "immutable" in served.header("Cache-Control")
    assert "immutable" not in browser.get("/brand/logo?v=000000000000").header("Cache-Control")


def test_a_changed_logo_has_another_address_at_the_next_request(branded: Portal) -> None:
    brand.put(branded.desk, SYSTEM, brand.Wanted(pictures={"logo": LOGO}))
    browser = branded.browser()
    before = re.findall(r"/brand/logo\?v=\w+", browser.get("/kb").text)
    brand.put(branded.desk, SYSTEM, brand.Wanted(pictures={"logo": photo("PNG", (80, 20))}))
    after = re.findall(r"/brand/logo\?v=\w+", browser.get("/kb").text)
    assert before and after and before != after
    assert browser.get(after[0]).header("Content-Type") == "image/png"


def test_a_weak_accent_colours_areas_and_its_tint_colours_words(branded: Portal) -> None:
    brand.put(branded.desk, SYSTEM, brand.Wanted(accent="#FC0", radius="2"))
    browser = branded.browser()
    link = re.search(r'<link rel="stylesheet" href="(/brand/theme.css\?v=\w+)">', browser.get("/kb").text)
    assert link
    css = browser.get(link[1])
    assert css.header("Content-Type").startswith("text/css") and "immutable" in css.header("Cache-Control")
    day, night = re.findall(r"--accent:(#[0-9a-f]{6})", css.text)
    assert day == "#7a6200" and least_ratio(night, DARK) >= LEAST and least_ratio(day, LIGHT) >= LEAST
    assert css.text.count("--area:#ffcc00;--on-accent:#000000") == 2 and "--radius:2px" in css.text
    root = r":root\{(--[a-z-]+:[#0-9a-z]+;?)+\}"
    assert re.fullmatch(rf"({root}\n|@media\(prefers-color-scheme:dark\)\{{{root}\}}\n)+", css.text)
    brand.put(branded.desk, SYSTEM, brand.Wanted(accent="#ffcc00", force=True))
    assert "--accent:#ffcc00" in browser.get("/brand/theme.css").text


def test_a_style_sheet_of_the_desk_comes_after_its_colours(branded: Portal) -> None:
    css = b":root { --page: #fffdf5 }\n.brand { letter-spacing: .05em }\n"
    brand.put(branded.desk, SYSTEM, brand.Wanted(radius="2", css=css))
    browser = branded.browser()
    before = re.search(r"/brand/theme.css\?v=\w+", browser.get("/kb").text)
    assert before and browser.get(before[0]).text == ":root{--radius:2px}\n" + css.decode().strip()
    brand.put(branded.desk, SYSTEM, brand.Wanted(css=css + b"h1 { font-weight: 400 }"))
    after = re.search(r"/brand/theme.css\?v=\w+", browser.get("/kb").text)
    assert after and after[0] != before[0]
    brand.reset(branded.desk, SYSTEM, ["css"])
    assert "--page" not in browser.get("/brand/theme.css").text


def test_the_picture_stands_beside_the_form_to_sign_in_and_only_there(branded: Portal) -> None:
    brand.put(branded.desk, SYSTEM, brand.Wanted(pictures={"login": photo("JPEG", (440, 370))}))
    browser = branded.browser()
    found = re.search(
        r'<img src="(/brand/login\?v=\w+)" alt="" loading="lazy" width="440" height="370">', browser.get("/login").text
    )
    assert found and browser.get(found[1]).header("Content-Type") == "image/jpeg"
    assert "/brand/login" not in browser.get("/new").text


def test_the_sweep_keeps_the_picture_in_use_and_takes_the_one_before(branded: Portal) -> None:
    for size in ((40, 20), (80, 20)):
        brand.put(branded.desk, SYSTEM, brand.Wanted(pictures={"logo": photo("PNG", size)}))
    Blob.update(created_at=branded.desk.now() - timedelta(days=3)).execute()
    assert blob_sweep.sweep(branded.desk, stop=lambda: False) >= 1
    served = branded.browser().get("/brand/logo")
    assert Image.open(io.BytesIO(served.body)).size == (80, 20)
