"""Writing a reply or a note: the thread above, the text, the signature below, and what sending will do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.timer import Timer
from textual.widgets import TextArea

from helpdeskctl.errors import NewerMessages, TryAgain
from helpdeskctl.operations.drafts import Draft
from helpdeskctl.tui import editor, local_drafts, messages, text
from helpdeskctl.tui.composing import NO_SIGNATURE, Composition, of_draft
from helpdeskctl.tui.messages import Writing
from helpdeskctl.tui.screens.base import bindings
from helpdeskctl.tui.screens.enclosing import Enclosing
from helpdeskctl.tui.widgets.bars import Bar, Divider, Foot
from helpdeskctl.tui.widgets.fields import Body
from helpdeskctl.tui.widgets.lines import Lines
from helpdeskctl.tui.widgets.thread import Thread

CALM = 2.0  # seconds after the last key until the draft is saved

_TITLES = {
    "note": "NOTE, internal - NOT visible to the customer",
    "reply": "REPLY to customer",
    "forward": "FORWARD to somebody else",
}


class Composer(Enclosing):
    """A reply, note or forward of one ticket. `made` is what it is opened with where there is no draft yet."""

    PLACE = "composer"
    BINDINGS = bindings("composer")

    def __init__(self, number: int, made: Composition) -> None:
        super().__init__(number, made)
        self._seen: int | None = None
        self._sending = False
        self._rest: Timer | None = None
        self._saved: tuple[str, Composition] = ("", made)
        self._kept = ""
        self._warning = ""
        self._reading = False
        self._others: list[str] = []

    # -- parts -------------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="head")
        yield Bar(id="to")
        yield Bar(id="copies", vanish=True)
        yield Bar(id="banner", vanish=True)
        yield Divider()
        yield Thread(id="above", answering=True)
        yield Divider()
        yield Body(id="body", soft_wrap=True, show_line_numbers=False, highlight_cursor_line=False)
        yield Bar(id="signature-head", classes="faint")
        yield Lines(id="signature")
        yield Divider()
        yield Bar(id="state")
        yield Bar(id="warning", vanish=True)
        yield Foot("composer")

    def on_mount(self) -> None:
        """Ask for everything that is shown besides the text."""
        self.query_one(Thread).can_focus = False
        self.query_one("#signature", Lines).can_focus = False
        self.body.focus()
        self._show_head()
        calls = self.desk_app.calls
        calls.writing(self, self.number)
        calls.arrive(self, self.number, "writing")

    def renew(self) -> None:
        """Read what arrived meanwhile; from then on it counts as seen."""
        self._reading = True
        self.desk_app.calls.writing(self, self.number)

    def tell_state(self) -> None:
        """The banner of a lost connection."""
        self.query_one("#banner", Bar).show(self.desk_app.banner())

    # -- opening -----------------------------------------------------------------------------------------------------

    @on(messages.ComposerReady)
    def _ready(self, ready: messages.ComposerReady) -> None:
        first = self._writing is None
        self._writing = ready.writing
        detail = ready.writing.detail
        self._others = [each.name or each.address for each in detail.present if each.mode == "writing"]
        if first:
            self._restore(ready.writing)
        elif self._reading:
            self._reading, self._seen, self._warning = False, detail.last_message_id, ""
        app = self.desk_app
        thread = self.query_one(Thread)
        thread.load(detail.messages, now=app.now(), zone=app.actor.timezone, fresh=first)
        self._show_head()
        self._show_state()

    def _restore(self, writing: Writing) -> None:
        """Put an earlier draft back, the desk's or, if later, the one of this machine."""
        app = self.desk_app
        draft, newer = writing.draft, len(writing.newer)
        local = local_drafts.kept(app.calls.drafts_folder, app.actor.label, self.number)
        if local is not None and (writing.saved_at is None or local[1] > writing.saved_at):
            draft = local[0]
        self._seen = writing.detail.last_message_id
        if draft is None:
            return
        if self.made.kind == "forward" and draft.kind != "forward":
            self._warning = f"! your draft of a {draft.kind} is here: send it or empty it, then forward"
        self.take_up(draft)
        if newer:
            self._warning = f"! {text.count(newer, 'new message')} since you wrote this draft"

    def take_up(self, draft: Draft) -> None:
        """Go on with a draft."""
        asked = self.made
        self.made = of_draft(draft)
        if asked.status:
            self.made = replace(self.made, status=asked.status)
        self.body.load_text(str(draft.content.get("body", "")))
        self._saved = (self.body.text, self.made)
        row, column = (draft.content.get("cursor") or [10**6, 10**6])[:2]
        self.body.move_cursor((min(row, self.body.document.line_count - 1), column))
        self._kept = "draft restored"

    # -- showing -----------------------------------------------------------------------------------------------------

    def show_made(self) -> None:
        """Show and save what is chosen besides the text."""
        self._show_head()
        self._show_state()
        self._typed()

    def _show_head(self) -> None:
        note = self.made.kind == "note"
        self.set_class(note, "-note")
        subject = self._writing.detail.row.subject if self._writing else ""
        self.query_one("#head", Bar).show(
            text.line(f"#{self.number} {subject}", "bold"), Text(_TITLES[self.made.kind], "bold")
        )
        if self._writing is not None:
            self._show_recipients(self._writing, note)
        self._show_signature(note)

    def _show_recipients(self, writing: Writing, note: bool) -> None:
        """On one line with the sender where all fits, else the copies on a second one."""
        first, second = self.query_one("#to", Bar), self.query_one("#copies", Bar)
        if note:
            first.show("For agents only. No mail leaves.")
            second.show("")
            return
        made = self.made
        to, *others = self.addressed() if made.kind == "reply" else [", ".join(made.to) or "- (F2)"]
        bcc = f"   Bcc {', '.join(made.bcc)}" if made.bcc else ""
        copies = text.line(f"Cc {', '.join([*others, *made.cc]) or '-'}{bcc}")
        left = text.line(f"To {to}{' alone' if made.only_requester else ''}")
        sender = made.mailbox or writing.sender
        right = text.line(sender if sender.startswith("!") else f"From {sender}")
        fits = left.cell_len + copies.cell_len + right.cell_len + 4 <= self.size.width
        first.show(left.append("   ").append_text(copies) if fits else left, right)
        second.show("" if fits else copies)

    def _show_signature(self, note: bool) -> None:
        usual = self._writing.signature if self._writing is not None else ""
        none = note or self.made.signature == NO_SIGNATURE
        signature = "" if none else (self._signature or usual).strip()
        lines = signature.split("\n") if signature else []
        self.query_one("#signature-head", Bar).show("-- (signature, added when sending)" if lines else "")
        pane = self.query_one("#signature", Lines)
        pane.styles.height = min(len(lines), 2 if self.app.size.height < 30 else 6)
        pane.show([text.line(each) for each in lines], top=0)

    def _show_state(self) -> None:
        made = self.made
        words = [f"{text.count(len(made.files), 'file')}, {text.size(made.size)} (^l)"] if made.files else []
        if made.kind == "reply" and self._writing is not None:
            words.append(f"After send [{made.status or self._writing.after_send}] (^t)")
            words.append("z takes it back for 10 s")
        if made.kind == "forward":
            words.append("leaves at once; the ticket keeps a note of it")
        self.query_one("#state", Bar).show("   ".join(words), "sending …" if self._sending else self._kept)
        others = f"! {', '.join(self._others)} is writing here, too" if self._others else ""
        self.query_one("#warning", Bar).show(text.line(self._warning or others, "bold"))

    # -- drafts ------------------------------------------------------------------------------------------------------

    @on(TextArea.Changed)
    def _typed(self) -> None:
        if self._rest is not None:
            self._rest.stop()
        if (self.body.text, self.made) != self._saved:
            self._rest = self.set_timer(CALM, self.keep)

    def draft(self) -> Draft:
        """The text as it stands."""
        return self.made.draft(self.body.text, self.body.cursor_location, self._seen)

    def keep(self) -> None:
        """Save the draft, unless it is saved already or on its way out."""
        if self._writing is None or self._sending or (self.body.text, self.made) == self._saved:
            return
        self._saved = (self.body.text, self.made)
        self.desk_app.calls.keep_draft(self.app, self.number, self.draft())

    def rescue(self, at: datetime) -> None:
        """Write the draft to this machine at once: the line has dropped."""
        if self._writing is not None and self.body.text.strip() and not self._sending:
            folder, agent = self.desk_app.calls.drafts_folder, self.desk_app.actor.label
            local_drafts.keep(folder, agent, self.number, self.draft(), at)

    def told_kept(self, kept: messages.DraftKept) -> None:
        """The draft is safe."""
        where = "draft saved on this machine" if kept.local else "draft saved"
        self._kept = f"{where} {text.clock(kept.at, self.desk_app.actor.timezone)}"
        self._show_state()

    # -- sending -----------------------------------------------------------------------------------------------------

    def action_send(self) -> None:
        """^s."""
        if self._writing is None or self._sending:
            return
        if self.desk_app.offline:
            self.warn("! not sent: the database is out of reach. The draft is kept; ^r tries again")
            self.keep()
            return
        if not self.body.text.strip() and self.made.kind != "forward":
            self.warn("! nothing written yet")
            return
        if self.made.kind == "forward" and not self.made.to:
            self.warn("! to whom? F2 says")
            return
        self._sending, self._warning = True, ""
        self._show_state()
        if self._rest is not None:
            self._rest.stop()
        calls = self.desk_app.calls
        if self.made.kind == "note":
            calls.note(self, self.number, self.made.note(self.body.text, self._seen))
        elif self.made.kind == "forward":
            calls.forward(self, self.number, self.made.forward(self.body.text))
        else:
            calls.reply(self, self.number, self.made.reply(self.body.text, self._seen))

    @on(messages.ReplySent)
    def _sent(self, sent: messages.ReplySent) -> None:
        sent.stop()
        self._close()
        self.desk_app.sent(sent.sent)

    @on(messages.Forwarded)
    def _forwarded(self, forwarded: messages.Forwarded) -> None:
        forwarded.stop()
        self._close()
        self.desk_app.forwarded(forwarded.sent)

    @on(messages.NoteKept)
    def _noted(self, noted: messages.NoteKept) -> None:
        noted.stop()
        self._close()
        self.desk_app.noted(noted.number)

    @on(messages.Failed)
    def _failed(self, failed: messages.Failed) -> None:
        self._sending = False
        if isinstance(failed.error, NewerMessages):
            failed.stop()
            newest = failed.error.newer[-1]
            self.renew_thread()
            self._seen = newest.message_id
            told = text.count(len(failed.error.newer), "new message")
            self.warn(f"! not sent yet: {told}. Read it; ^s sends anyway. Last by {newest.author}")
            return
        if failed.purpose == "send":
            failed.stop()
            self.keep()
            again = "  The draft is kept." if isinstance(failed.error, TryAgain) else ""
            self.warn(f"! not sent: {failed.error.message}{again}")

    def renew_thread(self) -> None:
        """Show the new messages above, at the newest."""
        self.desk_app.calls.writing(self, self.number)

    def warn(self, words: str) -> None:
        """A line that stays until the next one."""
        self._sending = False
        self._warning = text.flat(words)
        self._show_state()

    def _close(self) -> None:
        self._sending = True  # nothing is saved any more
        local_drafts.drop(self.desk_app.calls.drafts_folder, self.desk_app.actor.label, self.number)
        self.desk_app.calls.leave(self, self.number)
        self.dismiss()

    # -- keys --------------------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """Esc."""
        self.keep()
        self.desk_app.calls.leave(self, self.number)
        self.dismiss()

    def action_switch(self) -> None:
        """^n."""
        if self.made.kind == "forward":
            self.warn("! a forward stays one; esc keeps it as a draft")
            return
        self.made = replace(self.made, kind="note" if self.made.kind == "reply" else "reply")
        self.show_made()

    def action_after_send(self) -> None:
        """^t."""
        if self._writing is not None and self.made.kind == "reply":
            kinds = [key for key in self._writing.statuses if key != "new"]
            present = self.made.status or self._writing.after_send
            at = kinds.index(present) if present in kinds else -1
            self.made = replace(self.made, status=kinds[(at + 1) % len(kinds)])
            self.show_made()

    def action_thread_up(self) -> None:
        """^up."""
        self.query_one(Thread).scroll_lines(-2)

    def action_thread_down(self) -> None:
        """^down."""
        self.query_one(Thread).scroll_lines(2)

    def action_editor(self) -> None:
        """^g: the text in $VISUAL or $EDITOR; the screen waits."""
        if self.desk_app.at_door:
            self.warn("! no editor over this way in")
            return
        with self.app.suspend():
            edited = editor.edit(self.body.text)
        if edited is None:
            self.warn("! no editor: set VISUAL or EDITOR")
        else:
            self.body.load_text(edited)
            self._typed()
        self.app.refresh()
