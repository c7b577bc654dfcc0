"""Articles: written, translated, published, found, made from tickets; who reads them; and as files (KB-1 to KB-4)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.articles import GUEST, Audience, Reader, Status, may_read
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import Exists, InvalidInput, NotFound, NotPermitted, Refused
from helpdeskctl.operations import article_files, articles, files, setup
from helpdeskctl.operations.articles import Wanted
from helpdeskctl.queries import article_faults, portal_articles
from helpdeskctl.queries import articles as stored
from helpdeskctl.store.tables import Article, Event
from tests.builders import Builder

Write = Callable[..., str]


@pytest.fixture
def write(desk: Desk) -> Write:
    """Writes a published article in the category printing; returns its key."""
    setup.create(desk, SYSTEM, "article_category", "printing", {"name": "Printing", "names": {"de": "Drucken"}})

    def made(title: str = "Paper jam", body: str = "Open the tray.", **wanted: Any) -> str:
        key = wanted.pop("key", None)
        whole = Wanted(**{"title": title, "body": body, "category": "printing", "status": "published", **wanted})
        return articles.create(desk, SYSTEM, key, whole).key

    return made


def titles(lines: Any) -> list[str]:
    return [line.title for line in lines]


def test_an_article_is_a_draft_until_it_is_published_and_says_when_that_was(desk: Desk, write: Write) -> None:
    key = write(status=None)
    assert (stored.one(desk, key).status, stored.one(desk, key).published_at) == ("draft", None)
    assert portal_articles.newest(desk, GUEST, "en", limit=5) == ()
    articles.edit(desk, SYSTEM, key, Wanted(status="published"))
    first = stored.one(desk, key).published_at
    assert first is not None
    assert titles(portal_articles.newest(desk, GUEST, "en", limit=5)) == ["Paper jam"]
    articles.edit(desk, SYSTEM, key, Wanted(status="obsolete"))
    articles.edit(desk, SYSTEM, key, Wanted(status="published"))
    assert stored.one(desk, key).published_at == first


def test_what_is_shown_and_what_is_searched_is_what_the_reader_may_read(
    desk: Desk, build: Builder, write: Write
) -> None:
    acme, beta = build.company("acme"), build.company("beta")
    readers = [GUEST, Reader(signed_in=True), Reader(signed_in=True, company_id=acme)]
    audiences = ["everyone", "signed-in", "company:acme", "company:beta"]
    for status, audience in product(Status, audiences):
        write(f"{status} {audience}", status=status, audience=audience)
    companies = {"company:acme": acme, "company:beta": beta}
    for reader in readers:
        wanted = {
            f"{status} {audience}"
            for status, audience in product(Status, audiences)
            if may_read(status, Audience(audience.partition(":")[0]), companies.get(audience), reader)
        }
        assert wanted
        listed = [line for each in portal_articles.categories(desk, reader, "en") for line in each.lines]
        assert {line.title for line in listed} == wanted
        assert set(titles(portal_articles.search(desk, reader, "en", "tray", limit=99))) == wanted
        for row in stored.list_of(desk):
            if row.title("en") in wanted:
                assert portal_articles.page(desk, reader, row.key, "en").text.title == row.title("en")
            else:
                with pytest.raises(NotFound):
                    portal_articles.page(desk, reader, row.key, "en")


def test_a_customer_reads_what_is_for_their_company_main_contact_or_not(desk: Desk, build: Builder) -> None:
    acme = build.company("acme")
    contact = build.contact("alice@acme.example", company="acme")
    from helpdeskctl.queries import access

    assert portal_articles.reader_of(access.contact_actor(desk, contact)) == Reader(signed_in=True, company_id=acme)
    assert portal_articles.reader_of(None) == GUEST


def test_a_reader_gets_their_language_or_the_nearest_there_is(desk: Desk, write: Write) -> None:
    key = write()
    articles.edit(desk, SYSTEM, key, Wanted(language="de", title="Papierstau", body="Fach öffnen."))
    assert titles(portal_articles.newest(desk, GUEST, "de", limit=5)) == ["Papierstau"]
    assert titles(portal_articles.newest(desk, GUEST, "fr", limit=5)) == ["Paper jam"]
    assert portal_articles.categories(desk, GUEST, "de")[0].name == "Drucken"
    assert portal_articles.page(desk, GUEST, key, "en").languages == ("de",)
    with pytest.raises(NotFound):
        portal_articles.page(desk, GUEST, key, "fr")


def test_a_language_can_be_taken_away_but_not_the_last(desk: Desk, write: Write) -> None:
    key = write()
    with pytest.raises(InvalidInput, match="title and text"):
        articles.edit(desk, SYSTEM, key, Wanted(language="de", title="Papierstau"))
    articles.edit(desk, SYSTEM, key, Wanted(language="de", title="Papierstau", body="Fach öffnen."))
    articles.remove_language(desk, SYSTEM, key, "en")
    assert list(stored.one(desk, key).texts) == ["de"]
    assert portal_articles.search(desk, GUEST, "en", "tray", limit=5) == ()
    with pytest.raises(Refused, match="no other language"):
        articles.remove_language(desk, SYSTEM, key, "de")


def test_the_best_hit_comes_first_and_words_in_the_title_weigh_more(desk: Desk, write: Write) -> None:
    write("Toner is empty", "Buy a new cartridge. Mind the paper.")
    write("Paper jam", "Open the tray.")
    write("Scanner", "It needs paper, paper, and more paper than a jam has fruit.")
    assert titles(portal_articles.search(desk, GUEST, "en", "paper", limit=5))[0] == "Paper jam"
    assert titles(portal_articles.search(desk, GUEST, "en", "cartr", limit=5)) == ["Toner is empty"]  # a beginning
    assert portal_articles.search(desk, GUEST, "en", "paper volcano", limit=5) == ()
    assert titles(portal_articles.search(desk, GUEST, "en", "volcano cartridge", limit=5, any_word=True)) == [
        "Toner is empty"
    ]


def test_agents_find_articles_of_any_status_best_first_however_many_there_are(
    desk: Desk, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "_CHUNK", 1)
    write("Scanner", "It needs paper.")
    write("Paper jam", status="draft")
    assert [each.key for each in stored.found(desk, "paper", limit=9)] == ["paper-jam", "scanner"]
    assert [each.key for each in stored.found(desk, "paper", limit=1)] == ["paper-jam"]


@pytest.mark.parametrize("words", ["", '"', "a AND", "NEAR(", "-x", "*", "' OR 1=1 --", "\\", "%", "word:*", "&|!()"])
def test_no_words_break_the_search(desk: Desk, write: Write, words: str) -> None:
    write()
    assert isinstance(portal_articles.search(desk, GUEST, "en", words, limit=5), tuple)


def test_what_was_changed_is_found_by_its_new_words_only(desk: Desk, write: Write) -> None:
    key = write()
    articles.edit(desk, SYSTEM, key, Wanted(body="Shake the toner."))
    assert portal_articles.search(desk, GUEST, "en", "tray", limit=5) == ()
    assert titles(portal_articles.search(desk, GUEST, "en", "shake", limit=5)) == ["Paper jam"]
    articles.delete(desk, SYSTEM, key)
    assert portal_articles.search(desk, GUEST, "en", "shake", limit=5) == ()


def test_keys_are_unique_among_articles_and_categories_for_both_stand_in_addresses(desk: Desk, write: Write) -> None:
    assert [write(), write()] == ["paper-jam", "paper-jam-2"]
    for taken in ("paper-jam", "printing"):
        with pytest.raises(Exists):
            write(key=taken)
    with pytest.raises(Exists):
        articles.rename(desk, SYSTEM, "paper-jam", "printing")
    with pytest.raises(InvalidInput, match="article"):
        setup.create(desk, SYSTEM, "article_category", "paper-jam", {"name": "Jams"})


def test_a_category_or_company_in_use_is_not_deleted(desk: Desk, build: Builder, write: Write) -> None:
    build.company("acme")
    write(audience="company:acme")
    for kind, key in (("article_category", "printing"), ("company", "acme")):
        with pytest.raises(Refused, match="article"):
            setup.delete(desk, SYSTEM, kind, key)


def test_editing_what_is_so_already_changes_nothing(desk: Desk, write: Write) -> None:
    key = write()
    before = Event.select().count()
    assert articles.edit(desk, SYSTEM, key, Wanted(title="Paper jam", status="published")).action == "unchanged"
    assert Event.select().count() == before


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(status="online"),
        Wanted(audience="staff"),
        Wanted(audience="company:nobody"),
        Wanted(category="nowhere"),
        Wanted(title=""),
        Wanted(body="x" * 50_001),
        Wanted(language="xx", title="a", body="b"),
        Wanted(without=["ghost.pdf"]),
    ],
)
def test_what_is_unfit_is_refused_and_nothing_is_changed(desk: Desk, write: Write, wanted: Wanted) -> None:
    key = write()
    before = stored.one(desk, key)
    with pytest.raises((InvalidInput, NotFound)):
        articles.edit(desk, SYSTEM, key, wanted)
    assert stored.one(desk, key) == before


def test_customers_write_no_articles(desk: Desk, build: Builder, write: Write) -> None:
    from helpdeskctl.queries import access

    alice = access.contact_actor(desk, build.contact("alice@acme.example"))
    with pytest.raises(NotPermitted):
        articles.create(desk, alice, None, Wanted(title="a", body="b", category="printing"))


def test_a_ticket_becomes_a_draft_with_the_answer_that_was_chosen(desk: Desk, build: Builder, write: Write) -> None:
    build.agent("ada@example.org", support="agent")
    build.agent("ben@example.org", billing="agent")
    number = build.ticket("Paper stuck", requester="alice@acme.example")
    first = build.message(number, "Open the tray.", direction="out", kind="reply")
    build.message(number, "You are welcome.", direction="out", kind="reply")
    with pytest.raises(NotPermitted):
        articles.from_ticket(desk, build.actor("ben@example.org"), number, category="printing")
    ada = build.actor("ada@example.org")
    assert articles.from_ticket(desk, ada, number, category="printing").key == "paper-stuck"
    articles.from_ticket(desk, ada, number, category="printing", message=first, key="chosen")
    last, chosen = stored.one(desk, "paper-stuck"), stored.one(desk, "chosen")
    assert (last.status, last.ticket, last.texts["en"].body) == ("draft", number, "You are welcome.")
    assert chosen.texts["en"].body == "Open the tray."
    with pytest.raises(NotFound, match="no such answer"):
        articles.from_ticket(desk, ada, build.ticket(), category="printing")


def test_votes_are_counted_and_their_words_kept_for_agents(desk: Desk, write: Write) -> None:
    key = write()
    number = Article.get().id
    articles.vote(desk, number, "en", helpful=True)
    articles.vote(desk, number, "en", helpful=False, words="Which tray?\x00")
    article = stored.one(desk, key)
    assert (article.helpful, article.unhelpful) == (1, 1)
    assert "Which tray?" in [moment.details.get("words") for moment in stored.history(desk, key)]


def test_related_articles_share_words_and_never_what_the_reader_may_not_see(desk: Desk, write: Write) -> None:
    key = write("Paper jam")
    write("Paper sizes")
    write("Paper secrets", status="draft")
    write("Scanner")
    assert titles(portal_articles.page(desk, GUEST, key, "en").related) == ["Paper sizes"]


def test_files_go_with_an_article_and_one_of_the_same_name_takes_its_place(desk: Desk, write: Write) -> None:
    key = write(files=[files.keep(desk, "tray.png", b"one")])
    articles.edit(desk, SYSTEM, key, Wanted(files=[files.keep(desk, "tray.png", b"two")]))
    (file,) = stored.one(desk, key).files
    assert desk.blobs.get(portal_articles.file(desk, GUEST, file.id).sha256) == b"two"
    articles.edit(desk, SYSTEM, key, Wanted(status="draft"))
    with pytest.raises(NotFound):
        portal_articles.file(desk, GUEST, file.id)
    articles.edit(desk, SYSTEM, key, Wanted(without=["tray.png"]))
    assert stored.one(desk, key).files == ()


def in_folder(folder: Path) -> list[tuple[str, bytes]]:
    return [(p.relative_to(folder).as_posix(), p.read_bytes()) for p in folder.rglob("*") if p.is_file()]


def test_what_is_exported_and_imported_again_is_the_same(
    desk: Desk, build: Builder, write: Write, tmp_path: Path
) -> None:
    build.company("acme")
    key = write('Tricky "title" +++', "+++\nlooks like fields\n+++\n\nText", audience="company:acme", position=3)
    articles.edit(
        desk, SYSTEM, key,
        Wanted(language="he", title="נייר", body="טקסט", files=[files.keep(desk, "tray.png", b"\x89PNG")]),
    )  # fmt: skip
    article_files.write_all(desk, tmp_path / "kb")
    assert {change.action for change in article_files.read_all(desk, SYSTEM, in_folder(tmp_path / "kb"))} == {
        "unchanged"
    }
    before = stored.one(desk, key)
    articles.delete(desk, SYSTEM, key)
    setup.delete(desk, SYSTEM, "article_category", "printing")
    article_files.read_all(desk, SYSTEM, in_folder(tmp_path / "kb"))
    after = stored.one(desk, key)
    assert {lang: (t.title, t.body) for lang, t in after.texts.items()} == {
        lang: (t.title, t.body) for lang, t in before.texts.items()
    }
    assert (after.audience, after.position, after.files[0].sha256) == ("company:acme", 3, before.files[0].sha256)
    assert portal_articles.categories(desk, Reader(signed_in=True, company_id=1), "de")[0].name == "Drucken"


def test_pruning_deletes_only_what_has_no_file(desk: Desk, write: Write, tmp_path: Path) -> None:
    kept = write()
    article_files.write_all(desk, tmp_path / "kb")
    write("Scanner")
    article_files.read_all(desk, SYSTEM, in_folder(tmp_path / "kb"))
    assert len(stored.list_of(desk)) == 2
    article_files.read_all(desk, SYSTEM, in_folder(tmp_path / "kb"), prune=True)
    assert [each.key for each in stored.list_of(desk)] == [kept]


def test_a_new_article_without_a_title_is_told_how_its_file_begins(desk: Desk) -> None:
    with pytest.raises(InvalidInput) as refusal:
        article_files.read_all(desk, SYSTEM, [("printing/plain.en.md", b"---\ntitle: Plain\n---\nText")])
    assert "+++" in (refusal.value.problems[0].hint or "")
    kept = ("printing/plain.en.md", b"+++\ntitle = 'Plain'\n+++\nText")
    article_files.read_all(desk, SYSTEM, [kept])
    article_files.read_all(desk, SYSTEM, [(kept[0], b"Another text")])
    assert stored.list_of(desk)[0].title("en") == "Plain"


def test_all_faults_of_all_files_are_told_at_once_and_nothing_is_changed(desk: Desk) -> None:
    found = [
        ("printing/good.en.md", b"+++\ntitle = 'Good'\n+++\nText"),
        ("printing/colour.en.md", b"+++\ntitle = 'C'\ncolour = 'red'\n+++\nText"),
        ("printing/broken.en.md", b"+++\ntitle = \n+++\nText"),
        ("printing/status.en.md", b"+++\ntitle = 'S'\nstatus = 'online'\n+++\nText"),
        ("printing/latin.en.md", b"\xff\xfe"),
        ("lost.md", b"x"),
        ("printing/nolanguage.md", b"x"),
        ("README.md", b"How we write articles."),
    ]
    with pytest.raises(InvalidInput) as refusal:
        article_files.read_all(desk, SYSTEM, found[:1] + found[3:4])
    assert [p.where for p in refusal.value.problems] == ["printing/status.en.md"]
    with pytest.raises(InvalidInput) as refusal:
        article_files.read_all(desk, SYSTEM, found)
    fine = {"printing/good.en.md", "printing/status.en.md", "README.md"}
    assert {p.where for p in refusal.value.problems} == {name for name, _ in found} - fine
    assert stored.list_of(desk) == []


def test_links_that_lead_nowhere_are_named(desk: Desk, write: Write) -> None:
    write("Toner", "See [jam](paper-jam.en.md), [auf Deutsch](paper-jam.de.md), [gone](gone.en.md).")
    write("Paper jam", "![tray](paper-jam.files/tray.png) [draft](draft.en.md) [web](https://example.org)")
    write("Draft", status="draft")
    found = {(fault.where, fault.what.partition(":")[0]) for fault in article_faults.faults(desk)}
    assert found == {
        ("toner en", "paper-jam.de.md"),
        ("toner en", "gone.en.md"),
        ("paper-jam en", "paper-jam.files/tray.png"),
        ("paper-jam en", "draft.en.md"),
    }
