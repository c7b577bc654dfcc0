"""What screens ask of the desk. Every function runs in a worker's thread and returns the message that ends it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from helpdeskctl.desk import Desk
from helpdeskctl.domain import dates, templates
from helpdeskctl.domain.lifecycle import Priority
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import HelpdeskError
from helpdeskctl.operations import letters, replies, ticket_fields
from helpdeskctl.operations.drafts import Draft
from helpdeskctl.queries import (
    around,
    article_inserts,
    drafts,
    history,
    ledger,
    outgoing,
    settings,
    setup,
    threads,
    tickets,
    views,
)
from helpdeskctl.tui import text
from helpdeskctl.tui.composing import NO_SIGNATURE
from helpdeskctl.tui.messages import (
    Belonging,
    Choice,
    Choices,
    ComposerReady,
    Limits,
    Listed,
    NextFound,
    Noted,
    Places,
    TicketShown,
    Writing,
)

PAGE = 200
IN_THREAD = 100  # the newest so many messages of a ticket


def places(desk: Desk, actor: Actor) -> Places:
    """The views and how many tickets each has."""
    found = views.every(desk, actor)
    counts = tickets.counts(desk, actor, {view.key: view.query for view in found})
    return Places(found, counts, ledger.waiting(actor))


def page(
    desk: Desk,
    actor: Actor,
    asked: tuple[str, str | None],
    *,
    after: str | None = None,
    rows: int = 0,
    keep: Collection[int] = (),
) -> Listed:
    """One page of a list, of at least so many `rows` where there are; `asked` is (query, order).

    Of the tickets to `keep`, those that are not in it come beside it.
    """
    query, sort = asked
    found = tickets.list_tickets(desk, actor, query, sort=sort, limit=max(PAGE, rows), after=after)
    kept = tickets.seen(desk, actor, set(keep) - {row.number for row in found.rows})
    return Listed(asked, found.rows, found.next, follows=after is not None, kept=kept)


def ticket(desk: Desk, actor: Actor, number: int, *, opened: bool) -> TicketShown:
    """A ticket; `opened` also notes that the agent has read it."""
    detail = threads.show(desk, actor, number, newest=IN_THREAD)
    if opened and detail.last_message_id is not None and detail.row.unread:
        ticket_fields.mark_read(desk, actor, number, detail.last_message_id)
    return TicketShown(detail)


def belonging(desk: Desk, actor: Actor, number: int, other: int) -> Belonging:
    """A ticket and the one it may belong to. NotFound when either may not be seen."""
    found = {row.number: row for row in tickets.seen(desk, actor, [number, other])}
    for each in (number, other):
        if each not in found:
            raise threads.missing(each)
    return Belonging(found[number], found[other])


def happenings(desk: Desk, actor: Actor, number: int) -> Noted:
    """What happened to a ticket."""
    return Noted(number, history.of_ticket(desk, actor, number))


def next_to_do(desk: Desk, actor: Actor, skip: frozenset[int]) -> NextFound:
    """TIC-13."""
    return NextFound(tickets.next_ticket(desk, actor, skip=skip))


def writing(desk: Desk, actor: Actor, number: int) -> ComposerReady:
    """What a reply or note to a ticket starts from."""
    detail = threads.show(desk, actor, number, newest=IN_THREAD)
    about = outgoing.about(desk, number)
    saved = drafts.mine(desk, actor, number)
    draft = Draft(kind=saved.kind, content=saved.content, seen_message_id=saved.seen_message_id) if saved else None  # type: ignore[arg-type]  # the table's CHECK says which words there are
    newer = threads.newer_than(desk, actor, number, saved.seen_message_id) if saved and saved.seen_message_id else ()
    return ComposerReady(
        Writing(
            detail=detail,
            draft=draft,
            saved_at=saved.saved_at if saved else None,
            to=(about.address, *(person.address for person in outgoing.people(desk, number))),
            sender=_sender(desk, about),
            signature=_signature(desk, actor, about, saved.content.get("signature") if saved else None),
            after_send=about.after_send,
            statuses=tuple(each.key for each in setup.list_of(desk, "status")),
            limits=_limits(desk),
            newer=newer,
        )
    )


def _signature(desk: Desk, actor: Actor, about: outgoing.About, key: str | None) -> str:
    """The text of a signature; the usual one where the one that was picked is no longer to be had."""
    try:
        return replies.signed(desk, actor, about, None if key == NO_SIGNATURE else key)[1] or ""
    except HelpdeskError:
        return replies.signed(desk, actor, about, None)[1] or ""


def _limits(desk: Desk) -> Limits:
    allowed = settings.several(desk, "attachment_files", "attachment_size")
    return Limits(allowed["attachment_files"], allowed["attachment_size"])


def _sender(desk: Desk, about: outgoing.About) -> str:
    """The address a reply leaves from, or why none can."""
    try:
        return outgoing.sending_mailbox(desk, about).address
    except HelpdeskError as refused:
        return f"! {refused.message}"


def canned(desk: Desk, actor: Actor, number: int) -> Choices:
    """The canned replies that fit a ticket's department and language, filled in."""
    about = outgoing.about(desk, number)
    given = letters.values(desk, about, actor, agent_address=actor.label)
    known = {name: given.get(name) for name in templates.names("canned")}
    every = setup.list_of(desk, "canned")
    fitting = [each for each in every if _fits(each.values, about)]
    return Choices(
        "canned",
        tuple(
            Choice(
                each.key,
                each.values["title"],
                f"/{each.values['shortcut']}" if each.values["shortcut"] else "",
                templates.fill(each.values["body"], known),
                str((each.values["sets"] or {}).get("status") or ""),
            )
            for each in fitting
        ),
        hidden=len(every) - len(fitting),
    )


def _fits(values: Mapping[str, Any], about: outgoing.About) -> bool:
    """Whether a canned reply is of the ticket's department and language, or of none."""
    return values["department"] in (None, about.department_key) and values["language"] in (None, about.language)


def choices(desk: Desk, actor: Actor, kind: str, number: int) -> Choices:
    """What a picker offers for a ticket: assignees, statuses, priorities, departments, tags, dates."""
    return Choices(kind, _OFFERS[kind](desk, actor, number))


def _assignees(desk: Desk, actor: Actor, number: int) -> tuple[Choice, ...]:
    agents = [each for each in setup.list_of(desk, "agent") if each.values.get("active", True)]
    teams = setup.list_of(desk, "team")
    return (
        Choice("me", "me", actor.label),
        Choice("nobody", "nobody", "back into the queue"),
        *(Choice(each.key, each.values["name"], each.key) for each in agents if each.key != actor.label),
        *(Choice(f"team:{team.key}", str(team.values.get("name") or team.key), "team") for team in teams),
    )


def _statuses(desk: Desk, actor: Actor, number: int) -> tuple[Choice, ...]:
    found = setup.list_of(desk, "status")
    return tuple(Choice(each.key, each.key, str((each.values.get("names") or {}).get("en", ""))) for each in found)


def _priorities(desk: Desk, actor: Actor, number: int) -> tuple[Choice, ...]:
    return tuple(Choice(each.key, each.key) for each in reversed(Priority))


def _departments(desk: Desk, actor: Actor, number: int) -> tuple[Choice, ...]:
    found = [each for each in setup.list_of(desk, "department") if not each.values.get("archived")]
    return tuple(Choice(each.key, str(each.values.get("name") or each.key), each.key) for each in found)


def _tags(desk: Desk, actor: Actor, number: int) -> tuple[Choice, ...]:
    on = around.tags([number]).get(number, ())
    others = [each.key for each in setup.list_of(desk, "tag", limit=500) if each.key not in on]
    return (*(Choice(f"-{key}", key, "take off") for key in on), *(Choice(key, key) for key in others))


def _dates(desk: Desk, actor: Actor, number: int) -> tuple[Choice, ...]:
    now, zone = desk.now(), ZoneInfo(actor.timezone)
    words = {"1h": "in an hour", "4h": "in four hours", "tomorrow": "tomorrow morning", "mon": "Monday", "1w": "a week"}
    moments = {word: dates.parse_moment(word, now=now, tz=zone) for word in words}
    offered = [
        Choice(at.isoformat(), said, text.when(at, now, actor.timezone))
        for (word, said), at in zip(words.items(), moments.values(), strict=True)
        if at > now + timedelta(minutes=1)
    ]
    return (*offered, Choice("", "wake it now"))


def _signatures(desk: Desk, actor: Actor, number: int) -> tuple[Choice, ...]:
    """Those the agent may use, as they would stand in this answer (AGT-2)."""
    about = outgoing.about(desk, number)
    keys = outgoing.signatures(desk, actor)
    return (
        *(Choice(key, key, "", replies.signed(desk, actor, about, key)[1] or "") for key in keys),
        Choice(NO_SIGNATURE, "none", "sign with nothing"),
    )


def _mailboxes(desk: Desk, actor: Actor, number: int) -> tuple[Choice, ...]:
    """Those of the ticket's department that send (BOX-1)."""
    boxes = outgoing.sending_mailboxes(desk, outgoing.about(desk, number))
    return tuple(Choice(box.address, box.address, box.from_name or "") for box in boxes)


def _articles(desk: Desk, actor: Actor, number: int) -> tuple[Choice, ...]:
    return tuple(
        Choice(each.key, each.title, each.category, each.text, link=each.link if each.url else "")
        for each in article_inserts.offered(desk, number)
    )


_OFFERS = {
    "article": _articles,
    "signature": _signatures,
    "mailbox": _mailboxes,
    "assign": _assignees,
    "status": _statuses,
    "priority": _priorities,
    "department": _departments,
    "tag": _tags,
    "snooze": _dates,
}
