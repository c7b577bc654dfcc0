"""What goes with a text: recipients, files, signature, sender, canned replies; each chosen beside the text."""

from __future__ import annotations

from dataclasses import replace

from textual import on

from helpdeskctl.operations.messages import NewAttachment
from helpdeskctl.tui import messages
from helpdeskctl.tui.composing import Composition, to_attach
from helpdeskctl.tui.messages import Choice, Writing
from helpdeskctl.tui.screens.attach import Attach
from helpdeskctl.tui.screens.base import DeskScreen
from helpdeskctl.tui.screens.pickers import Picker
from helpdeskctl.tui.screens.recipients import Recipients
from helpdeskctl.tui.widgets.fields import Body

_TITLES = {
    "canned": "Canned replies",
    "article": "Help articles the requester may read",
    "signature": "Signature",
    "mailbox": "Send from",
}


class Enclosing(DeskScreen):
    """A text with what goes with it. A subclass shows it and sends it."""

    def __init__(self, number: int, made: Composition) -> None:
        super().__init__()
        self.number = number
        self.made = made
        self._writing: Writing | None = None
        self._shortcut = ""
        self._signature: str | None = None  # the text of the one that was picked

    @property
    def body(self) -> Body:
        """The text."""
        return self.query_one("#body", Body)

    def show_made(self) -> None:
        """Show and save what is chosen."""
        raise NotImplementedError

    def warn(self, words: str) -> None:
        """A line that stays."""
        raise NotImplementedError

    def action_recipients(self) -> None:
        """F2."""
        if self.made.kind == "note":
            self.warn("! a note goes to nobody: it is for agents")
        elif self._writing is not None:
            fixed = "Forward to" if self.made.kind == "forward" else f"To {', '.join(self.addressed())}, and"
            self.app.push_screen(Recipients(self.made, fixed), self._take)

    def addressed(self) -> list[str]:
        """Whom the mail goes to besides those typed here."""
        to = list(self._writing.to) if self._writing is not None else []
        return to[:1] if self.made.only_requester else to

    def action_everybody(self) -> None:
        """F5."""
        if self.made.kind == "reply":
            self._take(replace(self.made, only_requester=not self.made.only_requester))

    def action_attach(self) -> None:
        """^l."""
        if self._writing is None:
            return
        known = [
            to_attach(file)
            for message in reversed(self._writing.detail.messages)
            for file in message.attachments
            if not file.inline and file.at_hand
        ]

        def chosen(files: tuple[NewAttachment, ...] | None) -> None:
            if files is not None:
                self._take(replace(self.made, files=files))

        limits, at_door = self._writing.limits, self.desk_app.at_door
        self.app.push_screen(Attach(self.made.files, known, limits, at_door=at_door), chosen)

    def action_signature(self) -> None:
        """F3."""
        self.desk_app.calls.choices(self, "signature", self.number)

    def action_sender(self) -> None:
        """F4."""
        self.desk_app.calls.choices(self, "mailbox", self.number)

    def action_canned(self) -> None:
        """^o."""
        self._shortcut = ""
        self.desk_app.calls.canned(self, self.number)

    def action_articles(self) -> None:
        """F8."""
        self.desk_app.calls.choices(self, "article", self.number)

    @on(Body.ShortcutTyped)
    def _shortcut_typed(self, typed: Body.ShortcutTyped) -> None:
        self._shortcut = typed.shortcut
        self.desk_app.calls.canned(self, self.number)

    @on(messages.Choices)
    def _offered(self, offer: messages.Choices) -> None:
        if offer.kind == "canned" and self._shortcut:
            self._expand(offer)
            return

        def picked(value: str | None) -> None:
            if value is not None:
                self._pick(offer.kind, next(choice for choice in offer.choices if choice.value == value))

        hidden = f" ({offer.hidden} hidden: other department or language)" if offer.hidden else ""
        title = _TITLES[offer.kind]
        self.app.push_screen(Picker(title, offer.choices, note=hidden), picked)

    def _pick(self, kind: str, choice: Choice) -> None:
        if kind == "canned":
            self._put(choice)
        elif kind == "article":
            self._pick_article(choice)
        elif kind == "signature":
            self._signature = choice.preview
            self._take(replace(self.made, signature=choice.value))
        else:
            self._take(replace(self.made, mailbox=choice.value))

    def _pick_article(self, article: Choice) -> None:
        """The link or the text; without an address of the portal there is only the text."""

        def picked(value: str | None) -> None:
            if value is not None:
                self.body.put(value)
                self.body.focus()

        ways = [Choice(article.link, "link", article.link.rpartition("\n")[2]), Choice(article.preview, "text")]
        self.app.push_screen(Picker(article.label, [way for way in ways if way.value]), picked)

    def _expand(self, offer: messages.Choices) -> None:
        wanted = f"/{self._shortcut}".casefold()
        found = next((choice for choice in offer.choices if choice.remark.casefold() == wanted), None)
        if found is None:
            self.warn(f"! no canned reply has the shortcut {wanted} here; ^o lists them")
        else:
            self._put(found, instead_of=len(wanted))

    def _put(self, choice: Choice, *, instead_of: int = 0) -> None:
        self.body.put(choice.preview, instead_of=instead_of)
        self._take(replace(self.made, status=choice.sets) if choice.sets else self.made)

    def _take(self, made: Composition | None) -> None:
        if made is not None:
            self.made = made
            self.show_made()
        self.body.focus()
