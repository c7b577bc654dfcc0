"""One ticket, to read and to work on; j and k go through the tickets of the view it was opened from."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult

from helpdeskctl.errors import NotFound
from helpdeskctl.queries.messages import AttachmentView
from helpdeskctl.queries.ticket_rows import TicketRow
from helpdeskctl.tui import messages
from helpdeskctl.tui.composing import Composition, to_attach
from helpdeskctl.tui.delivery import leaves_at
from helpdeskctl.tui.screens.ask import Ask
from helpdeskctl.tui.screens.base import bindings
from helpdeskctl.tui.screens.confirm import Confirm
from helpdeskctl.tui.screens.history import History
from helpdeskctl.tui.screens.letter import Letter
from helpdeskctl.tui.screens.pickers import Picker
from helpdeskctl.tui.screens.triaging import Triaging
from helpdeskctl.tui.text import count, size, when
from helpdeskctl.tui.widgets.bars import Bar, Foot
from helpdeskctl.tui.widgets.thread import Thread
from helpdeskctl.tui.widgets.ticket_pane import TicketPane, may_belong


class Ticket(Triaging):
    """A ticket; `order` are the numbers of the list it came from, `view` that list's name."""

    PLACE = "ticket"
    LIVE = True
    BINDINGS = bindings("ticket")

    def __init__(self, number: int, order: tuple[int, ...] = (), view: str = "") -> None:
        super().__init__()
        self.number = number
        self._order = order if number in order else (number,)
        self._view = view

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="banner", vanish=True)
        yield TicketPane(id="ticket")
        yield Foot("ticket")

    def on_mount(self) -> None:
        """Read it."""
        self.thread.focus()
        self.tell_state()
        self.renew()

    def on_screen_resume(self) -> None:
        """Here again: say so, and read what changed meanwhile."""
        self.desk_app.calls.arrive(self, self.number, "viewing")
        if self.pane.detail is not None:
            self.renew()

    @property
    def pane(self) -> TicketPane:
        """What is shown."""
        return self.query_one(TicketPane)

    @property
    def thread(self) -> Thread:
        """Its messages."""
        return self.query_one(Thread)

    def targets(self) -> Sequence[TicketRow]:
        """This ticket."""
        return (self.pane.detail.row,) if self.pane.detail is not None else ()

    def renew(self) -> None:
        """Read the ticket."""
        self.desk_app.calls.ticket(self, self.number, opened=True)

    def tell_state(self) -> None:
        """The banner of a lost connection."""
        self.query_one("#banner", Bar).show(self.desk_app.banner())

    def step(self, by: int) -> bool:
        """To the next ticket of the view, or the one before; whether there is one."""
        at = self._order.index(self.number) + by
        if not 0 <= at < len(self._order):
            return False
        self.turn_to(self._order[at])
        return True

    def turn_to(self, number: int) -> None:
        """Show another ticket."""
        calls = self.desk_app.calls
        calls.leave(self, self.number)
        self.number = number
        if number not in self._order:
            self._order = (*self._order, number)
        calls.arrive(self, number, "viewing")
        self.renew()

    @on(messages.TicketShown)
    def _shown(self, shown: messages.TicketShown) -> None:
        if shown.detail.number == self.number:
            app = self.desk_app
            at = self._order.index(self.number) + 1
            place = f"{at}/{len(self._order)} in {self._view}  j/k next/prev" if self._view else ""
            self.pane.show(shown.detail, now=app.now(), zone=app.actor.timezone, place=place)

    @on(messages.Failed)
    def _failed(self, failed: messages.Failed) -> None:
        if failed.purpose == "ticket" and isinstance(failed.error, NotFound):
            self.action_back()

    # -- keys --------------------------------------------------------------------------------------------------------

    def action_back(self) -> None:
        """u, esc."""
        self.desk_app.calls.leave(self, self.number)
        self.dismiss()

    def action_newer(self) -> None:
        """j."""
        if not self.step(1):
            self.desk_app.say("the last ticket of this list; u goes back, N finds the next to work on")

    def action_older(self) -> None:
        """k."""
        if not self.step(-1):
            self.desk_app.say("the first ticket of this list")

    def action_page_down(self) -> None:
        """Space."""
        if self.thread.at_end:
            self.action_newer()
        self._scroll(self.thread.size.height - 2)

    def action_page_up(self) -> None:
        """Page up."""
        self._scroll(2 - self.thread.size.height)

    def action_line_down(self) -> None:
        """Down."""
        self._scroll(1)

    def action_line_up(self) -> None:
        """Up."""
        self._scroll(-1)

    def action_top(self) -> None:
        """Home."""
        self._scroll(-self.thread.length)

    def action_bottom(self) -> None:
        """G."""
        self._scroll(self.thread.length)

    def action_message_down(self) -> None:
        """J."""
        self.thread.to_message(1)
        self.pane.tell_position()

    def action_message_up(self) -> None:
        """K."""
        self.thread.to_message(-1)
        self.pane.tell_position()

    def action_quotes(self) -> None:
        """>."""
        self.thread.fold()
        self.pane.tell_position()

    def action_history(self) -> None:
        """H."""
        self.app.push_screen(History(self.number))

    def action_letter(self) -> None:
        """W: of several mails the agent chooses one."""
        detail = self.pane.detail
        mails = [each for each in detail.messages if each.incoming_id is not None] if detail is not None else []
        if not mails:
            self.desk_app.say("nothing here came by mail, or it came long ago")
        elif len(mails) == 1:
            self.app.push_screen(Letter(mails[0].incoming_id or 0))
        else:
            zone, now = self.desk_app.actor.timezone, self.desk_app.now()
            choices = [
                messages.Choice(
                    str(each.incoming_id), f"{when(each.at, now, zone)}  {each.author}", each.visible[:80].strip()
                )
                for each in reversed(mails)
            ]
            self.app.push_screen(Picker("Which mail, as it came?", choices), self._letter)

    def _letter(self, incoming_id: str | None) -> None:
        if incoming_id is not None:
            self.app.push_screen(Letter(int(incoming_id)))

    def action_forward(self) -> None:
        """f: of several messages the agent chooses one; the newest is offered first."""
        detail = self.pane.detail
        public = [each for each in detail.messages if each.direction != "internal"] if detail is not None else []
        zone, now = self.desk_app.actor.timezone, self.desk_app.now()

        def chosen(message_id: str | None) -> None:
            each = next((each for each in public if str(each.id) == message_id), None)
            if each is not None:
                there = [file for file in each.attachments if file.at_hand]
                files = tuple(to_attach(file) for file in there)
                self.desk_app.write(self.number, Composition(kind="forward", message=each.id, files=files))

        choices = [
            messages.Choice(str(each.id), f"{when(each.at, now, zone)}  {each.author}", each.visible[:80].strip())
            for each in reversed(public)
        ]
        if choices:
            self.app.push_screen(Picker("Forward which message?", choices), chosen)

    def action_attachments(self) -> None:
        """o: the files of the ticket, the newest first; the chosen one is saved."""
        detail = self.pane.detail
        every = [
            file
            for each in (reversed(detail.messages) if detail is not None else ())
            for file in each.attachments
            if not file.inline and file.at_hand
        ]
        if not every:
            self.desk_app.say("no files here")
            return

        def chosen(key: str | None) -> None:
            file = next((file for file in every if str(file.id) == key), None)
            if file is not None:
                self._save(file)

        choices = [
            messages.Choice(str(file.id), file.filename, f"{size(file.size)}  {file.content_type}") for file in every
        ]
        total = size(sum(file.size for file in every))
        self.app.push_screen(Picker(f"Save which file?  {count(len(every), 'file')}, {total}", choices), chosen)

    def _save(self, file: AttachmentView) -> None:
        if self.desk_app.at_door:
            self.desk_app.say(f"on your own machine: ssh … attachment get {file.id} > FILE", lasts=20)
            return

        def to(path: str | None) -> None:
            if path is not None:
                self.desk_app.calls.save(self.app, file.id, path)

        hint = "a path on this host; enter saves, esc leaves"
        self.app.push_screen(Ask("Save as", hint=hint, value=f"~/{file.filename.rpartition('/')[2]}"), to)

    def action_belongs(self) -> None:
        """M."""
        detail = self.pane.detail
        link = may_belong(detail) if detail is not None else None
        if link is None:
            self.desk_app.say("nobody named another ticket here; m merges it into any other")
        else:
            self.desk_app.calls.belonging(self, self.number, link.number)

    @on(messages.Belonging)
    def _belonging(self, found: messages.Belonging) -> None:
        here, there = found.here, found.there

        def sure(yes: bool | None) -> None:
            if yes:
                self.act("belongs", str(there.number))

        contact = there.requester_name or there.requester
        facts = [
            f"#{there.number} {there.subject}, of {contact} <{there.requester}>, gets this message,"
            f" and {here.requester} becomes an address of {contact}: mail from there belongs to them from now on.",
            "Only if both are the same person. For a colleague: n, then m merges, and they join under their own name.",
        ]
        if self.is_current:
            question = f"Move #{here.number} into #{there.number} and give {here.requester} to {contact}?"
            self.app.push_screen(Confirm(question, facts), sure)

    def action_people(self) -> None:
        """P."""
        detail = self.pane.detail
        named = [each.address for each in detail.people if each.state == "suggested"] if detail is not None else []
        if named:
            self.act("people", ", ".join(named))
        else:
            self.desk_app.say("nobody was named in Cc who is not on the ticket")

    def tick(self) -> None:
        """Count the seconds in which a mail can still be taken back."""
        detail = self.pane.detail
        if detail is not None and leaves_at(detail.messages) is not None:
            self.thread.retell(self.desk_app.now())

    def _scroll(self, by: int) -> None:
        self.thread.scroll_lines(by)
        self.pane.tell_position()
