"""The quarantine: mail that waits for a person, why, and what it says; let in, discarded, or its sender kept out."""

from __future__ import annotations

from rich.text import Text
from textual import on
from textual.timer import Timer

from helpdeskctl.domain import durations
from helpdeskctl.queries.ledger import HeldMail
from helpdeskctl.tui import messages, text
from helpdeskctl.tui.mail_steps import MailStep
from helpdeskctl.tui.screens.base import bindings
from helpdeskctl.tui.screens.confirm import Confirm
from helpdeskctl.tui.screens.pickers import Picker
from helpdeskctl.tui.screens.rows import RowsScreen
from helpdeskctl.tui.widgets.bars import Bar
from helpdeskctl.tui.widgets.options import Rows

CALM = 0.15  # seconds the cursor rests before the mail is read
_NOTHING = "No mail waits for you.\nWhat is held in departments where you are an agent comes here."


class Quarantine(RowsScreen):
    """The held mail of the departments whose mail the agent may release."""

    PLACE = "quarantine"
    BINDINGS = bindings("quarantine")

    def __init__(self) -> None:
        super().__init__()
        self._mails: dict[int, HeldMail] = {}
        self._letters: dict[int, tuple[str, ...]] = {}
        self._shown: int | None = None
        self._rest: Timer | None = None

    def title_text(self) -> str:
        """What the list is."""
        return "Quarantine: mail that waits for a person, the oldest first"

    def renew(self) -> None:
        """Read it."""
        self.desk_app.calls.quarantine(self)

    @on(messages.Waiting)
    def _read(self, read: messages.Waiting) -> None:
        self._mails = {mail.id: mail for mail in read.rows}
        self._letters = {key: kept for key, kept in self._letters.items() if key in self._mails}
        self.rows.fill(tuple(self._mails), [self._line(mail) for mail in read.rows], empty=_NOTHING)

    @property
    def _mail(self) -> HeldMail | None:
        return self._mails.get(self.rows.key) if self.rows.key is not None else None

    def _line(self, mail: HeldMail) -> Text:
        waits = durations.short(self.desk_app.now() - mail.received_at)
        width = self.rows.size.width - 3
        reason = mail.reason.replace("_", " ")
        room = max(width - 5 - 21, 20)
        sender, subject = mail.sender or "(nobody)", mail.subject or "(no subject)"
        line = f"{waits:>4} {text.cut(sender, room * 2 // 5)} {text.cut(subject, room * 3 // 5 - 2)} {reason:>20}"
        return Text(line, end="", no_wrap=True)

    # -- what the cursor stands on -----------------------------------------------------------------------------------

    @on(Rows.Moved)
    def _moved(self) -> None:
        mail = self._mail
        self._tell_info()
        self.explain(self._facts(mail) if mail else (), fresh=mail is None or mail.id != self._shown)
        self._shown = mail.id if mail else None
        if self._rest is not None:
            self._rest.stop()
        if mail is not None and mail.id not in self._letters:
            self._rest = self.set_timer(CALM, lambda: self.desk_app.calls.letter(self, mail.id))

    @on(messages.LetterRead)
    def _letter(self, read: messages.LetterRead) -> None:
        self._letters[read.ledger_id] = read.lines
        if (mail := self._mail) is not None and mail.id == read.ledger_id:
            self.explain(self._facts(mail))

    def _facts(self, mail: HeldMail) -> tuple[str, ...]:
        detail = f" ({mail.detail})" if mail.detail and mail.detail != mail.sentence else ""
        place = f"department {mail.department}" if mail.department else "no department"
        held = f"Held because {mail.sentence}{detail}. {place}, {text.size(mail.size)}"
        return (held, *self._letters.get(mail.id, ("…",)))

    def _tell_info(self) -> None:
        rows = self.rows
        where = f"{rows.cursor + 1}/{len(rows.keys)}" if rows.keys else "0"
        chosen = f"{len(rows.marked)} SELECTED" if rows.marked else ""
        self.query_one("#info", Bar).show(f"{where} in quarantine", Text(chosen, "bold"))

    # -- keys --------------------------------------------------------------------------------------------------------

    def action_select(self) -> None:
        """x."""
        self.rows.toggle()
        self._tell_info()

    def action_select_all(self) -> None:
        """X."""
        self.rows.toggle_all()
        self._tell_info()

    def action_release(self) -> None:
        """r."""
        self._do("release")

    def action_release_into(self) -> None:
        """R."""
        if self.rows.targets:
            self.desk_app.calls.choices(self, "department", 0)

    @on(messages.Choices)
    def _offered(self, offer: messages.Choices) -> None:
        def picked(key: str | None) -> None:
            if key is not None:
                self._do("release_into", key)

        if self.is_current:
            self.app.push_screen(Picker(f"Let {self._named()} in, to department", offer.choices), picked)

    def action_discard(self) -> None:
        """d."""

        def sure(yes: bool | None) -> None:
            if yes:
                self._do("discard")

        if self.rows.targets:
            facts = ["Nothing comes of it and nobody is told. Its bytes stay until they are too old; z undoes it."]
            self.app.push_screen(Confirm(f"Discard {self._named()}?", facts), sure)

    def action_block(self) -> None:
        """b."""
        mail = self._mail
        if mail is None or not mail.sender:
            self.desk_app.say("this mail does not say who wrote it" if mail else "no mail here", wrong=True)
            return
        address = mail.sender

        def sure(yes: bool | None) -> None:
            if yes:
                self.desk_app.calls.handle(self.app, MailStep("block", (mail.id,), address))

        facts = [
            f"Whatever {address} writes from now on does not come in, in no department. This mail stays here.",
            "helpdeskctl block list shows who is kept out; z undoes it.",
        ]
        self.app.push_screen(Confirm(f"Keep {address} out?", facts), sure)

    def _do(self, kind: str, value: str = "") -> None:
        targets = self.rows.targets
        self.rows.marked.clear()
        if targets:
            self.desk_app.calls.handle(self.app, MailStep(kind, targets, value))

    def _named(self) -> str:
        targets = self.rows.targets
        if len(targets) != 1:
            return text.count(len(targets), "mail")
        return f'"{self._mails[targets[0]].subject or "(no subject)"}"'
