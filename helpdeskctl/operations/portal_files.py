"""The portal's look, pages, words and sites as a folder under version control (cli.md, `[brand]`).

portal.toml              [brand] with accent, radius and the paths of pictures; origins; a [[page]] each
brand/NAME               the pictures
pages/KEY.LANGUAGE.md    what a page says, .html where it is written so
texts/KEY.LANGUAGE.md    the desk's own words in places of the portal
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain import front_matter
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.origins import origin
from helpdeskctl.domain.pages import PAGE
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import HelpdeskError, InvalidInput, Problem
from helpdeskctl.operations import brand, portal_origins, portal_texts, settings, setup, text_folders
from helpdeskctl.operations.setup_faults import summary
from helpdeskctl.operations.text_folders import Content
from helpdeskctl.queries import brand as brand_now
from helpdeskctl.queries import look
from helpdeskctl.queries import portal_origins as sites
from helpdeskctl.queries import settings as known
from helpdeskctl.queries import setup as stored
from helpdeskctl.store.database import transaction

TOML = "portal.toml"
_PICTURES = {"logo": "logo", "logo_dark": "logo-dark", "login_image": "login"}
_SETTINGS = {"accent": "accent", "accent_as_it_is": "accent_as_it_is", "radius": "corner_radius"}
_CSS = "brand/extra.css"
_ENDINGS = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_STRUCTURE = tuple(each.name for each in PAGE.fields if each.name != "bodies")

Acts = list[tuple[str, Callable[[], Change | list[Change]]]]


@dataclass(slots=True)
class _Folder:
    """What the files of a folder say, as far as they could be read."""

    brand: dict[str, Any] = field(default_factory=dict)
    origins: list[str] = field(default_factory=list)
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    css: bytes | None = None


def read_all(desk: Desk, actor: Actor, found: Mapping[str, bytes], *, prune: bool = False) -> list[Change]:
    """Make the portal what the files (path within the folder -> content) say; `prune` takes away what they leave out.

    InvalidInput with the faults of all files; then nothing is changed.
    """
    folder = _read(found)
    return _apply(desk, actor, folder, prune=prune)


@transaction
def _apply(desk: Desk, actor: Actor, folder: _Folder, *, prune: bool) -> list[Change]:
    changes: list[Change] = []
    problems: list[Problem] = []
    if prune:
        _empty_what_is_left_out(desk, folder)
    for where, act in [*_wanted(desk, actor, folder), *(_left_out(desk, actor, folder) if prune else [])]:
        try:
            made = act()
            changes += made if isinstance(made, list) else [made]
        except HelpdeskError as error:
            problems += text_folders.problems(where, error)
    _tell(problems)
    return changes


def _wanted(desk: Desk, actor: Actor, folder: _Folder) -> Acts:
    acts: Acts = [
        (f"{TOML}: brand.{key}", partial(settings.put, desk, actor, _SETTINGS[key], value))
        for key, value in folder.brand.items()
    ]
    there = brand_now.pictures()
    for name, data in folder.pictures.items():
        if name not in there or there[name].sha256 != hashlib.sha256(data).hexdigest():
            wanted = brand.Wanted(pictures={name: data})
            acts.append((f"brand/{name}", partial(brand.put, desk, actor, wanted)))
    if folder.css is not None:
        acts.append((f"{TOML}: brand.css", partial(brand.put, desk, actor, brand.Wanted(css=folder.css))))
    for key, values in folder.pages.items():
        acts.append((f"page {key}", partial(setup.create, desk, actor, "page", key, values, or_update=True)))
    for (key, language), body in folder.texts.items():
        acts.append((f"texts/{key}.{language}.md", partial(portal_texts.put, desk, actor, key, language, body)))
    listed = sites.names(desk)
    acts += [
        (f"{TOML}: origins", partial(portal_origins.add, desk, actor, site))
        for site in folder.origins
        if site not in listed
    ]
    return acts


def _empty_what_is_left_out(desk: Desk, folder: _Folder) -> None:
    """Languages of pages that are named: an empty text takes one away."""
    for item in stored.list_of(desk, "page"):
        wanted = folder.pages.get(item.key)
        if wanted is None:
            continue
        for name in ("names", "bodies"):
            said = dict.fromkeys(item.values[name], "") | dict(wanted.get(name, {}))
            wanted[name] = said if name == "bodies" else said | {known.get(desk, "default_language"): wanted["name"]}


def _left_out(desk: Desk, actor: Actor, folder: _Folder) -> Acts:
    """What is on the desk and not in the files."""
    acts: Acts = [
        (TOML, partial(settings.unset, desk, actor, setting))
        for key, setting in _SETTINGS.items()
        if key not in folder.brand and known.one(desk, setting).own
    ]
    gone = [name for name in brand_now.pictures() if name not in folder.pictures]
    gone += [look.STYLE] if folder.css is None and look.read(desk).style else []
    acts += [(TOML, partial(brand.reset, desk, actor, gone))] if gone else []
    for item in stored.list_of(desk, "page"):
        if item.key not in folder.pages:
            acts.append((TOML, partial(setup.delete, desk, actor, "page", item.key)))
    for key, said in look.read(desk).texts.items():
        acts += [
            (TOML, partial(portal_texts.delete, desk, actor, key, each))
            for each in said
            if (key, each) not in folder.texts
        ]
    acts += [
        (TOML, partial(portal_origins.remove, desk, actor, site))
        for site in sites.names(desk)
        if site not in folder.origins
    ]
    return acts


def _read(found: Mapping[str, bytes]) -> _Folder:
    folder = _Folder()
    problems: list[Problem] = []
    for path in sorted(found, key=lambda path: (path != TOML, path)):  # pages first, then what they say
        try:
            _read_one(folder, path, found)
        except (HelpdeskError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            problems.append(Problem(path, str(getattr(error, "message", error)), getattr(error, "hint", None)))
    _tell(problems)
    return folder


def _read_one(folder: _Folder, path: str, found: Mapping[str, bytes]) -> None:
    if path == TOML:
        _read_toml(folder, found)
        return
    place, _, name = path.partition("/")
    if place == "brand" or path == "README.md":
        return
    stem, _, ending = name.rpartition(".")
    key, dot, language = stem.rpartition(".")
    if place not in ("pages", "texts") or ending not in ("md", "html") or not dot:
        raise InvalidInput(
            "is no file of a portal", hint=f"{TOML}, brand/, pages/KEY.LANGUAGE.md, texts/KEY.LANGUAGE.md"
        )
    body = found[path].decode("utf-8")
    if place == "texts":
        folder.texts[key, language] = body
    elif key in folder.pages:
        folder.pages[key].setdefault("bodies", {})[language] = body
    else:
        raise InvalidInput(f"{TOML} has no page {key}", hint=f'[[page]]\\nkey = "{key}"\\nname = "…"')


def _read_toml(folder: _Folder, found: Mapping[str, bytes]) -> None:
    said = tomllib.loads(found[TOML].decode("utf-8"))
    _known(said, {"brand": dict, "origins": list, "page": list})
    wanted = said.get("brand", {})
    _known(wanted, dict.fromkeys(_SETTINGS, object) | dict.fromkeys((*_PICTURES, "css"), str))
    folder.brand = {key: wanted[key] for key in _SETTINGS if key in wanted}
    folder.origins = [origin(str(site)) for site in said.get("origins", ())]
    for key, name in {**_PICTURES, "css": look.STYLE}.items():
        if key in wanted:
            if wanted[key] not in found:
                raise InvalidInput(f"brand.{key}: there is no file {wanted[key]}", hint=f"put it beside {TOML}")
            folder.pictures[name] = found[wanted[key]]
    folder.css = folder.pictures.pop(look.STYLE, None)
    for page in said.get("page", ()):
        if not isinstance(page, dict) or not {"key", "name"} <= set(page):
            raise InvalidInput("a page needs key and name", hint='[[page]] key = "hours", name = "Opening hours"')
        _known(page, dict.fromkeys(_STRUCTURE, object) | {"key": str, "name": str, "names": dict})
        folder.pages[page["key"]] = {name: value for name, value in page.items() if name != "key"}


def _known(said: Mapping[str, Any], names: Mapping[str, type]) -> None:
    """InvalidInput for a name that is none of these, and for a value that is not of its type."""
    if unknown := sorted(set(said) - set(names)):
        raise InvalidInput(f"unknown: {', '.join(unknown)}", hint=f"known: {', '.join(names)}")
    for name, value in said.items():
        if not isinstance(value, names[name]):
            raise InvalidInput(f"{name} cannot be {front_matter.value(str(value))}", hint=f"see {TOML} of an export")


def _tell(problems: Sequence[Problem]) -> None:
    if problems:
        raise InvalidInput(summary(problems), problems=problems)


# -- out ---------------------------------------------------------------------------------------------------------------


def write_all(desk: Desk, folder: Path, *, force: bool = False) -> list[str]:
    """Write look, pages, words and sites into `folder`, as `read_all` reads them; returns the paths within it.

    Exists when a file is there already, unless `force`; StorageFailed when one cannot be written.
    """
    pictures = {
        name: (f"brand/{name}.{_ENDINGS[each.content_type]}", each) for name, each in brand_now.pictures().items()
    }
    items = stored.list_of(desk, "page")
    files: dict[str, Content] = {TOML: "\n".join(_toml(desk, pictures, items)).encode()}
    files |= {path: partial(desk.blobs.get, each.sha256) for path, each in pictures.values()}
    for item in items:
        ending = "html" if item.values["kind"] == "html" else "md"
        files |= {f"pages/{item.key}.{each}.{ending}": _ended(body) for each, body in item.values["bodies"].items()}
    now = look.read(desk)
    files |= {_CSS: _ended(now.style)} if now.style else {}
    for key, said in now.texts.items():
        files |= {f"texts/{key}.{language}.md": _ended(body) for language, body in said.items()}
    return text_folders.write(folder, files, force=force)


def _toml(desk: Desk, pictures: Mapping[str, tuple[str, Any]], items: Sequence[Any]) -> Iterator[str]:
    yield f"origins = {front_matter.value(list(sites.names(desk)))}"
    yield "\n[brand]"
    for key, setting in _SETTINGS.items():
        kept = known.one(desk, setting)
        if kept.own and kept.value is not None:
            yield f"{key} = {front_matter.value(kept.value)}"
    for key, name in _PICTURES.items():
        if name in pictures:
            yield f"{key} = {front_matter.value(pictures[name][0])}"
    if look.read(desk).style:
        yield f"css = {front_matter.value(_CSS)}"
    for item in items:
        yield f"\n[[page]]\nkey = {front_matter.value(item.key)}"
        for name in _STRUCTURE:
            if (value := item.values[name]) not in (None, {}):
                yield f"{name} = {front_matter.value(value)}"
    yield ""


def _ended(body: str) -> bytes:
    return f"{body}\n".encode()
