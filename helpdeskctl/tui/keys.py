"""Every key of the agents' screen, in one table: bindings, footers, the help screen and `help keys` come from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

EVERYWHERE = "everywhere"
PLACES = (EVERYWHERE, "desk", "ticket", "outbox", "quarantine", "composer", "search", "go")
"""Where keys act. Letters act only while no text field has the focus."""


@dataclass(frozen=True, slots=True)
class Key:
    """One action: its id (`action_ID` on the screen), default keys, what it does, where, and its word in the footer."""

    id: str
    keys: tuple[str, ...]
    label: str
    where: tuple[str, ...]
    footer: str = ""

    @property
    def action(self) -> str:
        """The action the key calls: its id, and `view(3)` for `view_3`."""
        name, _, place = self.id.rpartition("_")
        return f"{name}({place})" if place.isdigit() else self.id

    @property
    def shown(self) -> str:
        """The keys as people read them: `^s`, `enter`, `j or down`."""
        return " or ".join(spoken(key) for key in self.keys)


_BOTH = ("desk", "ticket")
_MAIL = ("outbox", "quarantine")

KEYS: tuple[Key, ...] = (
    Key("help", ("?", "f1"), "the keys of this place", (EVERYWHERE,), "help"),
    Key("command_palette", ("ctrl+p", ":"), "everything that can be done, by name", (EVERYWHERE,), "all"),
    Key("refresh", ("ctrl+r",), "read anew, connect again; composer: what arrived", (EVERYWHERE,)),
    Key("quit", ("ctrl+q",), "leave (drafts are kept)", (EVERYWHERE,)),
    # moving
    Key("enter", ("enter",), "open the ticket", ("desk", "search", "outbox"), "open"),
    Key("down", ("j", "down"), "next row", ("desk", *_MAIL)),
    Key("up", ("k", "up"), "row before", ("desk", *_MAIL)),
    Key("page_down", ("space", "pagedown"), "a page down; at the end of a thread: the next ticket", _BOTH),
    Key("page_up", ("pageup",), "a page up", _BOTH),
    Key("below_down", ("space", "pagedown"), "scroll what is shown below the list", _MAIL),
    Key("below_up", ("pageup",), "scroll it back", _MAIL),
    Key("top", ("home",), "to the top", (*_BOTH, *_MAIL)),
    Key("bottom", ("G", "end"), "to the bottom", (*_BOTH, *_MAIL)),
    Key("older", ("k",), "ticket before, in this view", ("ticket",)),
    Key("newer", ("j",), "next ticket of this view", ("ticket",)),
    Key("line_down", ("down",), "scroll a line down", ("ticket",)),
    Key("line_up", ("up",), "scroll a line up", ("ticket",)),
    Key("message_down", ("J",), "next message", ("ticket",)),
    Key("message_up", ("K",), "message before", ("ticket",)),
    Key("back", ("u", "escape"), "back", ("ticket",), "back"),
    Key("next", ("N",), "the next to work on: most urgent, waiting longest", _BOTH),
    # writing
    Key("reply", ("r",), "reply to everybody on the ticket", _BOTH, "reply"),
    Key("reply_requester", ("R",), "reply to the requester only", _BOTH),
    Key("note", ("n",), "internal note, never seen by customers", _BOTH, "note"),
    Key("forward", ("f",), "forward a message with its files …", ("ticket",)),
    Key("attachments", ("o",), "files: list, save …", ("ticket",)),
    Key("reply_close", ("E",), "reply and close", _BOTH),
    # triage
    Key("take", ("A",), "take it: assign to me, in progress, tell the customer", _BOTH, "take"),
    Key("assign", ("a",), "assign to …", _BOTH, "assign"),
    Key("status", ("s",), "status …", _BOTH, "status"),
    Key("close", ("e",), "close without a reply", _BOTH, "close"),
    Key("priority", ("p",), "priority …", _BOTH),
    Key("department", ("d",), "move to a department …", _BOTH),
    Key("tag", ("t",), "put on or take off a tag …", _BOTH),
    Key("snooze", ("b",), "snooze until …", _BOTH, "snooze"),
    Key("merge", ("m",), "merge into another ticket …", _BOTH),
    Key("spam", ("!",), "spam, or spam and its sender …; spam: no longer", _BOTH),
    Key("undo", ("z",), "undo the last thing: a reply (for 10 s), a close …", _BOTH, "undo"),
    Key("select", ("x",), "select; keys then work on all that is selected", ("desk", "quarantine"), "select"),
    Key("select_all", ("X",), "select all or none", ("desk", "quarantine")),
    # mail
    Key("mails", ("O",), "the mail of this ticket: what became of it, try again …", _BOTH),
    Key("belongs", ("M",), "may belong to another ticket: move it there …", ("ticket",)),
    Key("people", ("P",), "put those named in Cc on the ticket …", ("ticket",)),
    Key("letter", ("W",), "the mail as it came, and why it is here", ("ticket",)),
    Key("retry", ("t",), "try again now", ("outbox",), "try again"),
    Key("cancel", ("c",), "take back; a held reply goes to the composer", ("outbox",), "take back"),
    Key("resend", ("s",), "send once more, to an address …", ("outbox",), "send again"),
    Key("arrived", ("y",), "it arrived, where the server's answer was lost", ("outbox",), "arrived"),
    Key("settle", ("l",), "let it be: nothing more is to be done", ("outbox",), "let be"),
    Key("release", ("r",), "let it in", ("quarantine",), "let in"),
    Key("release_into", ("R",), "let it in, to a department …", ("quarantine",), "let in to"),
    Key("discard", ("d",), "discard it; asks first", ("quarantine",), "discard"),
    Key("block", ("b",), "keep its sender out from now on; asks first", ("quarantine",), "block"),
    Key("undo", ("z",), "undo the last thing", _MAIL, "undo"),
    Key("back", ("u", "escape"), "back", _MAIL, "back"),
    # looking and finding
    Key("quotes", (">",), "show or fold quoted lines", ("ticket",)),
    Key("history", ("H",), "what happened to this ticket", ("ticket",)),
    Key("filter", ("/",), "filter this list in the query language", ("desk",), "filter"),
    Key("search", ("S",), "search everything", _BOTH),
    Key("save_view", ("V",), "save this filter as a view", ("desk",)),
    Key("pick_view", ("v",), "a view by its name …", ("desk",)),
    Key("number", ("#",), "open a ticket by its number …", _BOTH),
    Key("go", ("g",), "go to … (a second key follows)", (*_BOTH, *_MAIL), "go"),
    Key("clear", ("escape",), "clear selection or filter", ("desk",)),
    *(Key(f"view_{n}", (str(n),), f"view {n} of the sidebar", ("desk",)) for n in range(1, 10)),
    # after g
    Key("go_mine", ("m",), "mine", ("go",)),
    Key("go_unassigned", ("u",), "unassigned", ("go",)),
    Key("go_waiting", ("w",), "waiting", ("go",)),
    Key("go_snoozed", ("s",), "snoozed", ("go",)),
    Key("go_departments", ("d",), "departments", ("go",)),
    Key("go_number", ("t",), "number", ("go",)),
    Key("go_outbox", ("o",), "outbox", ("go",)),
    Key("go_quarantine", ("q",), "quarantine", ("go",)),
    Key("go_top", ("g",), "top", ("go",)),
    Key("go_nowhere", ("escape",), "stay here", ("go",)),
    # composer
    Key("send", ("ctrl+s",), "send; once more if something new arrived", ("composer",), "send"),
    Key("canned", ("ctrl+o",), "canned replies; /shortcut and tab puts one in place", ("composer",), "canned"),
    Key("articles", ("f8",), "help articles: a link or the text, put in place", ("composer",)),
    Key("switch", ("ctrl+n",), "switch between note and reply", ("composer",), "note/reply"),
    Key("after_send", ("ctrl+t",), "the status after sending", ("composer",), "after send"),
    Key("attach", ("ctrl+l",), "files: from a path, of the ticket", ("composer",), "attach"),
    Key("recipients", ("f2",), "Cc and Bcc; of a forward To", ("composer",), "Cc/Bcc"),
    Key("everybody", ("f5",), "to everybody on the ticket, or the requester alone", ("composer",)),
    Key("signature", ("f3",), "another signature, or none", ("composer",)),
    Key("sender", ("f4",), "another address of the department to send from", ("composer",)),
    Key("editor", ("ctrl+g",), "edit in $EDITOR", ("composer",), "$EDITOR"),
    Key("thread_up", ("ctrl+up",), "scroll the thread above up", ("composer",)),
    Key("thread_down", ("ctrl+down",), "scroll the thread above down", ("composer",)),
    Key("leave", ("escape",), "go back, the draft is kept", ("composer",), "keep draft"),
    # search
    Key("results", ("down",), "from the words to the results", ("search",)),
    Key("close_search", ("escape",), "back", ("search",), "back"),
)

_SPOKEN = {
    "escape": "esc", "pagedown": "page down", "pageup": "page up",
    "f1": "F1", "f2": "F2", "f3": "F3", "f4": "F4", "f5": "F5", "f8": "F8",
}  # fmt: skip


def spoken(key: str) -> str:
    """A key as people read it."""
    return _SPOKEN.get(key, key.replace("ctrl+", "^"))


def at(place: str) -> Iterator[Key]:
    """The keys of one place, without those that act everywhere."""
    return (key for key in KEYS if place in key.where)


def footer(place: str) -> list[tuple[str, str]]:
    """(key, word) of what the last line names, the place's own first, then help and everything."""
    named = [*at(place), *at(EVERYWHERE)]
    return [(spoken(key.keys[0]), key.footer) for key in named if key.footer]


def rows() -> list[dict[str, str]]:
    """The table for `helpdeskctl help keys`."""
    return [{"where": ", ".join(key.where), "key": key.shown, "does": key.label} for key in KEYS]
