"""Triage by single keys, the same wherever tickets are: on the desk for all selected, in a ticket for that one."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on

from helpdeskctl.domain.text import clean_line
from helpdeskctl.queries.ticket_rows import TicketRow
from helpdeskctl.tui import messages
from helpdeskctl.tui.composing import Composition
from helpdeskctl.tui.messages import Choice
from helpdeskctl.tui.screens.ask import Ask
from helpdeskctl.tui.screens.base import DeskScreen
from helpdeskctl.tui.screens.pickers import Picker
from helpdeskctl.tui.text import count
from helpdeskctl.tui.triage import Step

_TITLES = {
    "assign": "Assign to",
    "status": "Status",
    "priority": "Priority",
    "department": "Move to department",
    "tag": "Tag (type a new one)",
    "snooze": "Snooze until",
}


class Triaging(DeskScreen):
    """Keys of triage. A subclass says which tickets are meant."""

    def targets(self) -> Sequence[TicketRow]:
        """What the next key works on."""
        raise NotImplementedError

    def act(self, kind: str, value: str = "") -> None:
        """Do one thing to every target. Of several tickets no customer is told."""
        rows = self.targets()
        if rows:
            steps = [Step(row.number, kind, value, silent=len(rows) > 1) for row in rows]
            self.desk_app.calls.act(self, steps)

    def action_take(self) -> None:
        """A."""
        self.act("take")

    def action_close(self) -> None:
        """e."""
        self.act("close")

    def action_spam(self) -> None:
        """! marks as spam; what is spam already comes back."""
        rows = self.targets()
        if rows and all(row.spam for row in rows):
            self.act("not_spam")
            return

        def chosen(kind: str | None) -> None:
            if kind is not None:
                self.act(kind)

        if rows:
            senders = ", ".join(dict.fromkeys(row.requester for row in rows))
            choices = [
                Choice("spam", "spam", "into the spam list, nothing more is mailed"),
                Choice("spam_block", "spam, and keep its sender out", senders),
            ]
            self.app.push_screen(Picker(f"Spam?  {self._named()}", choices), chosen)

    def action_assign(self) -> None:
        """a."""
        self._offer("assign")

    def action_status(self) -> None:
        """s."""
        self._offer("status")

    def action_priority(self) -> None:
        """p."""
        self._offer("priority")

    def action_department(self) -> None:
        """d."""
        self._offer("department")

    def action_tag(self) -> None:
        """t."""
        self._offer("tag")

    def action_snooze(self) -> None:
        """b."""
        self._offer("snooze")

    def action_merge(self) -> None:
        """m."""

        def into(number: str | None) -> None:
            if number:
                digits = number.strip().removeprefix("#")
                if digits.isdecimal():
                    self.act("merge", digits)
                else:
                    self.desk_app.say(f'"{number}" is no ticket number')

        self.app.push_screen(Ask(f"Merge {self._named()} into ticket number"), into)

    def action_reply(self) -> None:
        """r."""
        self._write(Composition())

    def action_reply_requester(self) -> None:
        """R."""
        self._write(Composition(only_requester=True))

    def action_reply_close(self) -> None:
        """E."""
        self._write(Composition(status="closed"))

    def action_note(self) -> None:
        """n."""
        self._write(Composition(kind="note"))

    def action_mails(self) -> None:
        """O."""
        if rows := self.targets():
            self.desk_app.show_mails(rows[0].number)

    def action_next(self) -> None:
        """N."""
        self.desk_app.find_next(self, {row.number for row in self.targets()})

    def action_undo(self) -> None:
        """z."""
        self.desk_app.undo_last(self)

    def action_search(self) -> None:
        """S."""
        self.desk_app.search()

    def action_number(self) -> None:
        """#."""
        self.desk_app.ask_number()

    def action_go(self) -> None:
        """g."""
        self.desk_app.go_prefix()

    @on(messages.Choices)
    def _offered(self, offer: messages.Choices) -> None:
        def picked(value: str | None) -> None:
            if value is not None:
                self.act(offer.kind, value)

        if self.is_current:
            title = f"{_TITLES[offer.kind]}  {self._named()}"
            self.app.push_screen(Picker(title, offer.choices, free=clean_line if offer.kind == "tag" else None), picked)

    def _offer(self, kind: str) -> None:
        if rows := self.targets():
            self.desk_app.calls.choices(self, kind, rows[0].number)

    def _write(self, made: Composition) -> None:
        rows = self.targets()
        if len(rows) > 1:
            self.desk_app.say("a reply goes to one ticket: esc clears the selection")
        elif rows:
            self.desk_app.write(rows[0].number, made)

    def _named(self) -> str:
        rows = self.targets()
        return f"#{rows[0].number}" if len(rows) == 1 else count(len(rows), "ticket")
