"""Every route, everybody, every kind of thing: only what `matrix` opens is open, and what is refused looks missing
byte for byte (security 15, 25)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from helpdeskctl.store.tables import RateLimit
from tests.portald.browser import Answer, Browser
from tests.portald.conftest import Portal, refusal
from tests.portald.matrix import LINK, OUTSIDE, PEOPLE, SEEN_BY, SEES, TABLE, WITHHELD
from tests.portald.world import MISSING, PURPOSES, World, every_row, filled_in, kept, marker, put_back, routes

BY_DESIGN = ("rate_limit", "portal_draft")
"""What a refused form may leave: that it was tried, and its text, kept for who signs in next."""


def test_every_route_has_a_row_and_every_row_its_route(running: Portal) -> None:
    assert set(routes(running)) ^ set(TABLE) == set()


def test_only_what_the_table_opens_is_open(there: World) -> None:
    browsers = {who: there.browser(who) for who in PEOPLE.split()}
    walks = sorted((Walk(there, name, browsers) for name in TABLE), key=lambda walk: walk.method)
    before = every_row(BY_DESIGN)
    wrong = [fault for walk in walks for fault in walk.refused()]
    after = every_row(BY_DESIGN)
    assert not wrong, "\n".join(wrong)
    assert [table for table in after if after[table] != before[table]] == [], "changed by what was refused"
    wrong = [fault for walk in walks for fault in walk.opened()]
    assert not wrong, "\n".join(wrong)


class Walk:
    """All who try, at all things of one route; `browsers` are those in which they have signed in."""

    def __init__(self, there: World, name: str, browsers: Mapping[str, Browser]) -> None:
        self.there, self.name, self.row = there, name, TABLE[name]
        self.method, _, self.rule = name.partition(" ")
        self.browsers = {who: browsers[who] for who in self.row.tried.split()}
        self.missing: dict[str, Answer] = {}
        kinds = {"": [""], "secret": PURPOSES}.get(self.row.thing, there.things.get(self.row.thing, {}))
        self.values = {kind: there.values(self.row.thing, kind) for kind in ("missing", *kinds)}
        self.other = there.given(self.row.given)
        # who could not see T1 is no nearer to what is withheld even from those who do
        near = {kind: (*SEES.split(), "nobody") if kind in WITHHELD else tuple(self.browsers) for kind in kinds}
        self.cells = [(kind, who) for kind in kinds for who in near[kind] if who in self.browsers]

    def refused(self) -> Iterator[str]:
        """What is not as the table says of all that is refused."""
        RateLimit.delete().execute()
        self.missing = {who: self.ask(who, "missing") for who in self.browsers if self.row.thing}
        yield from (fault for cell in self.cells if self.expected(*cell) != "open" for fault in self.compared(*cell))

    def opened(self) -> Iterator[str]:
        """The same of all that is open. Forms end sessions and change things, so each has a beginning of its own."""
        RateLimit.delete().execute()
        before = kept() if self.method == "POST" else []
        if before:
            self.browsers = {who: self.there.browser(who) for who in self.browsers}
        for kind, who in self.cells:
            if self.expected(kind, who) == "open":
                put_back(before)
                if self.row.thing == "secret":  # a new one: those before may have ended it
                    self.values[kind] = self.there.values("secret", kind)
                yield from self.compared(kind, who)
        put_back(before)

    def expected(self, kind: str, who: str) -> str:
        """What the table says of a cell."""
        if who in self.row.opens.get(kind, "").split():
            return "open"
        if self.row.inside and who in OUTSIDE.split():
            return "sign in first"
        return "told" if who in self.row.told.get(kind, "").split() else "missing"

    def compared(self, kind: str, who: str) -> Iterator[str]:
        """The fault of one cell, if there is one, and every word in the page that is not for whoever asked."""
        for more in ("", *self.row.also):
            answer = self.ask(who, kind, more)
            found = verdict(answer, self.missing.get(who))
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
