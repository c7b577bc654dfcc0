"""The only place where threads begin: every query and operation of the screens runs here, and none on their thread.

Work is exclusive per purpose: a newer request makes the answer of the older one unwanted. What changes something is
carried out in any case, and its answer arrives. A fault becomes a `Failed` message; no worker ends the app.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from textual.app import App
from textual.message import Message
from textual.message_pump import MessagePump
from textual.worker import get_current_worker

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import HelpdeskError, Refused
from helpdeskctl.operations import ticket_people
from helpdeskctl.operations.drafts import Draft
from helpdeskctl.operations.forwards import Forward
from helpdeskctl.operations.replies import Note, Reply
from helpdeskctl.queries import access, changes, settings
from helpdeskctl.tui import acting, local_drafts, reading, reading_mail
from helpdeskctl.tui.mail_steps import MailStep
from helpdeskctl.tui.messages import Back, Changed, DraftKept, Failed, Lost, Places
from helpdeskctl.tui.triage import Step

POLL = 5.0
HEARTBEAT = 15.0
RETRIES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)

Work = Callable[[Desk, Actor], Message | None]


class Workers:
    """The calls that screens make. Each names whom the answer goes to; all return at once."""

    def __init__(self, app: App[None], desk: Desk, actor: Actor, *, read_only: bool = False) -> None:
        self._app = app
        self._desk = desk
        self.actor = actor
        self.read_only = read_only
        self.waiting: dict[str, float] = {}
        self.watch = Watch(app, desk, self)

    # -- reading -------------------------------------------------------------------------------------------------

    def places(self, to: MessagePump) -> None:
        """The views with counts, and the agent's rights as they are now."""
        self._run(to, "places", self._places)

    def page(
        self,
        to: MessagePump,
        asked: tuple[str, str | None],
        *,
        after: str | None = None,
        rows: int = 0,
        keep: Collection[int] = (),
    ) -> None:
        """A page of a list, of at least so many `rows`, and the tickets to `keep` in sight."""
        self._run(to, "list", lambda desk, actor: reading.page(desk, actor, asked, after=after, rows=rows, keep=keep))

    def found(self, to: MessagePump, query: str) -> None:
        """What a search finds."""
        self._run(to, "search", lambda desk, actor: reading.page(desk, actor, (query, None)))

    def ticket(self, to: MessagePump, number: int, *, opened: bool = False) -> None:
        """A ticket."""
        opened = opened and not self.read_only
        self._run(to, "ticket", lambda desk, actor: reading.ticket(desk, actor, number, opened=opened))

    def belonging(self, to: MessagePump, number: int, other: int) -> None:
        """A ticket and the one it may belong to."""
        self._run(to, "belonging", lambda desk, actor: reading.belonging(desk, actor, number, other))

    def happenings(self, to: MessagePump, number: int) -> None:
        """What happened to a ticket."""
        self._run(to, "history", lambda desk, actor: reading.happenings(desk, actor, number))

    def next_to_do(self, to: MessagePump, skip: frozenset[int]) -> None:
        """The next ticket to work on."""
        self._run(to, "next", lambda desk, actor: reading.next_to_do(desk, actor, skip))

    def writing(self, to: MessagePump, number: int) -> None:
        """What a composer starts from."""
        self._run(to, "composer", lambda desk, actor: reading.writing(desk, actor, number))

    def canned(self, to: MessagePump, number: int) -> None:
        """The canned replies for a ticket."""
        self._run(to, "canned", lambda desk, actor: reading.canned(desk, actor, number))

    def choices(self, to: MessagePump, kind: str, number: int) -> None:
        """What a picker offers."""
        self._run(to, "choices", lambda desk, actor: reading.choices(desk, actor, kind, number))

    def mails(self, to: MessagePump, number: int | None) -> None:
        """The outbox, or the mail of one ticket."""
        self._run(to, "mails", lambda desk, actor: reading_mail.mails(desk, actor, number))

    def quarantine(self, to: MessagePump) -> None:
        """The mail that waits for a person."""
        self._run(to, "quarantine", reading_mail.quarantine)

    def letter(self, to: MessagePump, ledger_id: int) -> None:
        """A mail as it came in, and why it went where it went."""
        self._run(to, "letter", lambda desk, actor: reading_mail.letter(desk, actor, ledger_id))

    # -- acting --------------------------------------------------------------------------------------------------

    def act(self, to: MessagePump, steps: Sequence[Step]) -> None:
        """Triage."""
        self._change(to, "act", lambda desk, actor: acting.act(desk, actor, steps))

    def handle(self, to: MessagePump, step: MailStep) -> None:
        """Do something to mails."""
        self._change(to, "mail", lambda desk, actor: acting.handle(desk, actor, step))

    def reply(self, to: MessagePump, number: int, new: Reply) -> None:
        """Send a reply, held for as long as the desk gives to take it back."""

        def work(desk: Desk, actor: Actor) -> Message:
            seconds = settings.get(desk, "undo_seconds")
            return acting.reply(desk, actor, number, replace(new, undo_seconds=seconds))

        self._change(to, "send", work)

    def forward(self, to: MessagePump, number: int, new: Forward) -> None:
        """Hand a message on."""
        self._change(to, "send", lambda desk, actor: acting.forward(desk, actor, number, new))

    def attach(self, to: MessagePump, path: str, most: int) -> None:
        """Keep a file of this host, of at most so many octets."""
        self._change(to, "attach", lambda desk, actor: acting.attach(desk, path, most))

    def save(self, to: MessagePump, attachment_id: int, path: str) -> None:
        """Write a file of a ticket to a path of this host."""
        self._run(to, "save", lambda desk, actor: acting.save(desk, actor, attachment_id, path), keep=True)

    def note(self, to: MessagePump, number: int, new: Note) -> None:
        """Keep a note."""
        self._change(to, "send", lambda desk, actor: acting.note(desk, actor, number, new))

    def take_back(self, to: MessagePump, number: int, outgoing_id: int) -> None:
        """Take a reply back."""
        self._change(to, "undo", lambda desk, actor: acting.take_back(desk, actor, number, outgoing_id))

    def keep_draft(self, to: MessagePump, number: int, draft: Draft) -> None:
        """Save a draft; in a local file when the desk cannot."""
        if self.read_only:
            return

        def work(desk: Desk, actor: Actor) -> Message:
            folder, at = self.drafts_folder, desk.now()
            try:
                with desk.connected():
                    acting.keep_draft(desk, actor, number, draft)
            except HelpdeskError:
                local_drafts.keep(folder, actor.label, number, draft, at)
                return DraftKept(number, at, local=True)
            local_drafts.drop(folder, actor.label, number)
            return DraftKept(number, at, local=False)

        self._run(to, f"draft {number}", work, connect=False)

    def save_view(self, to: MessagePump, name: str, query: str) -> None:
        """Give a filter a name."""
        self._change(to, "view", lambda desk, actor: acting.save_view(desk, actor, name, query))

    def deliver(self, to: MessagePump, outgoing_id: int) -> None:
        """Try a mail now."""
        self._change(to, "deliver", lambda desk, actor: acting.deliver(desk, outgoing_id))

    # -- being there ---------------------------------------------------------------------------------------------

    def arrive(self, to: MessagePump, number: int, mode: str) -> None:
        """The agent looks at a ticket, or writes in it; said again every quarter of a minute."""
        if not self.read_only:
            self.watch.at = (number, mode)
            self._run(to, "presence", lambda desk, actor: ticket_people.present(desk, actor, number, mode))

    def leave(self, to: MessagePump, number: int) -> None:
        """The agent looks elsewhere."""
        if not self.read_only:
            self.watch.at = None
            self._run(to, "presence", lambda desk, actor: ticket_people.leave(desk, actor, number), keep=True)

    @property
    def drafts_folder(self) -> Path:
        """Where drafts lie while the desk is out of reach."""
        return self._desk.config.paths.state / "drafts"

    def slowest(self) -> float:
        """For how many seconds the oldest question has been waiting."""
        now = time.monotonic()
        return max((now - since for since in list(self.waiting.values())), default=0.0)

    # -- below ---------------------------------------------------------------------------------------------------

    def _places(self, desk: Desk, actor: Actor) -> Places:
        if actor.id is not None:
            self.actor = actor = access.agent_actor(desk, actor.label, reason=actor.reason)
        return reading.places(desk, actor)

    def _change(self, to: MessagePump, purpose: str, work: Work) -> None:
        if self.read_only:
            to.post_message(Failed(purpose, Refused("this screen is read-only", hint="start without --read-only")))
        else:
            self._run(to, purpose, work, keep=True)

    def _run(self, to: MessagePump, purpose: str, work: Work, *, keep: bool = False, connect: bool = True) -> None:
        self.waiting[purpose] = time.monotonic()
        self._app.run_worker(
            partial(self._carry, to, purpose, work, connect),
            name=purpose,
            group=purpose,
            exclusive=not keep,
            exit_on_error=False,
            thread=True,
        )

    def _carry(self, to: MessagePump, purpose: str, work: Work, connect: bool) -> None:
        worker = get_current_worker()
        try:
            answer = self._connected(work) if connect else work(self._desk, self.actor)
        except HelpdeskError as fault:
            answer = Failed(purpose, fault)
        except Exception as fault:
            logging.getLogger(__name__).exception("worker %s", purpose)
            words = f"{purpose} failed: {type(fault).__name__}"
            answer = Failed(purpose, HelpdeskError(words, hint="the log tells more; please report it"))
        if not worker.is_cancelled:
            self.waiting.pop(purpose, None)
            if answer is not None:
                to.post_message(answer)

    def _connected(self, work: Work) -> Message | None:
        with self._desk.connected():
            return work(self._desk, self.actor)


class Watch:
    """One thread on one kept connection: looks every few seconds whether the desk changed, and says who is here."""

    def __init__(self, app: App[None], desk: Desk, workers: Workers) -> None:
        self._app = app
        self._desk = desk
        self._workers = workers
        self._wake = threading.Event()
        self._stopped = self._doubted = False
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.at: tuple[int, str] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._stopped = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def doubt(self) -> None:
        """Look at once, on a new connection."""
        self._doubted = True
        self._wake.set()

    def _run(self) -> None:
        failures = 0
        while not self._stopped:
            try:
                with self._desk.connected():
                    self._app.post_message(Back())
                    failures = 0
                    self._look()
            except Exception as fault:  # whatever it is, looking goes on: this thread is how the screen recovers
                retry_in = RETRIES[min(failures, len(RETRIES) - 1)]
                failures += 1
                error = fault if isinstance(fault, HelpdeskError) else HelpdeskError(str(fault))
                self._app.post_message(Lost(error, retry_in))
                self._rest(retry_in)

    def _look(self) -> None:
        mark, beaten = None, time.monotonic()
        self._doubted = False
        while not (self._stopped or self._doubted):
            if self.at is not None and time.monotonic() - beaten >= HEARTBEAT:
                ticket_people.present(self._desk, self._workers.actor, *self.at)
                beaten = time.monotonic()
            changed = changes.changed_since(self._desk, mark)
            if changed is not None:
                if mark is not None:
                    self._app.post_message(Changed())
                mark = changed
            self._rest(POLL)

    def _rest(self, seconds: float) -> None:
        self._wake.wait(seconds)
        self._wake.clear()
