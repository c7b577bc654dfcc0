"""What became of what the agent did: said above the keys, counted down, undone. The app adds the screens to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rich.text import Text
from textual import on
from textual.app import App
from textual.message_pump import MessagePump
from textual.timer import Timer

from helpdeskctl.desk import Desk as HelpDesk
from helpdeskctl.errors import ConfigError, HelpdeskError, TryAgain
from helpdeskctl.operations.replies import Sent
from helpdeskctl.tui import delivery, messages, text
from helpdeskctl.tui.composing import Composition, of_draft
from helpdeskctl.tui.mail_steps import MailStep
from helpdeskctl.tui.screens.base import DeskScreen
from helpdeskctl.tui.screens.composer import Composer
from helpdeskctl.tui.screens.desk import Desk
from helpdeskctl.tui.screens.ticket import Ticket
from helpdeskctl.tui.triage import Step
from helpdeskctl.tui.widgets.bars import Foot
from helpdeskctl.tui.workers import Workers


@dataclass(frozen=True, slots=True)
class _Counting:
    """A reply that can still be taken back, and until when."""

    words: str
    until: datetime


class Outcomes(App[None]):
    """The app as far as it tells what was done and takes it back."""

    calls: Workers

    def __init__(self, desk: HelpDesk) -> None:
        super().__init__()
        self.desk = desk
        self.offline = ""
        self._undo: Sent | MailStep | tuple[Step, ...] | None = None
        self._said = Text()
        self._silence: Timer | None = None
        self._counting: _Counting | None = None

    def now(self) -> datetime:
        """The desk's time."""
        return self.desk.now()

    def write(self, number: int, made: Composition) -> None:
        """Open the composer."""
        raise NotImplementedError

    def reconnect(self) -> None:
        """Look at once whether the database answers."""
        raise NotImplementedError

    def screens(self) -> list[DeskScreen]:
        """The desk's screens whose parts are there: the foot comes last, and closing takes parts away one by one."""
        if not self.is_running:
            return []
        return [screen for screen in self.screen_stack if isinstance(screen, DeskScreen) and screen.query(Foot)]

    def renew(self) -> None:
        """Read anew what is in sight; what lies below does so when it comes up."""
        for screen in self.screens():
            if screen.LIVE:
                screen.renew()

    # -- saying ------------------------------------------------------------------------------------------------------

    def say(self, words: str, *, wrong: bool = False, lasts: float = 4) -> None:
        """A line above the keys that goes by itself."""
        self._counting = None
        self._show(words, wrong=wrong, lasts=8 if wrong else lasts)

    def count_down(self) -> None:
        """Say how long the last reply can be taken back."""
        if self._counting is None:
            return
        left = delivery.seconds_to(self._counting.until, self.now())
        if left:
            self._show(f"{self._counting.words}; z takes it back ({left} s)", lasts=left + 1)
        else:
            self.say(f"{self._counting.words}; it is on its way")

    def tell_all(self) -> None:
        """Show state and last words on every screen."""
        for screen in self.screens():
            screen.tell_state()
            screen.tell(self._said)

    def _show(self, words: str, *, wrong: bool = False, lasts: float) -> None:
        self._said = text.line(f"! {words}" if wrong else words, "bold yellow" if wrong else "bold")
        if self._silence is not None:
            self._silence.stop()
        self._silence = self.set_timer(lasts, self._hush)
        self.tell_all()

    def _hush(self) -> None:
        self._said, self._counting = Text(), None
        self.tell_all()

    # -- replies -----------------------------------------------------------------------------------------------------

    def sent(self, sent: Sent) -> None:
        """A reply is stored: say so, try its mail when it can no longer be taken back, go on to the next ticket."""
        self._undo = sent
        wait = max(0.0, (sent.held_until - self.now()).total_seconds()) if sent.held_until else 0.0
        words = f"#{sent.number} sent to {', '.join(sent.to)} ({sent.status})"
        self.say(words)
        if sent.held_until is not None and wait:
            self._counting = _Counting(words, sent.held_until)
            self.count_down()
        self.set_timer(wait + 0.5, lambda: self.calls.deliver(self, sent.outgoing_id))
        self._go_on(sent.number)

    def forwarded(self, sent: Sent) -> None:
        """A message is handed on."""
        self.say(f"#{sent.number} forwarded to {', '.join(sent.to)}")
        self.calls.deliver(self, sent.outgoing_id)
        self.renew()

    def noted(self, number: int) -> None:
        """A note is stored."""
        self.say(f"note kept on #{number}")
        self.renew()

    def _go_on(self, number: int) -> None:
        for screen in self.screens():
            if isinstance(screen, Ticket) and screen.number == number and not screen.step(1):
                screen.renew()
            if isinstance(screen, Desk):
                screen.list.hold([number])
                screen.renew()

    @on(messages.TakenBack)
    def _taken_back(self, taken: messages.TakenBack) -> None:
        self.say(f"reply to #{taken.number} taken back; it is in the composer")
        self.write(taken.number, of_draft(taken.draft))
        self.renew()

    @on(messages.DraftKept)
    def _draft_kept(self, kept: messages.DraftKept) -> None:
        for screen in self.screens():
            if isinstance(screen, Composer) and screen.number == kept.number:
                screen.told_kept(kept)

    @on(messages.Delivered)
    def _delivered(self, delivered: messages.Delivered) -> None:
        for fault in delivered.faults:
            self.say(f"not sent yet: {fault}; tried again by itself", wrong=True)
        self.renew()

    @on(messages.Saved)
    def _saved(self, saved: messages.Saved) -> None:
        self.say(f"saved as {saved.path}, {text.size(saved.size)}", lasts=10)

    # -- triage and mail ---------------------------------------------------------------------------------------------

    @on(messages.Acted)
    def _acted(self, acted: messages.Acted) -> None:
        if acted.back:
            self._undo = acted.back
        done = (
            f"{len(acted.changed)} of {acted.asked} tickets"
            if acted.asked > 1
            else "".join(f"#{number}" for number in acted.changed)
        )
        self._tell_done(f"{done} {acted.words}" if acted.changed else "", acted.fault, undo=bool(acted.back))

    @on(messages.MailHandled)
    def _handled(self, handled: messages.MailHandled) -> None:
        if handled.back is not None:
            self._undo = handled.back
        for outgoing_id in handled.leaving:
            self.calls.deliver(self, outgoing_id)
        self._tell_done(handled.words, handled.fault, undo=handled.back is not None)

    def _tell_done(self, done: str, fault: HelpdeskError | None, *, undo: bool) -> None:
        told = f"{done}{'; z undoes it' if undo else ''}" if done else "nothing to change"
        if fault is not None:
            first = f"{told}. " if done else ""
            self.say(f"{first}{fault.message}{_hint(fault)}", wrong=True)
        else:
            self.say(told)
        self.renew()

    def undo_last(self, to: MessagePump) -> None:
        """z: take the last thing back."""
        undo, self._undo = self._undo, None
        if isinstance(undo, Sent):
            self.calls.take_back(self, undo.number, undo.outgoing_id)
        elif isinstance(undo, MailStep):
            self.calls.handle(to, undo)
        elif undo:
            self.calls.act(to, undo)
        else:
            self.say("nothing to undo")

    @on(messages.Failed)
    def _failed(self, failed: messages.Failed) -> None:
        if self.offline:
            return
        self.say(f"{failed.error.message}{_hint(failed.error)}", wrong=True)
        if isinstance(failed.error, (TryAgain, ConfigError)):
            self.reconnect()


def _hint(error: HelpdeskError) -> str:
    """What to do about a fault."""
    return f" ({error.hint})" if error.hint else ""
