"""The outbox: what waits to leave and what did not arrive; of one ticket, all its mail. Each recipient in words."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text
from textual import on

from helpdeskctl.domain.delivery import FAILED, State
from helpdeskctl.queries.outbox import Queued
from helpdeskctl.tui import delivery, messages, text
from helpdeskctl.tui.mail_steps import MailStep
from helpdeskctl.tui.screens.ask import Ask
from helpdeskctl.tui.screens.base import bindings
from helpdeskctl.tui.screens.confirm import Confirm
from helpdeskctl.tui.screens.rows import RowsScreen
from helpdeskctl.tui.widgets.bars import Bar
from helpdeskctl.tui.widgets.options import Rows


class Outbox(RowsScreen):
    """Mail on its way out; `number`: of this ticket alone."""

    PLACE = "outbox"
    BINDINGS = bindings("outbox")

    def __init__(self, number: int | None = None) -> None:
        super().__init__()
        self._number = number
        self._mails: dict[int, Queued] = {}
        self._shown: int | None = None

    def title_text(self) -> str:
        """What the list is."""
        if self._number is not None:
            return f"Mail of #{self._number}, the newest first"
        return "Outbox: what waits to leave and what did not arrive"

    def renew(self) -> None:
        """Read it."""
        self.desk_app.calls.mails(self, self._number)

    def tick(self) -> None:
        """Count the seconds of what can still be taken back."""
        if any(mail.state == State.HELD for mail in self._mails.values()):
            self._show()

    @on(messages.Mails)
    def _read(self, read: messages.Mails) -> None:
        self._mails = {mail.id: mail for mail in read.rows}
        self._show()

    def _show(self) -> None:
        nothing = (
            f"No mail about #{self._number} left this desk."
            if self._number is not None
            else "Nothing waits, and everything arrived as far as anybody knows."
        )
        lines = [self._line(mail) for mail in self._mails.values()]
        self.rows.fill(tuple(self._mails), lines, empty=nothing)
        wrong = sum(1 for mail in self._mails.values() if _wrong(mail))
        count = text.count(len(self._mails), "mail")
        self.query_one("#info", Bar).show(f"{count} · {wrong} not delivered" if wrong else count)

    @on(Rows.Moved)
    def _moved(self) -> None:
        mail = self._mail
        shown, self._shown = self._shown, mail.id if mail else None
        self.explain(list(self._facts(mail)) if mail else [], fresh=shown != self._shown)

    @property
    def _mail(self) -> Queued | None:
        return self._mails.get(self.rows.key) if self.rows.key is not None else None

    @property
    def _clock(self) -> delivery.Clock:
        return delivery.Clock(self.desk_app.now(), self.desk_app.actor.timezone)

    def _line(self, mail: Queued) -> Text:
        width = self.rows.size.width - 3
        state = (
            "FAILED" if _wrong(mail) else "let be" if mail.state == State.CANCELLED and _failed(mail) else mail.state
        )
        about = f"#{mail.ticket}" if mail.ticket else "-"
        to = ", ".join(mail.to)
        room = max(width - 10 - 8, 20)
        line = f"{state:<10}{about:<8}{text.cut(to, room * 2 // 5)}  {text.cut(mail.subject, room * 3 // 5 - 2)}"
        return Text(line, style="bold" if _wrong(mail) else "", end="", no_wrap=True)

    def _facts(self, mail: Queued) -> Iterator[str]:
        clock = self._clock
        yield mail.subject
        written = text.when(mail.created_at, clock.now, clock.zone)
        kind = "automatic, " if mail.automatic else ""
        tries = f", tried {text.count(mail.attempts, 'time')}" if mail.attempts else ""
        yield f"mail {mail.id}, {kind}{mail.event}, written {written}, from {mail.mailbox or 'no mailbox'}{tries}"
        yield ""
        for field, each in zip((person.field for person in mail.recipients), delivery.of_mail(mail), strict=True):
            mark = "!" if delivery.failed(each) else " "
            yield f"{mark} {field:<3} {each.address}: {delivery.fate(each, clock)}"
        yield ""
        yield from _advice(mail)

    # -- keys --------------------------------------------------------------------------------------------------------

    def action_enter(self) -> None:
        """Enter."""
        if (mail := self._mail) is not None and mail.ticket is not None:
            self.desk_app.open(mail.ticket)

    def action_retry(self) -> None:
        """t."""
        self._do("retry")

    def action_cancel(self) -> None:
        """c: a held reply goes back to the composer."""
        mail = self._mail
        if mail is not None and mail.state == State.HELD and mail.event == "reply" and mail.ticket is not None:
            self.desk_app.calls.take_back(self.desk_app, mail.ticket, mail.id)
        else:
            self._do("cancel")

    def action_resend(self) -> None:
        """s."""
        if (mail := self._mail) is None:
            return
        missed = [each.address for each in delivery.of_mail(mail) if delivery.failed(each)]
        offered = ", ".join(missed or mail.to)

        def to(typed: str | None) -> None:
            if typed is not None:
                self._do("resend", "" if typed == ", ".join(mail.to) else typed)

        self.app.push_screen(
            Ask(f"Send mail {mail.id} once more, to", hint="enter sends, esc leaves", value=offered), to
        )

    def action_arrived(self) -> None:
        """y."""
        self._do("arrived")

    def action_settle(self) -> None:
        """l."""
        if (mail := self._mail) is None:
            return

        def sure(yes: bool | None) -> None:
            if yes:
                self._do("settle")

        names = ", ".join(each.address for each in delivery.of_mail(mail) if delivery.failed(each))
        facts = [f"{names or 'Somebody'} does not have this mail. Its ticket is no longer marked."]
        self.app.push_screen(Confirm(f"Let mail {mail.id} be?", facts), sure)

    def _do(self, kind: str, value: str = "") -> None:
        if (mail := self._mail) is not None:
            self.desk_app.calls.handle(self.app, MailStep(kind, (mail.id,), value))


def _failed(mail: Queued) -> bool:
    return any(each.state in FAILED for each in mail.recipients)


def _wrong(mail: Queued) -> bool:
    return any(delivery.failed(each) for each in delivery.of_mail(mail))


def _advice(mail: Queued) -> Iterator[str]:
    """What can be done about it."""
    states = {each.state for each in mail.recipients}
    if State.UNKNOWN in states:
        yield "The server's answer was lost twice. y: it arrived; t: try again, perhaps a second time; l: let it be."
    elif State.BOUNCED in states and _wrong(mail):
        yield "It was taken and came back. s sends it to another address, l lets it be."
    elif State.REFUSED in states and _wrong(mail):
        yield "The server will not take it. t tries again, s sends it to another address, l lets it be."
    elif State.HELD in states:
        yield "c takes it back into the composer."
    elif states & {State.QUEUED, State.DEFERRED}:
        yield "It is tried again by itself. t tries now, c keeps it from leaving."
