"""Every route, everybody, every kind of thing: only what `matrix` opens is open, and what is refused looks missing
byte for byte (security 15, 25)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from helpdeskctl.store.tables import RateLimit, Ticket
from tests.portald.browser import Answer
from tests.portald.conftest import Portal, refusal
from tests.portald.matrix import LINK, OUTSIDE, SEEN_BY, TABLE
from tests.portald.world import MISSING, PURPOSES, World, every_row, filled_in, marker, put_back, routes, world

BY_DESIGN = ("rate_limit", "portal_draft")
"""What a refused form may leave: that it was tried, and its text, kept for who signs in next."""


@pytest.fixture(scope="module")
def there(running: Portal) -> World:
    """The world of this module, once on each database."""
    return world(running)


def test_every_route_has_a_row_and_every_row_its_route(running: Portal) -> None:
    assert set(routes(running)) ^ set(TABLE) == set()


def test_only_what_the_table_opens_is_open(there: World) -> None:
    wrong = [line for name in TABLE for line in Walk(there, name).faults()]
    assert not wrong, "\n".join(wrong)


class Walk:
    """All who try, at all things of one route."""

    def __init__(self, there: World, name: str) -> None:
        self.there, self.name, self.row = there, name, TABLE[name]
        self.method, _, self.rule = name.partition(" ")
        self.browsers = {who: there.browser(who) for who in self.row.tried.split()}
        kinds = {"": [""], "secret": PURPOSES}.get(self.row.thing, there.things.get(self.row.thing, {}))
        self.values = {kind: there.values(self.row.thing, kind) for kind in ("missing", *kinds)}
        self.other = there.given(self.row.given)
        self.cells = [(kind, who) for kind in kinds for who in self.browsers]
        self.t1 = Ticket.select().where(Ticket.id == there.things["number"]["t1"]["number"]).dicts().get()

    def faults(self) -> Iterator[str]:
        """What is not as the table says; the refused come first and must leave nothing behind."""
        RateLimit.delete().execute()
        missing = {who: self.ask(who, "missing") for who in self.browsers if self.row.thing}
        open_ones = [cell for cell in self.cells if self.expected(*cell) == "open"]
        before = every_row(BY_DESIGN) if self.method == "POST" else {}
        for cell in self.cells:
            if cell not in open_ones:
                yield from self.compared(*cell, missing)
        if self.method == "POST" and every_row(BY_DESIGN) != before:
            yield f"{self.name}: what was refused changed something"
        for cell in open_ones:
            put_back(self.t1)
            if self.row.thing == "secret":  # a new one: those before may have ended it
                self.values[cell[0]] = self.there.values("secret", cell[0])
            yield from self.compared(*cell, missing)
        put_back(self.t1)

    def expected(self, kind: str, who: str) -> str:
        """What the table says of a cell."""
        if who in self.row.opens.get(kind, "").split():
            return "open"
        if self.row.inside and who in OUTSIDE.split():
            return "sign in first"
        return "told" if kind == "t1" and who in self.row.told.split() else "missing"

    def compared(self, kind: str, who: str, missing: Mapping[str, Answer]) -> Iterator[str]:
        """The fault of one cell, if there is one, and every word in the page that is not for whoever asked."""
        for more in ("", *self.row.also):
            answer = self.ask(who, kind, more)
            found = verdict(answer, missing.get(who))
            if found != self.expected(kind, who):
                yield f"{self.name}{more} of {kind or 'no thing'} for {who}: {found}, not {self.expected(kind, who)}"
            if answer.status == 200:
                yield from (f"{self.name}{more} shows {who} {secret}" for secret in self.leaks(who, answer))

    def leaks(self, who: str, answer: Answer) -> Iterator[str]:
        """The things that are not for who reads but stand in the page."""
        for kind, readers in SEEN_BY.items():
            by_link = self.row.tried == LINK and kind == "tinas"
            if who not in readers.split() and not by_link and marker(kind) in answer.text:
                yield kind

    def ask(self, who: str, kind: str, more: str = "") -> Answer:
        """One request of somebody for one thing."""
        given = {**MISSING, **self.other, **self.values[kind]}
        path = filled_in({"": self.rule}, given)[""] + more
        browser = self.there.portal.browser()
        browser.cookies = dict(self.browsers[who].cookies)
        if self.method == "GET":
            return browser.request("GET", path)
        fields = filled_in(self.row.fields, given)
        return browser.post(path, fields | {"form": self.there.token(who, browser, name=self.name)}, follow=False)


def verdict(answer: Answer, missing: Answer | None) -> str:
    """What became of a request; `missing` is the answer to one for a thing that is not there."""
    if answer.status == 303 and answer.header("Location").startswith("/login?next="):
        return "sign in first"
    if answer.status == 404 if missing is None else refusal(answer) == refusal(missing):
        return "missing"
    return {403: "told", 429: "limited", 500: "broken"}.get(answer.status, "open")
