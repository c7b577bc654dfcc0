"""The floor of the portal's pages: bare Bottle, its own templates and the driver, under the portal's waitress.

No session, no rights, no settings, no languages: `python -m bench.floors.pages CONFIG PORT`.
"""

from __future__ import annotations

import signal
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

from bottle import Bottle, template

from helpdeskctl import config
from portald import sockets
from portald.serving import Servers, add_server, run, wake

_LIST = """<!doctype html><title>Requests</title><table>
% for number, subject, status, at in rows:
<tr><td>{{number}}</td><td><a href="/tickets/{{number}}">{{subject}}</a></td><td>{{status}}</td><td>{{at}}</td></tr>
% end
</table>"""
_PAGE = """<!doctype html><title>{{subject}}</title><h1>{{subject}}</h1><p>{{status}}</p>
% for author, at, body in rows:
<article><h2>{{author}} {{at}}</h2><p>{{body}}</p></article>
% end
<form method="post"><textarea name="body"></textarea><button>Send</button></form>"""
_OF_CONTACT = (
    "SELECT ticket.id, subject, status.key, message_at FROM ticket JOIN status ON status.id = status_id"
    " WHERE contact_id = ? ORDER BY ticket.id DESC LIMIT 25"
)
_TICKET = "SELECT subject, status.key FROM ticket JOIN status ON status.id = status_id WHERE ticket.id = ?"
_MESSAGES = "SELECT author_name, created_at, body FROM message WHERE ticket_id = ? ORDER BY id"


def make_app(url: str) -> Bottle:
    """Two pages; each thread keeps its connection."""
    app, here = Bottle(), threading.local()

    def rows(sql: str, number: int) -> list[Any]:
        if not hasattr(here, "connection"):
            here.connection, here.mark = _connected(url)
        return list(here.connection.execute(sql.replace("?", here.mark), (number,)).fetchall())

    @app.route("/contacts/<number:int>")
    def listed(number: int) -> str:
        return str(template(_LIST, rows=rows(_OF_CONTACT, number)))

    @app.route("/tickets/<number:int>")
    def page(number: int) -> str:
        ((subject, status),) = rows(_TICKET, number)
        return str(template(_PAGE, subject=subject, status=status, rows=rows(_MESSAGES, number)))

    return app


def _connected(url: str) -> tuple[Any, str]:
    if url.startswith("sqlite:///"):
        return sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None), "?"
    import psycopg

    return psycopg.connect(url, autocommit=True), "%s"


def main() -> None:
    """Serve until SIGTERM."""
    known = config.load(Path(sys.argv[1]), {}, {"portal.listen": f"127.0.0.1:{sys.argv[2]}"})
    servers: Servers = {}
    add_server(servers, make_app(known.database.url), sockets.opened(known.portal.listen, mode=0o600), known)
    done = threading.Event()

    def stop(_number: int, _frame: Any) -> None:
        done.set()
        wake(servers)

    signal.signal(signal.SIGTERM, stop)
    run(servers, done.is_set)


if __name__ == "__main__":
    main()
