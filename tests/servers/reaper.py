"""A server must not outlive the run that started it, however that run ends."""

from __future__ import annotations

import os
from pathlib import Path

_WATCH = 'while kill -0 "$1"; do kill -0 "$2" || exit 0; sleep 1; done; kill -QUIT "$2"; sleep 1; rm -rf "$3"'


def end_with(run: int, server: int, folder: Path) -> None:
    """Watch over process `server`: once process `run` is gone, stop it and remove its `folder`."""
    os.posix_spawn(
        "/bin/sh",
        ["sh", "-c", f"exec 2>/dev/null; {_WATCH}", "reaper", str(run), str(server), str(folder)],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)],
        setsid=True,
    )
