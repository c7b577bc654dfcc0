"""A power cut may not leave a row whose bytes are gone: what a blob's file needs comes before the row that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kill.sync_order import Step, out_of_order

ROOT = Path("/d/blobs")
DIGEST = "ab" + "c" * 62
FILE = f"/d/blobs/ab/{'c' * 62}"
SAFE = [
    Step("mkdir", "/d/blobs"),
    Step("sync", "/d"),
    Step("mkdir", "/d/blobs/ab"),
    Step("sync", "/d/blobs"),
    Step("write", "/d/blobs/ab/.tmp", text="bytes"),
    Step("sync", "/d/blobs/ab/.tmp"),
    Step("rename", FILE, source="/d/blobs/ab/.tmp"),
    Step("sync", "/d/blobs/ab"),
    Step("write", "/d/desk.db-wal", text=f"row {DIGEST}"),
]


def test_the_whole_order_is_safe() -> None:
    assert out_of_order(SAFE, DIGEST, FILE, ROOT) == []


@pytest.mark.parametrize(
    ("missing", "finding"),
    [
        (1, "blobs/"),
        (3, "ab/"),
        (5, "renamed before it is synced"),
        (6, "before it is there"),
        (7, "folder of its file"),
    ],
)
def test_each_step_left_out_is_found(missing: int, finding: str) -> None:
    (problem,) = out_of_order([*SAFE[:missing], *SAFE[missing + 1 :]], DIGEST, FILE, ROOT)
    assert finding in problem


def test_a_row_written_too_early_is_found() -> None:
    early = [*SAFE[:4], SAFE[-1], *SAFE[4:-1]]
    assert out_of_order(early, DIGEST, FILE, ROOT) == [f"{DIGEST[:12]} is named before it is there"]
