"""The sockets that portald listens on: those that systemd hands over, an address, or a file."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_FIRST_PASSED = 3  # sd_listen_fds(3): the descriptors after those of every program
_BACKLOG = 1024


def opened(place: str, *, mode: int) -> list[socket.socket]:
    """Sockets that listen at `place` (`host:port` or `unix:PATH`, whose file has `mode`). OSError when it is taken."""
    return [_file(Path(place[5:]), mode)] if place.startswith("unix:") else _addresses(place)


def passed(environ: MutableMapping[str, str]) -> list[socket.socket]:
    """The sockets that systemd has opened for this process (sd_listen_fds(3)); it is not told to children."""
    ours = environ.get("LISTEN_PID") == str(os.getpid())
    count = environ.get("LISTEN_FDS", "") if ours else ""
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        environ.pop(name, None)
    found = [socket.socket(fileno=_FIRST_PASSED + n) for n in range(int(count))] if count.isdecimal() else []
    for each in found:
        each.set_inheritable(False)
    return found


def forget(place: str) -> None:
    """Take the file of a Unix socket away, once nobody listens."""
    if place.startswith("unix:"):
        with suppress(OSError):
            Path(place[5:]).unlink()


def _addresses(place: str) -> list[socket.socket]:
    """One for each address of the host: `localhost` is two."""
    host, _, port = place.rpartition(":")
    asked = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return [_listening(family, address) for family, _, _, _, address in dict.fromkeys(asked)]


def _listening(family: int, address: tuple[Any, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def _file(path: Path, mode: int) -> socket.socket:
    """A socket in a file. What a process that died has left is taken away, what somebody listens on is not."""
    _clear(path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(str(path))  # under umask 077: nobody else comes in before it has its mode
        path.chmod(mode)
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def _clear(path: Path) -> None:
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise OSError(errno.EEXIST, f"{path} is no socket: portal.listen would overwrite it")
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise OSError(errno.EADDRINUSE, f"another process listens on {path}")
