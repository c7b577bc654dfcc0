"""Files that customers leave in forms and never send do not fill the disk (C45-C47)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.operations import portal_drafts, sessions
from helpdeskctl.operations.portal_drafts import Form, NewFile
from helpdeskctl.operations.rate_limits import TooMany
from helpdeskctl.store.tables import Blob
from tests.builders import Builder
from tests.clock import SteppedClock

MEGABYTE = 1024**2


def filled(n: int, contact: int | None, peer: str = "192.0.2.1") -> Form:
    return Form(f"{n:032x}", "/new", contact, peer)


def new_file(size: int) -> NewFile:
    """A file of its own."""
    return NewFile("x.bin", "application/octet-stream", os.urandom(16) + bytes(size - 16))


@pytest.mark.parametrize("signed_in", [True, False])
def test_forms_that_are_never_sent_hold_only_so_much(desk: Desk, signed_in: bool) -> None:
    eve = Builder(desk).contact("eve@beta.example") if signed_in else None
    with pytest.raises(TooMany):
        for n in range(20):
            form = filled(n, eve, f"192.0.2.{n if signed_in else 1}")
            portal_drafts.put(desk, form, [new_file(20 * MEGABYTE)], trusted=signed_in)


def test_who_signed_in_is_not_stopped_by_others_behind_the_same_address(desk: Desk) -> None:
    alice = Builder(desk).contact("alice@acme.example")
    with pytest.raises(TooMany):
        for n in range(3):
            portal_drafts.put(desk, filled(n, None), [new_file(10 * MEGABYTE)], trusted=False)
    assert portal_drafts.put(desk, filled(9, alice), [new_file(10 * MEGABYTE)], trusted=True) == ()


def test_a_file_that_did_not_fit_leaves_no_bytes_behind_once_cleaned(desk: Desk, clock: SteppedClock) -> None:
    eve = Builder(desk).contact("eve@beta.example")
    for _ in range(2):
        portal_drafts.put(desk, filled(1, eve), [new_file(20 * MEGABYTE)], trusted=True)
    clock.advance(2 * 86400)
    for path in (each for each in desk.blobs.root.rglob("*") if each.is_file()):
        os.utime(path, (clock().timestamp() - 2 * 86400,) * 2)
    sessions.clean(desk)
    assert Blob.select().count() == 0
    assert stored(desk.blobs.root) == []


def stored(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]
