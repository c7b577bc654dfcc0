"""Everybody who asks the portal and everything there is to ask for, made once for a whole walk through its routes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.operations import articles, files, portal_drafts, portal_tokens, sessions, setup
from helpdeskctl.operations.articles import Wanted
from helpdeskctl.operations.portal_drafts import Form
from helpdeskctl.queries.portal import fingerprint
from helpdeskctl.store import tables
from helpdeskctl.store.tables import (
    Article,
    ArticleFile,
    Contact,
    ContactAddress,
    Delegate,
    Message,
    Page,
    PortalSession,
    Ticket,
)
from portald import cookies
from portald.app import make_site, wired
from portald.tokens import Tokens
from tests.portald.browser import Browser
from tests.portald.conftest import Portal
from tests.portald.matrix import TABLE, WITHHELD

PURPOSES = (
    "sign_in",
    "confirm",
    "register",
    "reset",
    "invite",
    "change_address",
    "handle",
    "ticket_link",
    "rate",
    "feed",
)
MISSING: Mapping[str, str] = {
    **dict.fromkeys(("number", "message", "attachment", "file", "article"), "999999999"),
    **dict.fromkeys(("person", "upload"), "999999999"),
    **{"secret": "never-was-one", "nonce": "0" * 32, "key": "nothing-here", "name": "x.txt", "language": "en"},
    **{"mark": "0", "anew": "anew@new.example"},
}
"""What stands for a thing that is not there, by its name in a route."""
_RULE = re.compile(r"<(\w+)(?::[^>]*)?>")


def routes(portal: Portal) -> dict[str, str]:
    """Method and rule of every route of the application, `<number:re:...>` as `<number>`: whose form it takes beside
    that of who has signed in: "guest", "one_click" without any token of a form, or ""."""
    found = wired(make_site(portal.desk)).routes
    return {f"{each.method} {_plain(each.rule)}": _takes(each.config) for each in found}


def _takes(config: Mapping[str, Any]) -> str:
    return next((name for name in ("guest", "one_click") if config.get(name)), "")


def _plain(rule: str) -> str:
    return _RULE.sub(r"<\1>", rule)


def models() -> dict[str, type[tables.Row]]:
    """Every table by its name."""
    found = [getattr(tables, name) for name in tables.__all__]
    rows = [
        each for each in found if isinstance(each, type) and issubclass(each, tables.Row) and each is not tables.Row
    ]
    return {each._meta.table_name: each for each in rows}


def every_row(but: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """All that the database holds, by table, leaving out those named."""
    return {name: sorted(map(repr, each.select().dicts())) for name, each in models().items() if name not in but}


def filled_in(texts: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """`<number>` and the like by what is given for it."""
    return {name: re.sub(r"<(\w+)>", lambda found: given[found[1]], text) for name, text in texts.items()}


@dataclass(slots=True)
class World:
    """alice of acme wrote T1, whose main contact is carl, which vera may view and in which paul takes part; bob is her
    colleague, eve the main contact of another company, dele acts for alice, dora was shut out, tina and mona own the
    tokens, nobody is a guest.

    `things`: what stands in a route for each kind of a thing, by the name it has there.
    """

    portal: Portal
    contacts: dict[str, int] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    things: dict[str, dict[str, Mapping[str, str]]] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    def browser(self, who: str, **options: Any) -> Browser:
        """A browser in which somebody has just signed in; nobody has not."""
        browser = self.portal.browser(**options)
        if who != "nobody":
            session = sessions.open_session(self.portal.desk, self.contacts[who], sessions.Browser())
            if who == "dele":
                acting = {"acting_for_id": self.contacts["alice"]}
                PortalSession.update(acting).where(PortalSession.id_sha256 == fingerprint(session)).execute()
            browser.cookies[cookies.host_only(cookies.SESSION, secure=options.get("https", False))] = session
            self.secrets.append(session)
        return browser

    def token(self, who: str, browser: Browser, *, age: timedelta = timedelta(0), name: str = "") -> str:
        """What a form carries that was made for this browser; `name`: of the route, where it is one in a frame."""
        tokens = Tokens(self.portal.desk.keys.key("portal-form"))
        if "/embed/" in name:
            return tokens.make(None, None, now=self.portal.desk.now() - age, binding=tokens.of_frame(""))
        inside = who not in ("nobody", "dora")
        session = fingerprint(next(iter(browser.cookies.values()))) if inside else None
        return tokens.make(session, self.contacts[who] if inside else None, now=self.portal.desk.now() - age)

    def secret(self, purpose: str) -> str:
        """A new token for tina's ticket."""
        self.secrets.append(self._secret(purpose))
        return self.secrets[-1]

    def path(self, name: str, kind: str) -> str:
        """Where a route of the table has that kind of its thing."""
        row, (_, _, rule) = TABLE[name], name.partition(" ")
        given = {**MISSING, **self.given(row.given), **self.values(row.thing, kind)}
        return filled_in({"": rule}, given)[""]

    def _secret(self, purpose: str) -> str:
        owner = "mona" if purpose == "change_address" else "tina"  # who loses the address that the others are for
        return portal_tokens.issue(
            self.portal.desk,
            purpose,
            lasts=timedelta(hours=1),
            contact_id=self.contacts[owner],
            address=self.portal.address("anew") if owner == "mona" else self.addresses[owner],
            ticket=int(self.things["number"]["tinas"]["number"]),
        )

    def values(self, thing: str, kind: str) -> Mapping[str, str]:
        """What stands in the route: for a missing thing, for a new token, or for one of `things`."""
        if kind in ("", "missing"):
            return {}
        return {"secret": self.secret(kind)} if thing == "secret" else self.things[thing][kind]

    def given(self, thing_and_kind: tuple[str, str]) -> Mapping[str, str]:
        """The same as `values`, for whatever else stands in a route."""
        thing, kind = thing_and_kind
        return self.values(thing, kind) if thing else {}


def world(portal: Portal) -> World:
    """Make them all. Each thing has a word of its own in it, `marker(kind)`, and the word canary."""
    made = World(portal)
    portal.set("ratings", True)
    portal.set("security_contact", "security@example.org")
    _people(made)
    _tickets(made)
    _articles(made)
    _others(made)
    return made


def marker(kind: str) -> str:
    """A word that stands nowhere but in things of that kind."""
    return f"{kind}marker"


def _people(made: World) -> None:
    portal, build = made.portal, made.portal.build
    for name in ("alice", "bob", "carl", "eve", "vera", "paul", "dora", "tina", "mona", "dele"):
        made.addresses[name] = portal.customer(name)
        made.contacts[name] = ContactAddress.get(ContactAddress.address == made.addresses[name]).contact_id
    acme, beta = build.company(f"acme{portal.used}"), build.company(f"beta{portal.used}")
    for name, company in (("alice", acme), ("bob", acme), ("carl", acme), ("dora", acme), ("eve", beta)):
        of = {"company_id": company, "main_contact": name in ("carl", "eve", "dora")}
        Contact.update(of).where(Contact.id == made.contacts[name]).execute()
    Contact.update(portal_access=False).where(Contact.id == made.contacts["dora"]).execute()
    Delegate.insert(
        contact_id=made.contacts["alice"], delegate_id=made.contacts["dele"], created_at=portal.desk.now()
    ).execute()
    made.things["person"] = {name: {"person": str(made.contacts[name])} for name in ("bob", "eve", "vera")}


def _tickets(made: World) -> None:
    build, company = made.portal.build, Contact.get(Contact.id == made.contacts["alice"]).company_id
    secret = build.status("secret", hidden=True, position=99)
    closed = {"status": "closed", "closed_at": made.portal.desk.now()}
    numbers = {
        "t1": _ticket(made, "t1", "alice", company_id=company),
        "hidden": _ticket(made, "hidden", "alice", company_id=company, status_id=secret),
        "unproven": _ticket(made, "unproven", "alice", company_id=company, proven=False),
        "spam": _ticket(made, "spam", "alice", company_id=company, spam=True),
        "unlisted": _ticket(made, "unlisted", "alice", company_id=company, portal=False),
        "solved": _ticket(made, "solved", "alice", company_id=company, **closed),
        "eves": _ticket(made, "eves", "eve"),
        "tinas": _ticket(made, "tinas", "tina", **closed),
    }
    for kind in ("t1", *WITHHELD):
        build.participant(numbers[kind], made.addresses["vera"], may_view=True)
        build.participant(numbers[kind], made.addresses["paul"])
    note = build.note(numbers["t1"], f"canary {marker('note')}", agent="ann@example.org")
    messages = {kind: Message.get(Message.ticket_id == number).id for kind, number in numbers.items()} | {"note": note}
    made.things["number"] = {kind: {"number": str(number)} for kind, number in numbers.items()}
    for kind, message in messages.items():
        Message.update(html=f"<p>canary {marker(kind)}</p>").where(Message.id == message).execute()
    made.things["message"] = {kind: {"message": str(message)} for kind, message in messages.items()}
    made.things["attachment"] = {
        kind: {"attachment": str(build.attachment(message, f"{marker(kind)}.txt", marker(kind).encode()))}
        for kind, message in messages.items()
    }


def _others(made: World) -> None:
    """A style sheet; what became of a form of alice's."""
    desk, sheet = (
        made.portal.desk,
        next(link for link in made.browser("nobody").get("/").links if link.endswith(".css")),
    )
    _, _, mark, name = sheet.split("/")
    made.things["mark"] = {"sheet": {"mark": mark, "name": name}}
    form = Form(made.token("nobody", made.browser("nobody")).split(".")[1], "/new", None, "192.0.2.1")
    with desk.database.orm.atomic():
        portal_drafts.claim(desk, form)
        portal_drafts.settle(desk, form, number=int(made.things["number"]["t1"]["number"]))
    made.things["nonce"] = {"alices": {"nonce": form.nonce}}
    made.things["picture"], made.things["page"] = {}, {}
    for kind, audience in (("openpage", "everyone"), ("memberspage", "signed-in")):
        text = {"en": f"canary {marker(kind)}"}
        key = f"{kind}{made.portal.used}"
        Page.insert(key=key, kind="markdown", names=text, bodies=text, audience=audience, listed=False).execute()
        made.things["page"][kind] = {"key": key}


def _ticket(made: World, kind: str, who: str, **columns: Any) -> int:
    text = f"canary {marker(kind)}"
    return made.portal.build.ticket(text, requester=made.addresses[who], body=text, **columns)


def _articles(made: World) -> None:
    desk = made.portal.desk
    setup.create(desk, SYSTEM, "article_category", "walks", {"name": "Walks"}, if_not_exists=True)
    company = tables.Company.get(tables.Company.id == Contact.get(Contact.id == made.contacts["alice"]).company_id).key
    wanted = {
        "public": {"audience": "everyone"},
        "members": {"audience": "signed-in"},
        "company": {"audience": f"company:{company}"},
        "draft": {"status": "draft"},
    }
    made.things |= {"key": {}, "file": {}, "article": {}}
    for kind, how in wanted.items():
        kept = files.keep(desk, f"{marker(kind)}.txt", marker(kind).encode())
        text = f"canary {marker(kind)}"
        whole = Wanted(
            **{"title": text, "body": text, "category": "walks", "status": "published", "files": [kept]} | how
        )
        key = articles.create(desk, SYSTEM, None, whole).key
        number = Article.get(Article.key == key).id
        made.things["key"][kind] = {"key": key}
        made.things["article"][kind] = {"article": str(number), "key": key}
        made.things["file"][kind] = {"file": str(ArticleFile.get(ArticleFile.article_id == number).id)}


def kept() -> list[tuple[Any, Mapping[str, Any]]]:
    """Every ticket and contact as it is now."""
    return [(table, row) for table in (Ticket, Contact) for row in table.select().dicts()]


def put_back(rows: list[tuple[Any, Mapping[str, Any]]]) -> None:
    """Make them what they were."""
    for table, row in rows:
        if table.select().where(table.id == row["id"]).dicts().get() != row:
            table.update(row).where(table.id == row["id"]).execute()
