"""Files that a power cut leaves whole or not there at all: written, synced and renamed, then their folders synced.

The syncs of many files run side by side, because the disk settles those that wait together in one go.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

_OPEN = 64  # files open at the same time
_SYNCS = 8  # syncs at the same time

T = TypeVar("T")


def write_all(files: Mapping[Path, bytes]) -> None:
    """Put `files` in place, for the owner alone; on return they survive a power cut. OSError when one cannot be.

    A path tells what is in the file: one that is there is complete, and becomes as young as if it were written now.
    """
    folders = {path.parent for path in files}
    above = {parent for folder in folders for parent in _made(folder)}
    missing = [(path, data) for path, data in files.items() if not _taken_up(path)]
    for start in range(0, len(missing), _OPEN):
        _write_some(missing[start : start + _OPEN])
    # Those of files that were there, too: whoever put them there may have died before this.
    _side_by_side(_sync_folder, folders | above)


def write_pieces(folder: Path, pieces: Iterable[bytes], path: Callable[[], Path]) -> None:
    """Put one file in place, written piece by piece; only then `path` is asked for what it is called. As `write_all`.

    Until then it stands in `folder`, on the same disk.
    """
    above = list(_made(folder))
    scratch = folder / f".{os.getpid()}.{threading.get_ident()}.pieces.tmp"
    try:
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            for piece in pieces:
                _write(handle, piece)
            os.fsync(handle)
        finally:
            os.close(handle)
        place = path()
        above += _made(place.parent)
        if not _taken_up(place):
            scratch.replace(place)
        _side_by_side(_sync_folder, {place.parent, *above})
    finally:
        scratch.unlink(missing_ok=True)


def _made(folder: Path) -> Iterable[Path]:
    """Make the folder and those above it; returns those that got a new entry."""
    if folder.is_dir():
        return []
    above = [folder.parent, *_made(folder.parent)]
    folder.mkdir(mode=0o700, exist_ok=True)
    return above


def _taken_up(path: Path) -> bool:
    try:
        os.utime(path)  # young again, so that nobody clears it away before it is named
    except FileNotFoundError:
        return False
    return True


def _write_some(files: Sequence[tuple[Path, bytes]]) -> None:
    scratches: dict[Path, Path] = {}
    handles: list[int] = []
    try:
        for path, data in files:
            scratches[path] = path.with_name(f".{path.name[:16]}.{os.getpid()}.{threading.get_ident()}.tmp")
            handles.append(_written(scratches[path], data))
        _side_by_side(os.fsync, handles)
        for path, scratch in scratches.items():
            scratch.replace(path)
    except BaseException:
        for scratch in scratches.values():
            scratch.unlink(missing_ok=True)
        raise
    finally:
        for handle in handles:
            os.close(handle)


def _written(path: Path, data: bytes) -> int:
    """The file's open handle."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        _write(handle, data)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _write(handle: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _side_by_side(work: Callable[[T], None], things: Collection[T]) -> None:
    if len(things) < 2:
        for thing in things:
            work(thing)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(_SYNCS, len(things))) as pool:
        for _ in pool.map(work, things):  # raises what one of them raised
            pass
