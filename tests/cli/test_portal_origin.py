"""The sites that may show the portal's form, and what is put into their pages (POR-8)."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.store.tables import Department, Event, PortalOrigin, Topic
from tests.builders import Builder
from tests.cli.conftest import Answer, Call

SITE = "https://www.example.org"


@pytest.fixture
def here(desk: Desk, call: Call) -> Call:
    build = Builder(desk)
    build.department("support", public=True)
    build.agent("ada@example.org", admin=True)
    build.agent("ann@example.org", support="lead")

    def ran(*words: object) -> Answer:
        return call("portal", *words, config=desk.config.path)

    return ran


@pytest.fixture
def there(here: Call, desk: Desk) -> Call:
    """The same, with an address of the portal."""
    assert here("url", "https://help.example.org").code == 0
    return here


class Piece(HTMLParser):
    """The elements of a piece of HTML with what stands in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag] = dict(attrs)


def address(piece: Piece, tag: str, attribute: str) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(piece.found[tag][attribute] or "")
    return f"{parts.scheme}://{parts.netloc}{parts.path}", parse_qs(parts.query)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" HTTPS://WWW.Example.org:443/ ", "https://www.example.org"),
        ("https://example.org:8443", "https://example.org:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://localhost:5500", "http://localhost:5500"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
    ],
)
def test_a_site_is_listed_as_browsers_compare_it(here: Call, given: str, kept: str) -> None:
    assert here("origin", "add", given, "--as", "ada@example.org").code == 0
    assert [row["origin"] for row in here("origin", "list", "-o", "json").json] == [kept]
    assert here("origin", "add", kept, "-o", "json").json["action"] == "unchanged"
    assert here("origin", "remove", given).code == 0
    assert PortalOrigin.select().count() == 0
    events = Event.select(Event.verb).where(Event.object_kind == "portal_origin", Event.object_key == kept)
    assert [row.verb for row in events.order_by(Event.id)] == ["created", "deleted"]


@pytest.mark.parametrize(
    "given",
    [
        "http://www.example.org", "https://www.example.org/shop", "https://www.example.org?x", "www.example.org",
        "https://*.example.org", "*", "https:", "https://user@www.example.org", "https://www.example.org:99999",
        "https://[2001:db8::1]", "null", "https://a.example https://b.example", "https://a.example;sandbox",
        "https://a.example,x", "javascript:alert(1)", "data:text/html,x", "https://-a.example", "file:///etc",
        "https://a..example", "https://a.example\nX-Evil: 1",
    ],
)  # fmt: skip
def test_what_is_no_site_is_refused_with_an_example(sqlite_config: object, call: Call, given: str) -> None:
    refused = call("portal", "origin", "add", given, config=sqlite_config)
    assert refused.code == 65, refused
    assert "https://" in refused.err
    assert call("portal", "origin", "list", "-o", "json", config=sqlite_config).json == []


def test_a_host_alone_is_told_that_its_scheme_is_missing(sqlite_config: object, call: Call) -> None:
    refused = call("portal", "origin", "add", "www.example.org", config=sqlite_config)
    assert "begins with https://" in refused.err


def test_only_admins_say_which_sites(here: Call) -> None:
    assert here("origin", "add", SITE, "--as", "ann@example.org").code == 77
    assert here("origin", "add", SITE, "--dry-run").code == 0
    assert PortalOrigin.select().count() == 0
    missing = here("origin", "remove", SITE)
    assert missing.code == 67
    assert "portal origin list" in missing.err


def test_no_more_sites_are_taken_than_fit_into_a_header(here: Call, desk: Desk) -> None:
    for number in range(50):
        PortalOrigin.insert(origin=f"https://s{number}.example", created_at=desk.now()).execute()
    assert "portal origin remove" in here("origin", "add", SITE).err
    assert PortalOrigin.select().count() == 50


def test_the_piece_for_a_page_leads_to_the_form_with_everything_chosen(there: Call) -> None:
    asked = ("--department", "support", "--lang", "de")
    frame = Piece(there("embed", *asked).out)
    assert address(frame, "iframe", "src") == (
        "https://help.example.org/embed/new", {"dept": ["support"], "lang": ["de"]},
    )  # fmt: skip
    assert frame.found["iframe"]["title"] == "Schreiben Sie uns"
    button = there("embed", "--kind", "button", *asked)
    piece = Piece(button.out)
    assert address(piece, "a", "href") == ("https://help.example.org/new", {"dept": ["support"], "lang": ["de"]})
    assert piece.found["a"]["data-helpdesk"] == "Schließen"
    assert piece.found["script"] == {"src": "https://help.example.org/embed.js", "defer": None}
    assert "origin add" in button.err
    assert list(Piece(there("embed", "--kind", "link").out).found) == ["a"]
    there("origin", "add", SITE)
    assert there("embed").err == ""


def test_the_piece_is_for_what_customers_may_choose_only(there: Call, desk: Desk) -> None:
    build = Builder(desk)
    build.department("inside")
    support = Department.get(Department.key == "support").id
    Topic.insert(key="printers", names={"en": "Printers"}, department_id=support).execute()
    assert address(Piece(there("embed", "--topic", "printers").out), "iframe", "src")[1]["topic"] == ["printers"]
    assert "department edit inside --public" in there("embed", "--department", "inside").err
    assert there("embed", "--department", "nowhere").code == 67
    assert there("embed", "--topic", "nothing").code == 67
    assert there("embed", "--lang", "xx").code == 65
    Department.update(public=True).where(Department.key == "inside").execute()
    assert "topic printers" in there("embed", "--topic", "printers", "--department", "inside").err


def test_without_an_address_of_the_portal_there_is_nothing_to_print(here: Call) -> None:
    assert "portal url https://" in here("embed").err
