"""The knowledge base: headings, articles, their files, votes, search, and a feed of what is new."""

from __future__ import annotations

from bottle import HTTPResponse
from markupsafe import Markup

from helpdeskctl.domain.articles import linked_article, linked_file, telling
from helpdeskctl.domain.languages import LANGUAGES
from helpdeskctl.errors import NotFound
from helpdeskctl.operations import articles, rate_limits
from helpdeskctl.queries import portal_articles, portal_tickets
from helpdeskctl.queries.portal_articles import Page
from portald.markdown import as_html
from portald.routes import files
from portald.visit import Visit

_SUGGESTED, _FOUND, _IN_FEED = 3, 20, 20


def show_all(visit: Visit) -> HTTPResponse:
    """Every heading with its articles, the newest and the most read ones."""
    reader = portal_articles.reader_of(visit.customer)
    return visit.page(
        "kb.html",
        private=False,
        categories=portal_articles.categories(visit.desk, reader, visit.language),
        newest=portal_articles.newest(visit.desk, reader, visit.language, limit=5),
        most_read=portal_articles.most_read(visit.desk, reader, visit.language, limit=5),
    )


def show(visit: Visit, language: str, key: str) -> HTTPResponse:
    """One article in one language; or one heading, which has its key from the same names."""
    reader = portal_articles.reader_of(visit.customer)
    if language not in LANGUAGES:
        raise NotFound("no such language")
    category = portal_articles.categories(visit.desk, reader, language, only=key)
    if category:
        return visit.page("kb_category.html", private=False, category=category[0], language=language)
    page = portal_articles.page(visit.desk, reader, key, language)
    if visit.environ["REQUEST_METHOD"] == "GET":
        visit.site.readings.add(page.id)
    thanked = visit.query.get("done") == "vote"
    return visit.page("article.html", private=False, page=page, body=body_of(page), thanked=thanked)


def vote(visit: Visit, article: str) -> HTTPResponse:
    """Whether it helped, and what was missing. Nobody needs to sign in for that."""
    reader = portal_articles.reader_of(visit.customer)
    key, language = visit.form.line("key"), visit.form.line("language")
    page = portal_articles.page(visit.desk, reader, key, language)
    rate_limits.hit(visit.desk, rate_limits.VOTES, rate_limits.network(visit.peer))
    if page.id == int(article):
        helpful = visit.form.line("action") == "yes"
        articles.vote(visit.desk, page.id, language, helpful=helpful, words=visit.form.text("words"))
    return visit.redirect(f"/kb/{language}/{key}?done=vote#vote")


def download(visit: Visit, file: str, name: str) -> HTTPResponse:
    """A file that goes with an article."""
    found = portal_articles.file(visit.desk, portal_articles.reader_of(visit.customer), int(file))
    return files.as_download(visit, found.filename, found.content_type, visit.desk.blobs.get(found.sha256))


def search(visit: Visit) -> HTTPResponse:
    """Articles with the words; for customers who signed in their own requests, too."""
    words = visit.words("q")
    reader = portal_articles.reader_of(visit.customer)
    lines = portal_articles.search(visit.desk, reader, visit.language, words, limit=_FOUND) if words else ()
    requests: tuple[portal_tickets.Line, ...] = ()
    if words and visit.customer is not None:
        requests = portal_tickets.page(visit.desk, visit.customer, show="all", query=words).lines[:_FOUND]
    return visit.page("search.html", private=False, words=words, articles=lines, requests=requests)


def suggest(visit: Visit) -> HTTPResponse:
    """The articles that may answer what is being typed: a piece of a page, for the script of the request form."""
    words = visit.words("q")
    return visit.page("suggest.html", lines=suggested(visit, words) if words else ())


def suggested(visit: Visit, words: str) -> tuple[portal_articles.Line, ...]:
    """The articles with any of the words that say something, the best first."""
    reader = portal_articles.reader_of(visit.customer)
    return portal_articles.search(visit.desk, reader, visit.language, telling(words), limit=_SUGGESTED, any_word=True)


def feed(visit: Visit) -> HTTPResponse:
    """New articles as Atom (RFC 4287), for everybody: what only customers read is left out."""
    base = visit.settings["portal_url"] or ""
    news = portal_articles.feed(visit.desk, visit.language, limit=_IN_FEED)
    body = visit.site.pages.render("feed.xml", visit=visit, base=base, news=news, now=visit.desk.now())
    return HTTPResponse(body, 200, {"Content-Type": "application/atom+xml; charset=UTF-8"})


def body_of(page: Page) -> Markup:
    """The article as HTML; links between articles and to its own files lead to their pages here."""
    own = {file.filename: file.id for file in page.files}

    def resolve(target: str) -> str | None:
        name = linked_file(target, page.key)
        if name is not None:
            return f"/kb/files/{own[name]}/{name}?inline=1" if name in own else None
        other = linked_article(target)
        if other is not None:
            key, language, fragment = other
            return f"/kb/{language}/{key}{fragment}"
        return target

    return as_html(page.text.body, resolve)
