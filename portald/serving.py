"""waitress as the portal runs it: many slow clients block nobody, and what was begun is finished before the end."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

from helpdeskctl.config import Config

DRAIN = 30.0  # seconds that requests in hand have to end
Servers = dict[int, Any]
"""Everything that waitress watches, by file descriptor."""


def add_server(
    servers: Servers, application: Any, sockets: Sequence[socket.socket], known: Config, *, threads: int | None = None
) -> None:
    """Have `application` answer on these sockets, with threads of its own and our headers on waitress's own errors."""
    import waitress

    from portald.channel import PortalChannel

    waitress.create_server(
        application,
        map=servers,
        sockets=list(sockets),
        threads=threads or known.portal.threads,
        connection_limit=1000,
        channel_timeout=30,
        asyncore_use_poll=True,
        # What is larger than max_body by as much again is not even received; the rest gets a page that keeps its text.
        max_request_body_size=2 * known.portal.max_body,
        max_request_header_size=32768,
        clear_untrusted_proxy_headers=False,  # portald/peers.py does, by networks, and it needs to see them
        ident=None,
    )
    for server in listening(servers):
        server.channel_class = PortalChannel


def listening(servers: Servers) -> list[Any]:
    """Those of them that accept connections."""
    from waitress.server import BaseWSGIServer

    return [each for each in servers.values() if isinstance(each, BaseWSGIServer)]


def run(servers: Servers, stopped: Callable[[], bool], *, drain: float = DRAIN) -> None:
    """Serve until `stopped()`, then close the door and go on until no request and no answer is left.

    waitress itself cuts answers in flight when it stops, and waits for five seconds at most.
    """
    from waitress import wasyncore

    def turn(seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=servers, count=1)

    while not stopped():
        turn(1)
    doors = listening(servers)
    for server in doors:
        server.accepting = False
        wasyncore.dispatcher.close(server)
    end = time.monotonic() + drain
    while time.monotonic() < end and any(
        channel.requests or channel.total_outbufs_len
        for server in doors
        for channel in list(server.active_channels.values())
    ):
        turn(0.1)
    for dispatcher in {id(server.task_dispatcher): server.task_dispatcher for server in doors}.values():
        dispatcher.shutdown(timeout=1)


def wake(servers: Servers) -> None:
    """Let `run` look at once whether it is to stop; may be called in a signal handler."""
    for server in listening(servers)[:1]:
        server.pull_trigger()
