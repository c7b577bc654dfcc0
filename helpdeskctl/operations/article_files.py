"""Articles as Markdown files in a folder under version control (KB-4).

CATEGORY/category.toml      name = { en = "Printing", de = "Drucken" }
CATEGORY/KEY.LANGUAGE.md    title, status, audience and position between lines of +++, then the text
CATEGORY/KEY.files/NAME     a file that goes with the article
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import front_matter
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import HelpdeskError, InvalidInput, Problem
from helpdeskctl.operations import articles, files, setup, text_folders
from helpdeskctl.operations.articles import Wanted
from helpdeskctl.operations.messages import NewAttachment
from helpdeskctl.operations.setup_faults import summary
from helpdeskctl.operations.text_folders import Content
from helpdeskctl.queries import articles as stored
from helpdeskctl.queries import settings
from helpdeskctl.queries import setup as setup_objects
from helpdeskctl.queries.articles import Whole
from helpdeskctl.store.database import transaction

SUFFIX = ".md"
FILES = ".files"
CATEGORY = "category.toml"
_KNOWN = ("title", "status", "audience", "position")

Files = Sequence[tuple[str, bytes]]
"""Path within the folder, with `/`, and what is in the file."""


@dataclass(slots=True)
class _Folder:
    """What the files of a folder say, as far as they could be read."""

    categories: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    texts: dict[tuple[str, str], list[tuple[str, Wanted]]] = field(default_factory=lambda: defaultdict(list))
    files: dict[tuple[str, str], list[tuple[str, bytes]]] = field(default_factory=lambda: defaultdict(list))
    problems: list[Problem] = field(default_factory=list)


def read_all(desk: Desk, actor: Actor, found: Files, *, prune: bool = False) -> list[Change]:
    """Create or update a category for each folder and an article for each key; `prune` deletes all other articles.

    InvalidInput with the faults of all files; then nothing is changed. Refused for a file the virus scanner knows.
    """
    folder = _read(found)
    _tell(folder.problems)
    kept = {
        place: [files.keep(desk, name, content) for name, content in several] for place, several in folder.files.items()
    }
    return _apply(desk, actor, folder, kept, prune=prune)


@transaction
def _apply(
    desk: Desk,
    actor: Actor,
    folder: _Folder,
    kept: Mapping[tuple[str, str], Sequence[NewAttachment]],
    *,
    prune: bool,
) -> list[Change]:
    changes: list[Change] = []
    problems: list[Problem] = []
    acts: list[tuple[str, Callable[[], Change]]] = [
        (f"{key}/{CATEGORY}", partial(_category, desk, actor, key, values)) for key, values in folder.categories.items()
    ]
    for (category, key), several in folder.texts.items():
        attached = kept.get((category, key), ())
        acts += [
            (path, partial(_article, desk, actor, key, replace(wanted, category=category, files=attached)))
            for path, wanted in several
        ]
    for where, act in acts:
        try:
            changes.append(act())
        except HelpdeskError as error:
            problems += text_folders.problems(where, error)
    _tell(problems)
    if prune:
        keys = {key for _, key in folder.texts}
        changes += [articles.delete(desk, actor, each.key) for each in stored.list_of(desk) if each.key not in keys]
    return _together(changes)


def _category(desk: Desk, actor: Actor, key: str, values: Mapping[str, Any]) -> Change:
    names = values.get("name", {})
    names = {settings.get(desk, "default_language"): names} if isinstance(names, str) else names
    if not names and setup_objects.find(desk, "article_category", key) is not None:
        return Change("article_category", key, None, "unchanged")
    first = names.get(settings.get(desk, "default_language")) or next(iter(names.values()), key)
    wanted = {**values, "name": first, "names": names}
    return setup.create(desk, actor, "article_category", key, wanted, or_update=True)


def _article(desk: Desk, actor: Actor, key: str, wanted: Wanted) -> Change:
    if stored.is_there(key):
        return articles.edit(desk, actor, key, wanted)
    if wanted.title is None:
        fence = front_matter.FENCE
        raise InvalidInput("an article needs a title", hint=f'begin the file with: {fence}, title = "…", {fence}')
    return articles.create(desk, actor, key, wanted)


def _together(changes: Iterable[Change]) -> list[Change]:
    """One change an object: an article of two languages was touched twice."""
    merged: dict[tuple[str, str], Change] = {}
    for change in changes:
        before = merged.get((change.kind, change.key))
        if before is None or before.action == "unchanged":
            merged[change.kind, change.key] = change
    return list(merged.values())


def _read(found: Files) -> _Folder:
    folder = _Folder()
    for path, content in sorted(found):
        parts = PurePosixPath(path).parts
        try:
            _read_one(folder, parts, path, content)
        except (HelpdeskError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            folder.problems.append(Problem(path, str(getattr(error, "message", error)), getattr(error, "hint", None)))
    for category, _ in folder.texts:
        folder.categories.setdefault(category, {})
    return folder


def _read_one(folder: _Folder, parts: Sequence[str], path: str, content: bytes) -> None:
    if len(parts) == 3 and parts[1].endswith(FILES):
        folder.files[parts[0], parts[1].removesuffix(FILES)].append((parts[2], content))
        return
    if path == "README.md":
        return
    if len(parts) != 2:
        raise InvalidInput("is not in a category's folder", hint=f"CATEGORY/KEY.LANGUAGE{SUFFIX}")
    category, name = parts
    if name == CATEGORY:
        folder.categories[category] = tomllib.loads(content.decode("utf-8"))
        return
    key, dot, language = name.removesuffix(SUFFIX).rpartition(".")
    if not name.endswith(SUFFIX) or not dot:
        raise InvalidInput("is no article", hint=f"KEY.LANGUAGE{SUFFIX}, as printer-on-fire.en{SUFFIX}")
    fields, body = front_matter.read(content.decode("utf-8"))
    if unknown := sorted(set(fields) - set(_KNOWN)):
        raise InvalidInput(f"unknown: {', '.join(unknown)}", hint=f"known: {', '.join(_KNOWN)}")
    position = fields.pop("position", None)
    wanted = Wanted(language=language, body=body, position=None if position is None else int(position), **fields)
    folder.texts[category, key].append((path, wanted))


def _tell(problems: Sequence[Problem]) -> None:
    if problems:
        raise InvalidInput(summary(problems), problems=problems)


# -- out ---------------------------------------------------------------------------------------------------------------


def write_all(desk: Desk, folder: Path, *, force: bool = False) -> list[str]:
    """Write every article into `folder`, as `read_all` reads it; returns the paths within it.

    Exists when a file is there already, unless `force`; StorageFailed when one cannot be written.
    """
    return text_folders.write(folder, dict(_files(desk)), force=force)


def _files(desk: Desk) -> Iterator[tuple[str, Content]]:
    for category in setup_objects.list_of(desk, "article_category"):
        names = {language: text for language, text in category.values["names"].items() if text}
        lines = [f"name = {front_matter.value(names)}", f"position = {category.values['position']}", ""]
        yield f"{category.key}/{CATEGORY}", "\n".join(lines).encode()
    for article in stored.list_of(desk):
        for language, text in article.texts.items():
            yield f"{article.category}/{article.key}.{language}{SUFFIX}", _text(article, text).encode()
        for file in article.files:
            path = f"{article.category}/{article.key}{FILES}/{file.filename}"
            yield path, partial(desk.blobs.get, file.sha256)


def _text(article: Whole, text: stored.Text) -> str:
    fields = {
        "title": text.title,
        "status": article.status,
        "audience": article.audience,
        "position": article.position,
    }
    return front_matter.write(fields, text.body)
