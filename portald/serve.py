"""The daemon: `portald [--config FILE] [--listen HOST:PORT|unix:PATH]`, served by waitress in one or more processes.

Sockets that systemd hands over count before `portal.listen`. On SIGTERM it closes its door, finishes the requests and
downloads in hand, and ends with 0.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpdeskctl import config, log
from helpdeskctl.account import become
from helpdeskctl.desk import Desk, open_desk
from helpdeskctl.errors import ConfigError, HelpdeskError, InputMissing, NotPermitted, StorageFailed, TryAgain
from portald import sockets
from portald.serving import DRAIN, Servers, add_server, run, wake
from portald.supervisor import Supervisor

if TYPE_CHECKING:
    from portald.counts import Counts

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
        return serve(open_desk(known))
    except HelpdeskError as fault:
        _complain(fault)
        return next((code for kind, code in _EXITS if isinstance(fault, kind)), 69)
    except OSError as fault:
        print(f"portald: {fault.strerror or fault}", file=sys.stderr)  # noqa: T201  # a daemon that cannot start says why
        return 69


def serve(desk: Desk) -> int:
    """Serve the portal of a desk on the configured address until SIGTERM or SIGINT; the exit code.

    OSError when the address is taken.
    """
    from portald.counts import Counts

    known = desk.config.portal
    _check(desk)
    mode = int(known.socket_mode, 8)
    given = sockets.passed(os.environ)
    doors = given or sockets.opened(known.listen, mode=mode)
    side = sockets.opened(known.metrics_listen, mode=mode) if known.metrics_listen else []
    counts = Counts(known.processes)
    log.event("portal.started", listen=known.listen, processes=known.processes)
    try:
        if known.processes == 1:
            return work(desk, doors, side, counts)
        desk.close()

        def child(number: int) -> int:
            counts.of_process(number)
            return work(desk, doors, side, counts, parent=os.getppid())

        def close() -> None:
            for door in (*doors, *side):
                door.close()

        return Supervisor(child, known.processes, DRAIN + 15, close).run()
    finally:
        if not given:
            sockets.forget(known.listen)
        sockets.forget(known.metrics_listen or "")
        log.event("portal.stopped")


def work(
    desk: Desk,
    doors: Sequence[socket.socket],
    side: Sequence[socket.socket],
    counts: Counts,
    *,
    parent: int | None = None,
) -> int:
    """Answer what comes through the doors, and `/metrics` beside them, until told to stop or the parent is gone."""
    from portald.app import make_app, make_site
    from portald.metrics import make_metrics

    desk.database.keep_open()
    site = make_site(desk, counts)
    servers: Servers = {}
    add_server(servers, make_app(site), doors, desk.config)
    if side:
        add_server(servers, make_metrics(desk, counts), side, desk.config, threads=1)
    stopping = threading.Event()

    def stop(_number: int, _frame: Any) -> None:
        stopping.set()
        wake(servers)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    signal.signal(signal.SIGHUP, lambda _number, _frame: log.reopen())
    run(servers, lambda: stopping.is_set() or (parent is not None and os.getppid() != parent))
    site.delivery.close(DRAIN / 3)
    with suppress(HelpdeskError), desk.connected():
        site.readings.write(desk, now=True)
    return 0


def _check(desk: Desk) -> None:
    known = desk.config.portal
    if known.processes > 1 and desk.database.kind == "sqlite":
        raise ConfigError(
            f"portal.processes is {known.processes}, and the database is SQLite: one process writes at a time, "
            "several would only wait for each other",
            hint="portal.processes = 1 with more portal.threads, or Postgres",
        )
    if known.metrics_listen == known.listen:
        raise ConfigError(
            "portal.metrics_listen is the portal's own address: metrics are not for customers",
            hint='another port or a socket, e.g. metrics_listen = "127.0.0.1:9108"',
        )


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
