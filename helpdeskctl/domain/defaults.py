"""The settings of a desk and what a new desk does before anybody sets anything (rule book, Defaults).

`Settings()` is a new desk. `help settings` prints DEFAULTS. Settings that a department has of its own (`reopen`,
`notify` …) are here what a new department starts with.
"""

# ruff: noqa: RUF009 - `_setting` makes a dataclass field, not a value that instances would share

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

from helpdeskctl.domain import setting_types as types
from helpdeskctl.domain.attachment_types import PROGRAMS
from helpdeskctl.domain.languages import LANGUAGES
from helpdeskctl.domain.setting_types import Type
from helpdeskctl.errors import InvalidInput, NotFound, Problem


def _setting(type_: Type, default: object, sentence: str, why: str = "") -> Any:
    return field(default=default, metadata={"type": type_, "sentence": sentence, "why": why})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its value. Durations are timedeltas, sizes octets; None means off, for ever or empty."""

    # the desk
    name: str = _setting(types.TEXT, "Helpdesk", "The name of the desk, in mail and portal.")
    default_language: str = _setting(types.LANGUAGE, "en", "The language where nobody chose one.")
    languages: tuple[str, ...] = _setting(
        types.LANGUAGES_LIST, tuple(LANGUAGES), "The languages customers can choose.", "people read their own best"
    )
    timezone: str = _setting(types.TIMEZONE, "UTC", "The time zone of the desk: days begin and end in it.")
    ticket_prefix: str = _setting(
        types.PREFIX, "Support", "What stands in the subject's tag: [Support#1001].", "says who writes"
    )
    first_number: int = _setting(
        types.number(1, 10**9), 1001, "The number of the first ticket.", "four digits look like a ticket number"
    )

    # mail in
    unknown_senders: str = _setting(
        types.choice("accept", "hold", "reject"),
        "accept",
        "What happens to mail of people we do not know.",
        "a desk that refuses its first customer is no desk",
    )
    duplicates: str = _setting(
        types.choice("one_ticket", "per_department"),
        "one_ticket",
        "One mail to two of our mailboxes makes one ticket, or one in each department.",
        "two agents should not answer the same mail",
    )
    company_by_domain: bool = _setting(
        types.YES_NO,
        True,
        "New contacts join the company that claims the domain of their address.",
        "gives sight of nothing",
    )
    after_import: str = _setting(
        types.AFTER_IMPORT, "keep", "What happens to a mail on the server once it is stored.", "nothing can be lost"
    )
    sender_tickets: int = _setting(
        types.number(1, 10**6),
        200,
        "So many tickets one sender may open by mail within sender_minutes; more wait in quarantine.",
        "a monitoring system on a bad day sends dozens, a program that runs wild thousands",
    )
    sender_minutes: int = _setting(
        types.number(1, 60), 10, "The minutes in which a sender's tickets are counted.", "floods come at once"
    )
    remote_images: str = _setting(
        types.choice("blocked", "shown"), "blocked", "Images that a mail loads from elsewhere.", "they tell who reads"
    )

    # tickets and mail out
    receipts: bool = _setting(
        types.YES_NO, True, "New tickets are confirmed by mail.", "customers ask again when nothing comes"
    )
    tell_taken: bool = _setting(
        types.YES_NO,
        True,
        "The customer is told who took the ticket, when nothing else goes out in that act.",
        "people like to know who has it",
    )
    tell_status: bool = _setting(
        types.YES_NO, False, "The customer is told when the status changes.", "too much mail is not read"
    )
    tell_closed: bool = _setting(
        types.YES_NO, False, "The customer is told when the ticket is closed.", "too much mail is not read"
    )
    tell_merged: bool = _setting(
        types.YES_NO, False, "The customer is told when tickets are merged.", "too much mail is not read"
    )
    after_reply: str = _setting(
        types.choice("answered", "question", "open", "closed"),
        "answered",
        "The status after an agent's reply.",
        'most answers end it; "your turn" must be true',
    )
    reopen: str = _setting(
        types.REOPEN,
        "30d",
        "How long customers reopen a closed ticket by answering; then a linked one opens.",
        "old threads hide new problems",
    )
    notify: str = _setting(
        types.choice("full", "link"), "full", "Mail holds the whole answer, or a link to it.", "people read mail"
    )
    undo_seconds: int = _setting(
        types.number(0, 600), 10, "Seconds in which a reply from the TUI can be taken back.", "long enough to gasp"
    )
    undo_seconds_shell: int = _setting(
        types.number(0, 600), 0, "Seconds in which a reply from the shell can be taken back.", "scripts do not gasp"
    )
    autoclose: timedelta | None = _setting(
        types.duration_or("off"),
        None,
        "Answered tickets are closed after this time without a word.",
        "nobody likes being closed on",
    )
    ratings: bool = _setting(
        types.YES_NO, False, "Customers are asked for a rating after closing.", "ask when you will read them"
    )
    attachment_size: int = _setting(
        types.SIZE, 25 * 1024**2, "All attachments of one message together.", "more cannot be mailed"
    )
    attachment_files: int = _setting(
        types.number(0, 100), 10, "How many attachments one message may have.", "more cannot be mailed"
    )
    attachment_types_refused: tuple[str, ...] = _setting(
        types.FILE_KINDS,
        PROGRAMS,
        "Files of these kinds are not attached; in mail they are kept and not handed out.",
        "a double click runs them, and no large mail service carries them",
    )

    # portal
    portal_url: str | None = _setting(types.URL, None, "The portal's address; mail links to it where set.")
    registration: str = _setting(
        types.choice("open", "confirm", "invited", "off"),
        "open",
        "Who may register: everybody, after an agent's yes, the invited, nobody.",
        "the address is confirmed first",
    )
    registration_domains: tuple[str, ...] = _setting(
        types.DOMAINS, (), "Only addresses of these mail domains can register; of every domain where it is empty."
    )
    guest_requests: bool = _setting(
        types.YES_NO, True, "Requests can be written without signing in.", "mail can be written so, too"
    )
    guest_question: str | None = _setting(
        types.TEXT_OR_EMPTY, None, "A question that guests answer before they write, against robots."
    )
    guest_answer: str | None = _setting(
        types.TEXT_OR_EMPTY, None, "The answer to guest_question; upper case and spaces do not count."
    )
    portal_priority: bool = _setting(
        types.YES_NO, False, "Customers say how urgent a request is.", "most say it is urgent"
    )
    suggest_articles: bool = _setting(
        types.YES_NO, True, "Articles that may help are shown before a request is sent.", "an answer at once is best"
    )
    sign_in: str = _setting(
        types.choice("both", "link", "password"),
        "both",
        "How customers sign in: by a mailed link, a password, or either.",
        "some want no password, some want one",
    )
    session_idle: timedelta = _setting(
        types.DURATION, timedelta(hours=20), "A session ends after this time without a click.", "a working day"
    )
    session_remember: timedelta = _setting(
        types.DURATION, timedelta(days=30), 'The same for those who chose "stay signed in".', "monthly customers"
    )
    session_longest: timedelta = _setting(
        types.DURATION, timedelta(days=90), "No session lasts longer than this.", "lost devices are forgotten"
    )
    openid_issuer: str | None = _setting(
        types.URL, None, "The OpenID provider that customers may sign in at; set by `portal openid set`."
    )
    openid_client_id: str | None = _setting(types.TEXT_OR_EMPTY, None, "As whom the portal asks it.")
    openid_name: str | None = _setting(types.TEXT_OR_EMPTY, None, "What customers call it; its host where it is empty.")
    welcome_new_contacts: bool = _setting(
        types.YES_NO, False, "Every new contact may use the portal and gets a welcome mail.", "tell people first"
    )
    agent_names: str = _setting(
        types.choice("first", "full", "department"), "first", "What customers read as an agent's name.", "friendly"
    )
    imprint_url: str | None = _setting(types.URL, None, "The imprint, linked on every page of the portal.")
    privacy_url: str | None = _setting(types.URL, None, "The privacy notice, linked on every page of the portal.")
    security_contact: str | None = _setting(
        types.CONTACT, None, "Whom /.well-known/security.txt names to those who find a hole.", "RFC 9116"
    )
    accent: str | None = _setting(types.COLOUR, None, "The colour of links and buttons in the portal.")
    accent_as_it_is: bool = _setting(
        types.YES_NO, False, "Text has the accent colour however poor its contrast.", "everybody should read it"
    )
    corner_radius: int = _setting(types.number(0, 24), 6, "How round corners are in the portal, in pixels.")

    # retention
    raw_mail_kept: timedelta | None = _setting(
        types.duration_or("forever"), timedelta(days=365), "How long mail is kept as it came.", "to prove and replay"
    )
    closed_tickets_kept: timedelta | None = _setting(
        types.duration_or("forever"), None, "After this time closed tickets lose their persons.", "history is worth it"
    )
    spam_kept: timedelta | None = _setting(types.duration_or("forever"), timedelta(days=30), "How long spam is kept.")
    quarantine_kept: timedelta | None = _setting(
        types.duration_or("forever"), timedelta(days=90), "How long mail waits in quarantine."
    )


@dataclass(frozen=True, slots=True)
class Default:
    """A setting as the help shows it: its key, its type, what it is at first, what it does, and why so."""

    key: str
    type: Type
    default: Any
    sentence: str
    why: str

    @property
    def shown(self) -> Any:
        """The default as it is typed and stored."""
        return self.type.write(self.default)


DEFAULTS: Mapping[str, Default] = {
    item.name: Default(item.name, item.metadata["type"], item.default, item.metadata["sentence"], item.metadata["why"])
    for item in fields(Settings)
}
"""Every setting by its key, in the order of the help."""


def named(key: str) -> Default:
    """The setting called `key`. Raises NotFound with near matches."""
    if key not in DEFAULTS:
        near = difflib.get_close_matches(key, DEFAULTS, 3)
        raise NotFound(f'no setting "{key}"', hint=f"near: {', '.join(near)}" if near else "see: help settings")
    return DEFAULTS[key]


def read(raw: Mapping[str, object]) -> dict[str, Any]:
    """Typed values of the settings in `raw` (stored, typed or from a file).

    Raises InvalidInput with one Problem for each that is unknown or unfit.
    """
    values: dict[str, Any] = {}
    problems = []
    for key, value in raw.items():
        try:
            values[key] = named(key).type.read(value)
        except (InvalidInput, NotFound) as error:
            problems.append(Problem(key, error.message, error.hint))
    if problems:
        raise InvalidInput(f"{len(problems)} settings cannot be used", problems=problems)
    return values


def settings(stored: Mapping[str, object]) -> Settings:
    """All settings: `stored` ones over the defaults. Raises InvalidInput as `read`."""
    return Settings(**read(stored))
