"""Free ports on loopback, and waiting until a server answers on one."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def wait_for(port: int, *, alive: Callable[[], bool], seconds: float = 20) -> bool:
    """Wait until something accepts on `port`; False as soon as `alive()` says the server has died, or at the limit."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit and alive():
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return True
    return False
