"""A customer who writes answers in the portal as fast as it takes them, and what was said to be stored."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException

from helpdeskctl.desk import Desk
from helpdeskctl.operations import sessions
from helpdeskctl.store.tables import Attachment, Contact, Message
from tests.builders import Builder
from tests.portald.browser import Browser

ALICE = "alice@acme.example"


@dataclass(slots=True)
class Writer:
    """Signed in as Alice, on her ticket. `acknowledged`: what the portal said it has; `refused`: status codes."""

    port: int
    session: str
    number: int
    name: str = "a"
    acknowledged: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    broken: int = 0
    turn: int = 0

    def write(self) -> bool:
        """One answer with a file; whether it was acknowledged."""
        self.turn += 1
        body = f"answer {self.name}.{self.turn}"
        browser = Browser(self.port)
        browser.cookies["portal"] = self.session
        try:
            page = browser.get(f"/tickets/{self.number}")
            if page.status != 200:
                self.refused.append(page.status)
                return False
            fields = page.form("/reply").fields | {"body": body, "seen": "999999999"}
            files = [("f.txt", body.encode() * 500, "text/plain")]
            answer = browser.post(f"/tickets/{self.number}/reply", fields, files, follow=False)
        except (OSError, HTTPException):
            self.broken += 1
            return False
        if answer.status == 303:
            self.acknowledged.append(body)
        else:
            self.refused.append(answer.status)
        return answer.status == 303


def alice(desk: Desk, port: int, *, name: str = "a") -> Writer:
    """A writer with a session and a ticket; a second one is another tab of hers."""
    build = Builder(desk)
    contact = build.contact(ALICE, portal_access=True)
    known = Message.select(Message.ticket_id).first()
    number = known.ticket_id if known else build.ticket("Busy", requester=ALICE)
    session = sessions.open_session(desk, Contact.get(Contact.id == contact).id, sessions.Browser())
    return Writer(port, session, number, name)


def lost(desk: Desk, *writers: Writer) -> list[str]:
    """What was acknowledged and is not there exactly once with its whole file, and what is there in half."""
    bodies = [row.body for row in Message.select(Message.body)]
    files = dict(
        Attachment.select(Message.body, Attachment.sha256)
        .join(Message, on=(Message.id == Attachment.message_id))
        .tuples()
    )
    said = [body for writer in writers for body in writer.acknowledged]
    wrong = [body for body in said if bodies.count(body) != 1]
    answers = [body for body in bodies if body.startswith("answer ")]
    return wrong + [body for body in answers if body not in files or desk.blobs.get(files[body]) != body.encode() * 500]


@contextmanager
def writing(*writers: Writer) -> Iterator[None]:
    """The writers write, each in a thread, until the block ends."""
    done = threading.Event()

    def go_on(writer: Writer) -> None:
        while not done.is_set():
            if not writer.write():
                time.sleep(0.02)

    threads = [threading.Thread(target=go_on, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join(60)


def wait_for(happened: Callable[[], bool], seconds: float = 30) -> None:
    """Until it happens. Raises AssertionError when it does not."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
