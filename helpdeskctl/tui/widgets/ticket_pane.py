"""A ticket: what it is, who is here, its thread, its customer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical

from helpdeskctl.queries.around import Linked
from helpdeskctl.queries.threads import TicketDetail
from helpdeskctl.tui import delivery, text
from helpdeskctl.tui.widgets.bars import Bar, Divider
from helpdeskctl.tui.widgets.thread import Thread
from helpdeskctl.tui.widgets.ticket_list import pressing

_RATED = 40  # characters of what somebody wrote beside a rating; all of it: ticket show


class TicketPane(Vertical):
    """Head, presence, thread, customer strip."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.detail: TicketDetail | None = None

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Bar(classes="subject")
        yield Bar(classes="facts")
        yield Bar(classes="presence", vanish=True)
        yield Bar(classes="trouble", vanish=True)
        yield Bar(classes="belongs", vanish=True)
        yield Bar(classes="suggested", vanish=True)
        yield Divider()
        yield Thread()
        yield Divider(classes="above-customer")
        yield Bar(classes="customer")
        yield Bar(classes="position")

    @property
    def thread(self) -> Thread:
        """The messages."""
        return self.query_one(Thread)

    def show(self, detail: TicketDetail, *, now: datetime, zone: str, place: str = "") -> None:
        """Show a ticket; `place` says where it stands in its list."""
        fresh = self.detail is None or self.detail.number != detail.number
        self.detail = detail
        self._bar("subject").show(text.line(f"#{detail.number} {detail.row.subject}", "bold"), place)
        due = pressing(detail.row, now)
        self._bar("facts").show(text.line(" · ".join(_facts(detail))), Text(due.text, "bold" if due.late else ""))
        self._bar("presence").show(_presence(detail, now, zone))
        self._warn("trouble", _trouble(detail, delivery.Clock(now, zone)), "O: more, try again")
        self._warn("belongs", _belongs(detail), "M moves it there")
        self._warn("suggested", _suggested(detail), "P adds them")
        self._bar("customer").show(text.line(" · ".join(_customer(detail))))
        self.thread.load(detail.messages, now=now, zone=zone, fresh=fresh)
        self.call_after_refresh(self.tell_position)

    def clear(self) -> None:
        """Show nothing."""
        self.detail = None
        for bar in self.query(Bar):
            bar.show("")
        self.thread.clear()

    def tell_position(self) -> None:
        """How much of the thread is seen."""
        if self.detail is not None:
            count = text.count(len(self.detail.messages), "message")
            self._bar("position").show(f"{count} · {'end' if self.thread.at_end else 'more below, space'}")

    def _warn(self, name: str, words: Text, key: str) -> None:
        self._bar(name).show(words, Text(key if words else "", "bold"))

    def _bar(self, name: str) -> Bar:
        return self.query_one(f".{name}", Bar)


def _facts(detail: TicketDetail) -> Iterator[str]:
    row = detail.row
    yield row.status
    if row.priority != 3:
        yield row.priority.key
    yield row.department_name
    yield f"owner {row.assignee_name or row.assignee or (f'team {row.team}' if row.team else 'nobody')}"
    if detail.tags:
        yield f"tags {','.join(detail.tags)}"
    if row.spam:
        yield "SPAM"
    if row.billed:
        yield "billed"
    if detail.rating:
        words = " ".join(detail.rating.words.split())
        shown = words if len(words) <= _RATED else f"{words[: _RATED - 1]}\u2026"
        yield ("rated good" if detail.rating.good else "rated bad") + (f": {shown}" if shown else "")
    if detail.merged_into:
        yield f"merged into #{detail.merged_into}"
    if row.draft:
        yield "your draft (r)"


def _presence(detail: TicketDetail, now: datetime, zone: str) -> Text:
    told = []
    for each in detail.present:
        does = "is writing a reply here" if each.mode == "writing" else "looks at this ticket"
        told.append(f"! {each.name or each.address} {does} since {text.when(each.since, now, zone).split()[-1]}")
    shown = text.line("  ".join(told))
    shown.stylize("bold yellow")
    return shown


def _trouble(detail: TicketDetail, clock: delivery.Clock) -> Text:
    if not detail.row.undelivered:
        return Text()
    told = delivery.trouble(detail.messages, clock)
    more = f" and {len(told) - 1} more" if len(told) > 1 else ""
    return text.line(f"! mail to {told[0] if told else 'somebody: NOT DELIVERED'}{more}", "bold yellow")


def _belongs(detail: TicketDetail) -> Text:
    link = may_belong(detail)
    if link is None:
        return Text()
    return text.line(f"! may belong to #{link.number} {link.subject}", "bold yellow")


def _suggested(detail: TicketDetail) -> Text:
    named = [person.address for person in detail.people if person.state == "suggested"]
    return text.line(f"  in Cc, but not on this ticket: {', '.join(named)}") if named else Text()


def may_belong(detail: TicketDetail) -> Linked | None:
    """The ticket that a stranger's mail named, where nobody has decided yet (MAIL-10)."""
    return next((link for link in detail.links if link.kind == "may_belong" and link.outgoing), None)


def _customer(detail: TicketDetail) -> Iterator[str]:
    row = detail.row
    yield row.requester_name or row.requester
    if row.requester_name and row.requester_name.casefold() != row.requester:
        yield row.requester
    if row.company_name:
        yield row.company_name
    others = [person.address for person in detail.people if person.kind == "contact" and person.state == "active"]
    if others:
        yield f"with {', '.join(others[:3])}" + (f" +{len(others) - 3}" if len(others) > 3 else "")
    if row.language:
        yield row.language
    for link in [link for link in detail.links if link != may_belong(detail)][:2]:
        if link.kind == "may_belong":
            yield f"#{link.number} may belong here"
        else:
            yield f"{link.kind.replace('_', ' ')} #{link.number}"
