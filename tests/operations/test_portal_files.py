"""The portal as a folder: out of one desk, into another, and again without a change."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import Exists, InvalidInput
from helpdeskctl.operations import brand, portal_files, portal_origins, portal_texts, setup
from helpdeskctl.queries import brand as brand_now
from helpdeskctl.queries import look
from helpdeskctl.queries import portal_origins as sites
from helpdeskctl.queries import setup as stored

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><rect width="9" height="9"/></svg>'


def photo(size: tuple[int, int] = (44, 37)) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def furnished(desk: Desk) -> Desk:
    """A desk with something of everything."""
    pictures = {"logo": LOGO, "login": photo()}
    brand.put(desk, SYSTEM, brand.Wanted(accent="#ffcc00", radius="3", css=b"h1 { margin: 0 }", pictures=pictures))
    hours = {"name": "Hours", "names": {"de": "Zeiten"}, "bodies": {"en": "From *nine*.\n\nTo five.", "de": "Ab neun."}}
    setup.create(desk, SYSTEM, "page", "hours", {**hours, "audience": "signed-in", "listed": "no"})
    setup.create(desk, SYSTEM, "page", "team", {"name": "Team", "kind": "html", "bodies": {"en": "<p>We.</p>"}})
    setup.create(desk, SYSTEM, "page", "shop", {"name": "Shop", "kind": "link", "url": "https://shop.example.org/?a=b"})
    portal_texts.put(desk, SYSTEM, "footer", "en", 'Example "GmbH"')
    portal_origins.add(desk, SYSTEM, "https://www.example.org")
    return desk


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def state(desk: Desk) -> object:
    """Everything that the folder tells of."""
    rows = [item.row() | {"id": 0} for item in stored.list_of(desk, "page")]
    return brand_now.now(desk), rows, look.read(desk).texts, sites.names(desk)


def emptied(desk: Desk) -> None:
    brand.reset(desk, SYSTEM)
    for item in stored.list_of(desk, "page"):
        setup.delete(desk, SYSTEM, "page", item.key)
    portal_texts.delete(desk, SYSTEM, "footer")
    portal_origins.remove(desk, SYSTEM, "https://www.example.org")


def test_what_goes_out_comes_in_the_same_and_changes_nothing_a_second_time(furnished: Desk, tmp_path: Path) -> None:
    before, tmp_path = state(furnished), tmp_path / "portal"
    written = portal_files.write_all(furnished, tmp_path)
    assert set(written) == {
        "portal.toml", "brand/logo.svg", "brand/login.jpg", "pages/hours.en.md", "pages/hours.de.md",
        "pages/team.en.html", "texts/footer.en.md", "brand/extra.css",
    }  # fmt: skip
    with pytest.raises(Exists):
        portal_files.write_all(furnished, tmp_path)
    same = portal_files.read_all(furnished, SYSTEM, files_in(tmp_path), prune=True)
    assert {change.action for change in same} == {"unchanged"} and state(furnished) == before
    emptied(furnished)
    assert state(furnished) != before
    made = portal_files.read_all(furnished, SYSTEM, files_in(tmp_path))
    assert {change.action for change in made} == {"created", "updated"} and state(furnished) == before
    again = portal_files.read_all(furnished, SYSTEM, files_in(tmp_path), prune=True)
    assert {change.action for change in again} == {"unchanged"} and state(furnished) == before


def test_pruning_takes_away_what_the_files_leave_out_and_nothing_else(furnished: Desk) -> None:
    said = {
        "portal.toml": b'[brand]\naccent = "#0b5cad"\n[[page]]\nkey = "hours"\nname = "Hours"\n',
        "pages/hours.en.md": b"From ten.\n",
    }
    portal_files.read_all(furnished, SYSTEM, said)
    assert [item.key for item in stored.list_of(furnished, "page")] == ["hours", "team", "shop"]
    portal_files.read_all(furnished, SYSTEM, said, prune=True)
    (hours,) = stored.list_of(furnished, "page")
    assert (hours.values["bodies"], hours.values["names"]) == ({"en": "From ten."}, {"en": "Hours"})
    now = brand_now.now(furnished)
    assert (now.accent, now.radius, now.logo, now.login_image, now.css) == ("#0b5cad", 6, None, None, None)
    assert look.read(furnished) == look.Look(entries=look.read(furnished).entries) and sites.names(furnished) == ()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"portal.toml": b"[brand\n"}, "portal.toml"),
        ({"portal.toml": b"[brand]\ncolour = 1\n"}, "unknown: colour"),
        ({"portal.toml": b"[brand]\nlogo = 1\n"}, "logo"),
        ({"portal.toml": b'[brand]\nlogo = "../../etc/passwd"\n'}, "there is no file"),
        ({"portal.toml": b'[brand]\nlogo = "brand/l.svg"\n', "brand/l.svg": b"<svg/>"}, "no SVG"),
        ({"portal.toml": b'[brand]\naccent = "yellow"\n'}, "no colour"),
        ({"portal.toml": b"page = [1]\n"}, "needs key and name"),
        ({"portal.toml": b'[[page]]\nkey = "a"\nname = "A"\n'}, "needs a text"),
        ({"portal.toml": b'origins = ["http://www.example.org"]\n'}, "https"),
        ({"portal.toml": b"", "pages/lost.en.md": b"x"}, "no page lost"),
        ({"portal.toml": b"", "texts/nowhere.en.md": b"x"}, "no text"),
        ({"portal.toml": b"", "texts/footer.en.md": b"\xff"}, "texts/footer.en.md"),
        ({"portal.toml": b"", "notes.txt": b"x"}, "no file of a portal"),
    ],
)
def test_a_fault_is_named_with_its_file_and_nothing_is_changed(
    furnished: Desk, said: dict[str, bytes], words: str
) -> None:
    before = state(furnished)
    good = {"texts/welcome.en.md": b"Hello."}
    with pytest.raises(InvalidInput) as refused:
        portal_files.read_all(furnished, SYSTEM, {**good, **said}, prune=True)
    assert words in " ".join(f"{each.where} {each.what} {each.hint}" for each in refused.value.problems)
    assert state(furnished) == before
