"""Writing a reply or a note: the thread above, the text, the signature below, and what sending will do."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.timer import Timer
from textual.widgets import TextArea

from helpdeskctl.errors import NewerMessages, TryAgain
from helpdeskctl.operations.drafts import Draft
from helpdeskctl.operations.messages import NewAttachment
from helpdeskctl.operations.replies import Note, Reply
from helpdeskctl.tui import editor, local_drafts, messages, text
from helpdeskctl.tui.messages import Choice, Writing
from helpdeskctl.tui.screens.base import DeskScreen, bindings
from helpdeskctl.tui.screens.pickers import Picker
from helpdeskctl.tui.widgets.bars import Bar, Divider, Foot
from helpdeskctl.tui.widgets.fields import Body
from helpdeskctl.tui.widgets.lines import Lines
from helpdeskctl.tui.widgets.thread import Thread

CALM = 2.0  # seconds after the last key until the draft is saved

Kind = Literal["reply", "note"]


class Composer(DeskScreen):
    """A reply or note to one ticket. `start` is what it is opened with where there is no draft yet."""

    PLACE = "composer"
    BINDINGS = bindings("composer")

    def __init__(self, number: int, kind: Kind, *, status: str = "", only_requester: bool = False) -> None:
        super().__init__()
        self.number = number
        self.kind: Kind = kind
        self.status = status
        self._only_requester = only_requester
        self._writing: Writing | None = None
        self._content: dict[str, Any] = {}
        self._seen: int | None = None
        self._sending = False
        self._rest: Timer | None = None
        self._saved = ""
        self._kept = ""
        self._warning = ""
        self._shortcut = ""
        self._reading = False
        self._others: list[str] = []

    # -- parts -------------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(id="head")
        yield Bar(id="to")
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

    @property
    def body(self) -> Body:
        """The text."""
        return self.query_one("#body", Body)

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
        self.take_up(draft)
        if newer:
            self._warning = f"! {text.count(newer, 'new message')} since you wrote this draft"

    def take_up(self, draft: Draft) -> None:
        """Go on with a draft."""
        self._content = dict(draft.content)
        self.kind = "note" if draft.kind == "note" else "reply"
        self.status = self.status or str(draft.content.get("status") or "")
        self.body.load_text(str(draft.content.get("body", "")))
        self._saved = self.body.text
        row, column = (draft.content.get("cursor") or [10**6, 10**6])[:2]
        self.body.move_cursor((min(row, self.body.document.line_count - 1), column))
        self._kept = "draft restored"

    # -- showing -----------------------------------------------------------------------------------------------------

    def _show_head(self) -> None:
        note = self.kind == "note"
        self.set_class(note, "-note")
        subject = self._writing.detail.row.subject if self._writing else ""
        what = Text("NOTE, internal - NOT visible to the customer" if note else "REPLY to customer", "bold")
        self.query_one("#head", Bar).show(text.line(f"#{self.number} {subject}", "bold"), what)
        if self._writing is not None:
            self.query_one("#to", Bar).show(*self._addressed(self._writing, note))
        self._show_signature(note)

    def _addressed(self, writing: Writing, note: bool) -> tuple[Text, Text]:
        if note:
            return Text("For agents only. No mail leaves."), Text()
        to, *others = writing.to
        cc = [] if self._only_requester else [*others, *self._content.get("cc", ())]
        left = text.line(f"To {to}   Cc {', '.join(cc) or '-'}")
        return left, text.line(f"From {writing.sender}" if "!" not in writing.sender else writing.sender)

    def _show_signature(self, note: bool) -> None:
        signature = "" if note or self._writing is None else self._writing.signature.strip()
        lines = signature.split("\n") if signature else []
        self.query_one("#signature-head", Bar).show("-- (signature, added when sending)" if lines else "")
        pane = self.query_one("#signature", Lines)
        pane.styles.height = min(len(lines), 2 if self.app.size.height < 30 else 6)
        pane.show([text.line(each) for each in lines], top=0)

    def _show_state(self) -> None:
        files = len(self._content.get("attachments") or ())
        words = [text.count(files, "attachment")] if files else []
        if self.kind == "reply" and self._writing is not None:
            words.append(f"After send [{self.status or self._writing.after_send}] (^t)")
            words.append("z takes it back for 10 s")
        self.query_one("#state", Bar).show("   ".join(words), "sending …" if self._sending else self._kept)
        others = f"! {', '.join(self._others)} is writing here, too" if self._others else ""
        self.query_one("#warning", Bar).show(text.line(self._warning or others, "bold"))

    # -- drafts ------------------------------------------------------------------------------------------------------

    @on(TextArea.Changed)
    def _typed(self) -> None:
        if self._rest is not None:
            self._rest.stop()
        if self.body.text != self._saved:
            self._rest = self.set_timer(CALM, self.keep)

    def draft(self) -> Draft:
        """The text as it stands."""
        content = self._content | {
            "body": self.body.text,
            "status": self.status or None,
            "cursor": list(self.body.cursor_location),
        }
        return Draft(kind=self.kind, content=content, seen_message_id=self._seen)

    def keep(self) -> None:
        """Save the draft, unless it is saved already or on its way out."""
        if self._writing is None or self._sending or self.body.text == self._saved:
            return
        self._saved = self.body.text
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
            self._warn("! not sent: the database is out of reach. The draft is kept; ^r tries again")
            self.keep()
            return
        if not self.body.text.strip():
            self._warn("! nothing written yet")
            return
        self._sending, self._warning = True, ""
        self._show_state()
        if self._rest is not None:
            self._rest.stop()
        calls = self.desk_app.calls
        if self.kind == "note":
            calls.note(self, self.number, Note(body=self.body.text, if_last=self._seen))
        else:
            calls.reply(self, self.number, self._reply())

    def _reply(self) -> Reply:
        content = self._content
        return Reply(
            body=self.body.text,
            cc=tuple(content.get("cc") or ()),
            bcc=tuple(content.get("bcc") or ()),
            status=self.status or None,
            signature=content.get("signature"),
            attachments=tuple(NewAttachment(**file) for file in content.get("attachments") or ()),
            if_last=self._seen,
            only_requester=self._only_requester,
        )

    @on(messages.ReplySent)
    def _sent(self, sent: messages.ReplySent) -> None:
        sent.stop()
        self._close()
        self.desk_app.sent(sent.sent)

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
            self._warn(f"! not sent yet: {told}. Read it; ^s sends anyway. Last by {newest.author}")
            return
        if failed.purpose == "send":
            failed.stop()
            self.keep()
            again = "  The draft is kept." if isinstance(failed.error, TryAgain) else ""
            self._warn(f"! not sent: {failed.error.message}{again}")

    def renew_thread(self) -> None:
        """Show the new messages above, at the newest."""
        self.desk_app.calls.writing(self, self.number)

    def _warn(self, words: str) -> None:
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
        self.kind = "note" if self.kind == "reply" else "reply"
        self._saved = ""
        self._typed()
        self._show_head()
        self._show_state()

    def action_after_send(self) -> None:
        """^t."""
        if self._writing is not None and self.kind == "reply":
            kinds = [key for key in self._writing.statuses if key != "new"]
            present = self.status or self._writing.after_send
            at = kinds.index(present) if present in kinds else -1
            self.status = kinds[(at + 1) % len(kinds)]
            self._show_state()

    def action_thread_up(self) -> None:
        """^up."""
        self.query_one(Thread).scroll_lines(-2)

    def action_thread_down(self) -> None:
        """^down."""
        self.query_one(Thread).scroll_lines(2)

    def action_editor(self) -> None:
        """^g: the text in $VISUAL or $EDITOR; the screen waits."""
        if self.desk_app.at_door:
            self._warn("! no editor over this way in")
            return
        with self.app.suspend():
            edited = editor.edit(self.body.text)
        if edited is None:
            self._warn("! no editor: set VISUAL or EDITOR")
        else:
            self.body.load_text(edited)
            self._typed()
        self.app.refresh()

    def action_canned(self) -> None:
        """^o."""
        self._shortcut = ""
        self.desk_app.calls.canned(self, self.number)

    @on(Body.ShortcutTyped)
    def _shortcut_typed(self, typed: Body.ShortcutTyped) -> None:
        self._shortcut = typed.shortcut
        self.desk_app.calls.canned(self, self.number)

    @on(messages.Choices)
    def _canned(self, offer: messages.Choices) -> None:
        if self._shortcut:
            wanted = f"/{self._shortcut}".casefold()
            found = next((choice for choice in offer.choices if choice.remark.casefold() == wanted), None)
            if found is None:
                self._warn(f"! no canned reply has the shortcut {wanted} here; ^o lists them")
            else:
                self._put(found, instead_of=len(wanted))
            return

        def picked(value: str | None) -> None:
            if value is not None:
                self._put(next(choice for choice in offer.choices if choice.value == value))

        hidden = f" ({offer.hidden} hidden: other department or language)" if offer.hidden else ""
        self.app.push_screen(Picker("Canned replies", offer.choices, note=hidden), picked)

    def _put(self, choice: Choice, *, instead_of: int = 0) -> None:
        self.body.put(choice.preview, instead_of=instead_of)
        if choice.sets:
            self.status = choice.sets
        self._show_state()
        self.body.focus()
