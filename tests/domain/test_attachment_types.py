from __future__ import annotations

import pytest

from helpdeskctl.domain import attachment_types
from helpdeskctl.errors import InvalidInput


@pytest.mark.parametrize(
    ("raw", "kinds"),
    [
        ("exe, .SCR,*.js", ("exe", "scr", "js")),
        (["video/*", "exe", "exe"], ("video/*", "exe")),
        ("none", ()),
        ("", ()),
        ([], ()),
        ("tar.gz,application/x-msdownload", None),
    ],
)
def test_endings_and_types_are_told_apart(raw: object, kinds: tuple[str, ...] | None) -> None:
    if kinds is None:
        with pytest.raises(InvalidInput, match="neither an ending nor a type"):
            attachment_types.read(raw)
    else:
        assert attachment_types.read(raw) == kinds


@pytest.mark.parametrize(
    ("filename", "content_type", "refused"),
    [
        ("photo.jpg.EXE", "image/jpeg", True),
        ("setup.exe. ", "text/plain", True),
        ("exe", "text/plain", False),
        ("exe.txt", "text/plain", False),
        ("film", "Video/MP4", True),
        ("film", "videos/mp4", False),
        ("a.bin", "application/x-msdownload", True),
    ],
)
def test_a_name_counts_as_windows_reads_it_and_a_type_as_it_is_stated(
    filename: str, content_type: str, refused: bool
) -> None:
    why = attachment_types.refused(filename, content_type, ("exe", "video/*", "application/x-msdownload"))
    assert (why is not None) is refused


@pytest.mark.parametrize("raw", [5, None, "a b", "a/b/c"])
def test_what_is_neither_is_refused(raw: object) -> None:
    with pytest.raises(InvalidInput):
        attachment_types.read(raw)
