"""A file system of a few megabytes of its own, that a test fills to the last octet and makes room on again."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_OPTIONS = ["unshare", "--user", "--map-root-user", "--mount"]


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """`folder` is a tmpfs for whoever is `inside` its mount namespace, and an empty folder for everybody else."""

    folder: Path
    inside: Sequence[str]

    def fill(self) -> None:
        """Take all the room that is left."""
        self._shell('dd if=/dev/zero of="$0/ballast" bs=4096 2>/dev/null; test "$(stat -f -c %a "$0")" = 0')

    def make_room(self) -> None:
        """Give it back."""
        self._shell('rm "$0/ballast"')

    def read_only(self, yes: bool = True) -> None:
        """Let nobody write any more, as a kernel does that has seen its disk fail; or again."""
        self._shell(f'mount -o remount,{"ro" if yes else "rw"} "$0"')

    def _shell(self, script: str) -> None:
        subprocess.run([*self.inside, "sh", "-c", script, str(self.folder)], check=True)


@contextmanager
def small_disk(folder: Path, *, size: str = "8m") -> Iterator[SmallDisk]:
    """Mount it for the length of the block. Skips where this machine makes no user namespaces."""
    if (
        shutil.which("unshare") is None
        or subprocess.run([*_OPTIONS, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("no user namespaces here to mount a small file system in")
    folder.mkdir()
    script = f'mount -t tmpfs -o size={size} desk "$0" && echo ready && exec cat'
    with subprocess.Popen(
        [*_OPTIONS, "sh", "-c", script, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"ready\n"
        enter = ["nsenter", f"--target={holder.pid}", "--user", "--mount", "--preserve-credentials", "--"]
        yield SmallDisk(folder, enter)
        assert holder.stdin is not None
        holder.stdin.close()
