"""The knowledge base: articles written, translated, published, made from tickets, voted on (KB-1 to KB-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.articles import LONGEST_BODY, Audience, Status, key_of, read_audience
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kind_types import BODY, LINE, SLUG
from helpdeskctl.domain.permissions import Action, Actor, may
from helpdeskctl.domain.setting_types import LANGUAGE
from helpdeskctl.domain.text import clean
from helpdeskctl.errors import Exists, InvalidInput, NotFound, NotPermitted, Refused
from helpdeskctl.operations import events
from helpdeskctl.operations.messages import NewAttachment
from helpdeskctl.queries import access, articles, settings, setup
from helpdeskctl.queries.articles import Whole
from helpdeskctl.store import article_search
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import (
    Article,
    ArticleCategory,
    ArticleFile,
    ArticleText,
    ArticleVote,
    Message,
    Ticket,
)

_LONGEST_WORDS = 500  # of a vote


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants an article to be; None leaves as it is. `title` and `body` are of one language.

    `files` are kept already (`operations/files.py`), `without` are names of files to take away.
    """

    category: str | None = None
    status: str | None = None
    audience: str | None = None
    position: int | None = None
    language: str | None = None
    title: str | None = None
    body: str | None = None
    files: Sequence[NewAttachment] = ()
    without: Sequence[str] = ()


@transaction
def create(desk: Desk, actor: Actor, key: str | None, wanted: Wanted, *, ticket: int | None = None) -> Change:
    """Make an article; without a `key` its title gives one.

    InvalidInput for what is unfit or missing, NotFound for an unknown category or company, Exists for a key that is
    taken, by a category, too: both stand in addresses. NotPermitted for who is no agent.
    """
    _permit(actor)
    title, body = _required(wanted.title, "title", "--title TEXT"), _required(wanted.body, "text", "-m TEXT")
    category = _required(wanted.category, "category", "--category KEY")
    key = SLUG.read(key) if key is not None else _free(key_of(title))
    _refuse_taken(key)
    row: dict[str, Any] = {
        "key": key,
        "category_id": setup.known(desk, "article_category", category),
        "position": wanted.position or 0,
        "ticket_id": ticket,
        "created_at": desk.now(),
        "updated_at": desk.now(),
        **_standing(desk, wanted.status or Status.DRAFT, None),
        **_audience(desk, wanted.audience or Audience.EVERYONE),
    }
    number = int(Article.insert(**row).execute())
    _write_text(desk, number, _language(desk, wanted.language), title, body)
    changed = ["category", "status", "audience", "title", "body", *_change_files(number, wanted)]
    events.record(desk, actor, "created", subject=("article", key), data={"title": title, "ticket": ticket})
    return Change("article", key, number, "created", tuple(changed))


@transaction
def edit(desk: Desk, actor: Actor, key: str, wanted: Wanted) -> Change:
    """Change what is given and nothing else; a language that is not there yet needs title and text.

    Raises as `create`, and NotFound for the article.
    """
    _permit(actor)
    there = articles.one(desk, key)
    columns, language = _columns(desk, there, wanted), _language(desk, wanted.language)
    changed = [name for name in ("category", "status", "audience", "position") if {name, f"{name}_id"} & set(columns)]
    if wanted.title is not None or wanted.body is not None:
        changed += _change_text(desk, there, language, wanted)
    changed += _change_files(there.id, wanted)
    if not changed:
        return Change("article", there.key, there.id, "unchanged")
    Article.update(**columns, updated_at=desk.now()).where(Article.id == there.id).execute()
    data = {"changed": changed, "language": language, "status": {"from": there.status, "to": wanted.status}}
    events.record(desk, actor, "updated", subject=("article", there.key), data=data)
    return Change("article", there.key, there.id, "updated", tuple(changed))


@transaction
def rename(desk: Desk, actor: Actor, key: str, new: str) -> Change:
    """Give an article another key, and so another address. Exists when it is taken."""
    _permit(actor)
    there, new = articles.one(desk, key), SLUG.read(new)
    if new == there.key:
        return Change("article", there.key, there.id, "unchanged")
    _refuse_taken(new)
    Article.update(key=new, updated_at=desk.now()).where(Article.id == there.id).execute()
    events.record(desk, actor, "renamed", subject=("article", new), data={"from": there.key, "to": new})
    return Change("article", new, there.id, "updated", ("key",))


@transaction
def remove_language(desk: Desk, actor: Actor, key: str, language: str) -> Change:
    """Take one language away. Refused for the last one, NotFound where it is not there."""
    _permit(actor)
    there, language = articles.one(desk, key), LANGUAGE.read(language)
    if language not in there.texts:
        raise NotFound(
            f'article "{there.key}" is not there in {language}',
            hint=f"helpdeskctl kb article show {there.key}",
            subject=f"article/{there.key}",
        )
    if len(there.texts) == 1:
        raise Refused(
            f'"{there.key}" has no other language',
            hint=f"helpdeskctl kb article delete {there.key}",
            subject=f"article/{there.key}",
        )
    _forget_texts([_text_id(there.id, language)], desk)
    events.record(desk, actor, "updated", subject=("article", there.key), data={"removed": language})
    return Change("article", there.key, there.id, "updated", (language,))


@transaction
def delete(desk: Desk, actor: Actor, key: str) -> Change:
    """Delete an article with its languages, files and votes."""
    _permit(actor)
    there = articles.one(desk, key)
    texts = ArticleText.select(ArticleText.id).where(ArticleText.article_id == there.id)
    _forget_texts([row.id for row in texts], desk)
    Article.delete().where(Article.id == there.id).execute()
    titles = {language: text.title for language, text in there.texts.items()}
    events.record(desk, actor, "deleted", subject=("article", there.key), data={"titles": titles})
    return Change("article", there.key, there.id, "deleted")


@transaction
def from_ticket(
    desk: Desk, actor: Actor, number: int, *, category: str, message: int | None = None, key: str | None = None
) -> Change:
    """A draft from a ticket: its subject as the title, the chosen answer (else the last public one) as the text.

    NotFound without the ticket or such an answer, NotPermitted for who may not read it.
    """
    facts = access.ticket_facts(desk, number)
    verdict = may(actor, Action.SEE_NOTES, facts)
    if not verdict.allowed:
        raise NotPermitted(f"#{number}: {verdict.why}", subject=f"ticket/{number}")
    answers = Message.select().where(Message.ticket_id == number, Message.direction == "out", Message.automatic == 0)
    chosen = answers.where(Message.id == message) if message is not None else answers.order_by(Message.id.desc())
    answer = chosen.first()
    if answer is None:
        raise NotFound(
            f"#{number} has no such answer", hint=f"helpdeskctl ticket show {number}", subject=f"ticket/{number}"
        )
    ticket = Ticket.get(Ticket.id == number)
    wanted = Wanted(category=category, language=ticket.language, title=ticket.subject, body=answer.body)
    return create(desk, actor, key, wanted, ticket=number)


@transaction
def vote(desk: Desk, article_id: int, language: str, *, helpful: bool, words: str = "") -> None:
    """A reader says whether an article helped, and perhaps what was missing."""
    ArticleVote.insert(
        article_id=article_id,
        language=language,
        helpful=helpful,
        words=clean(words)[:_LONGEST_WORDS].strip(),
        at=desk.now(),
    ).execute()


@transaction
def count_views(desk: Desk, read: Mapping[int, int]) -> None:
    """Article -> how often it was read since these were counted last."""
    for article_id, times in sorted(read.items()):  # in one order, so that two portals never wait for each other
        Article.update(views=Article.views + times).where(Article.id == article_id).execute()


def _permit(actor: Actor) -> None:
    if actor.kind not in ("agent", "system"):
        raise NotPermitted("only agents write articles", hint="--as AGENT", subject="article")


def _required(value: str | None, what: str, option: str) -> str:
    if value is None:
        raise InvalidInput(f"an article needs a {what}", hint=option, subject="article")
    found: str = (BODY if what == "text" else LINE).read(value)
    return found


def _language(desk: Desk, language: str | None) -> str:
    found = LANGUAGE.read(language) if language else settings.get(desk, "default_language")
    return str(found)


def _free(key: str) -> str:
    """The key, with a number behind it where it is taken."""
    number, free = 2, key
    while _is_taken(free):
        number, free = number + 1, f"{key}-{number}"
    return free


def _is_taken(key: str) -> bool:
    there = Article.select().where(Article.key == key).exists()
    return bool(there or ArticleCategory.select().where(ArticleCategory.key == key).exists())


def _refuse_taken(key: str) -> None:
    if _is_taken(key):
        raise Exists(
            f'"{key}" is an article or a category already',
            hint=f"helpdeskctl kb article show {key}, or choose another key",
            subject=f"article/{key}",
        )


def _standing(desk: Desk, status: str, published_at: Any) -> dict[str, Any]:
    if status not in list(Status):
        raise InvalidInput(f'"{status}" is no status of an article', hint=", ".join(Status))
    first = published_at is None and status == Status.PUBLISHED
    return {"status": status} | ({"published_at": desk.now()} if first else {})


def _audience(desk: Desk, text: str) -> dict[str, Any]:
    audience, company = read_audience(text)
    return {
        "audience": audience.value,
        "company_id": setup.known(desk, "company", company) if company is not None else None,
    }


def _columns(desk: Desk, there: Whole, wanted: Wanted) -> dict[str, Any]:
    """The columns that change."""
    columns: dict[str, Any] = {}
    if wanted.category is not None and wanted.category.casefold() != there.category:
        columns["category_id"] = setup.known(desk, "article_category", wanted.category)
    if wanted.status is not None and wanted.status != there.status:
        columns |= _standing(desk, wanted.status, there.published_at)
    if wanted.audience is not None and wanted.audience.casefold() != there.audience:
        columns |= _audience(desk, wanted.audience)
    if wanted.position is not None and wanted.position != there.position:
        columns["position"] = wanted.position
    return columns


def _change_text(desk: Desk, there: Whole, language: str, wanted: Wanted) -> list[str]:
    before = there.texts.get(language)
    title = LINE.read(wanted.title) if wanted.title is not None else before.title if before else None
    body = BODY.read(wanted.body) if wanted.body is not None else before.body if before else None
    if title is None or body is None:
        raise InvalidInput(
            f'article "{there.key}" is not there in {language} yet: it needs title and text',
            hint=f"helpdeskctl kb article translate {there.key} --lang {language} --title TEXT -m TEXT",
            subject=f"article/{there.key}",
        )
    old = {"title": before.title, "body": before.body} if before else {}
    changed = [name for name, value in (("title", title), ("body", body)) if old.get(name) != value]
    if changed:
        _write_text(desk, there.id, language, title, body)
    return changed


def _write_text(desk: Desk, article_id: int, language: str, title: str, body: str) -> None:
    if len(body) > LONGEST_BODY:
        raise InvalidInput(
            f"the text has {len(body)} characters; an article may have {LONGEST_BODY}", hint="make two articles of it"
        )
    columns: Mapping[str, Any] = {"title": title, "body": body, "updated_at": desk.now()}
    ArticleText.insert(article_id=article_id, language=language, **columns).on_conflict(
        conflict_target=[ArticleText.article_id, ArticleText.language], update=columns
    ).execute()
    article_search.index_text(desk.database, _text_id(article_id, language), title, body)


def _text_id(article_id: int, language: str) -> int:
    return int(ArticleText.get(ArticleText.article_id == article_id, ArticleText.language == language).id)


def _forget_texts(ids: Sequence[int], desk: Desk) -> None:
    for number in ids:
        article_search.drop_text(desk.database, number)
    ArticleText.delete().where(ArticleText.id.in_(list(ids))).execute()


def _change_files(article_id: int, wanted: Wanted) -> list[str]:
    """Put files there (in place of one of the same name), take others away; bytes that nobody uses are swept later."""
    there = {row.filename: row.sha256 for row in ArticleFile.select().where(ArticleFile.article_id == article_id)}
    if missing := sorted(set(wanted.without) - set(there)):
        raise InvalidInput(f"no file {', '.join(missing)}", hint=f"there: {', '.join(sorted(there)) or 'none'}")
    ArticleFile.delete().where(
        ArticleFile.article_id == article_id, ArticleFile.filename.in_(list(wanted.without))
    ).execute()
    fresh = [file for file in wanted.files if there.get(file.filename) != file.sha256]
    for file in fresh:
        columns = {"content_type": file.content_type, "size": file.size, "sha256": file.sha256}
        ArticleFile.insert(article_id=article_id, filename=file.filename, **columns).on_conflict(
            conflict_target=[ArticleFile.article_id, ArticleFile.filename], update=columns
        ).execute()
    return ["files"] if fresh or wanted.without else []
