"""`/metrics` on an address of its own, for Prometheus: the desk's figures and the requests of all processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import exposition
from helpdeskctl.errors import HelpdeskError
from helpdeskctl.queries import metrics
from portald.counts import Counts


def make_metrics(desk: Desk, counts: Counts) -> Callable[..., Iterable[bytes]]:
    """A WSGI application with this one page. Without the database it tells what the processes know."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/metrics" or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _sent(start, "404 Not Found", "there is /metrics only\n", "text/plain; charset=utf-8")
        try:
            with desk.connected():
                found = (*metrics.families(desk), *counts.families())
        except HelpdeskError:
            found = tuple(counts.families())
        return _sent(start, "200 OK", exposition.text(found), exposition.CONTENT_TYPE)

    return answer


def _sent(start: Callable[..., Any], status: str, text: str, kind: str) -> Iterable[bytes]:
    body = text.encode()
    start(status, [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")])
    return [body]
