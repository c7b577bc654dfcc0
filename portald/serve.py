"""The daemon: `portald [--config FILE] [--listen HOST:PORT|unix:PATH]`, served by waitress.

On SIGTERM it closes its door, finishes the requests and downloads in hand, and ends with 0.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from helpdeskctl import config, log
from helpdeskctl.account import become
from helpdeskctl.config import Config
from helpdeskctl.desk import Desk, open_desk
from helpdeskctl.errors import ConfigError, HelpdeskError, InputMissing, NotPermitted, StorageFailed, TryAgain

DRAIN = 30.0  # seconds that requests in hand have to end
_EXITS: tuple[tuple[type[HelpdeskError], int], ...] = (
    (ConfigError, 78), (InputMissing, 66), (NotPermitted, 77), (StorageFailed, 74), (TryAgain, 75),
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; the exit code, as in `helpdeskctl help exit-codes`."""
    options = _options(arguments)
    os.umask(0o077)
    try:
        known = config.load(options.config, os.environ, {"portal.listen": options.listen})
        become(known.user)
        log.start(known.log)
        for warning in known.warnings:
            log.event("config.warning", warning=warning)
        serve(open_desk(known))
    except HelpdeskError as fault:
        _complain(fault)
        return next((code for kind, code in _EXITS if isinstance(fault, kind)), 69)
    except OSError as fault:
        print(f"portald: {fault.strerror or fault}", file=sys.stderr)  # noqa: T201  # a daemon that cannot start says why
        return 69
    return 0


def serve(desk: Desk) -> None:
    """Serve the portal of a desk on the configured address until SIGTERM or SIGINT. OSError when it is taken."""
    from portald.app import make_app, make_site

    desk.database.keep_open()
    site = make_site(desk)
    server = make_server(make_app(site), desk.config)
    stopping = threading.Event()

    def stop(_number: int, _frame: Any) -> None:
        stopping.set()
        server.pull_trigger()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    log.event("portal.started", listen=desk.config.portal.listen)
    run(server, stopping.is_set)
    site.delivery.close(DRAIN / 3)
    with suppress(HelpdeskError), desk.connected():
        site.readings.write(desk, now=True)
    log.event("portal.stopped")


def make_server(application: Any, known: Config) -> Any:
    """A waitress server that many slow clients cannot block, with our headers on its own errors, too."""
    import waitress

    from portald.channel import PortalChannel

    place = known.portal.listen
    where = {"unix_socket": place[5:], "unix_socket_perms": "660"} if place.startswith("unix:") else {"listen": place}
    server = waitress.create_server(
        application,
        threads=known.portal.threads,
        connection_limit=1000,
        channel_timeout=30,
        asyncore_use_poll=True,
        # What is larger than max_body by as much again is not even received; the rest gets a page that keeps its text.
        max_request_body_size=2 * known.portal.max_body,
        max_request_header_size=32768,
        clear_untrusted_proxy_headers=False,  # portald/peers.py does, by networks, and it needs to see them
        ident=None,
        **where,
    )
    server.channel_class = PortalChannel
    return server


def run(server: Any, stopped: Callable[[], bool], *, drain: float = DRAIN) -> None:
    """Serve until `stopped()`, then close the door and go on until no request and no answer is left.

    waitress itself cuts answers in flight when it stops, and waits for five seconds at most.
    """
    from waitress import wasyncore

    def turn(seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=server._map, count=1)

    while not stopped():
        turn(1)
    server.accepting = False
    wasyncore.dispatcher.close(server)
    end = time.monotonic() + drain
    while time.monotonic() < end and any(
        channel.requests or channel.total_outbufs_len for channel in list(server.active_channels.values())
    ):
        turn(0.1)
    server.task_dispatcher.shutdown(timeout=1)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("portald", description="The customers' portal of a helpdesk.", allow_abbrev=False)
    parser.add_argument("-C", "--config", type=Path, metavar="FILE", help="the desk's config.toml")
    parser.add_argument("--listen", metavar="HOST:PORT|unix:PATH", help="instead of portal.listen in config.toml")
    return parser.parse_args(arguments)


def _complain(fault: HelpdeskError) -> None:
    lines = [f"portald: {fault.message}", *(f"  {p.where}: {p.what}" for p in fault.problems)]
    if fault.hint:
        lines.append(f"  hint: {fault.hint}")
    print("\n".join(lines), file=sys.stderr)  # noqa: T201  # a daemon that cannot start says why


if __name__ == "__main__":
    sys.exit(main())
