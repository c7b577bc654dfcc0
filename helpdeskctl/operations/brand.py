"""The look of the portal: colour and corners are settings, logo and picture are kept as blobs (POR-7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from helpdeskctl.desk import Desk
from helpdeskctl.domain import contrast, stylesheets
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kind import Kind
from helpdeskctl.domain.kind_types import REFERENCE
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import HelpdeskError, InvalidInput
from helpdeskctl.operations import events, look, settings, setup
from helpdeskctl.operations.pictures import Bounds, Picture, made_anew
from helpdeskctl.queries.look import STYLE
from helpdeskctl.store.database import transaction
from helpdeskctl.store.tables import BrandImage, PortalText

KIND = Kind(name="brand", key=REFERENCE)
_LOGO, _LOGIN = Bounds(True, 1200, 300), Bounds(False, 1760, 1480)
_WIDEST = 8  # a logo is 36 pixels high, and a narrow page has room for 288
PICTURES: Mapping[str, Bounds] = {"logo": _LOGO, "logo-dark": _LOGO, "login": _LOGIN}
SETTINGS = (("accent", "accent"), ("accent", "accent_as_it_is"), ("radius", "corner_radius"))
"""Which part of the look is kept in which settings."""
PARTS = (*PICTURES, "accent", "radius", STYLE)
"""What can be put back to how it was shipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants of the look; None leaves as it is. `pictures`: name -> the file as it came; `css`: a file."""

    name: str | None = None
    accent: str | None = None
    force: bool = False
    radius: str | None = None
    css: bytes | None = None
    pictures: Mapping[str, bytes] = field(default_factory=dict)


def put(desk: Desk, actor: Actor, wanted: Wanted) -> list[Change]:
    """Change the look. InvalidInput for what is no colour, and for a picture that is unfit: then nothing is changed."""
    made = {name: _made(name, data) for name, data in wanted.pictures.items()}
    return _put(desk, actor, wanted, made)


@transaction
def _put(desk: Desk, actor: Actor, wanted: Wanted, pictures: Mapping[str, Picture]) -> list[Change]:
    setup.permit(desk, actor, KIND)
    values = {"name": wanted.name, "accent": wanted.accent, "corner_radius": wanted.radius}
    changes = [settings.put(desk, actor, key, value) for key, value in values.items() if value is not None]
    if wanted.accent is not None:
        weak = contrast.verdict(contrast.colour(wanted.accent)) is not None
        settings.put(desk, actor, "accent_as_it_is", wanted.force and weak)
    if wanted.css is not None:
        changes.append(_style(desk, actor, stylesheets.checked(wanted.css)))
    return [*changes, *(_keep(desk, actor, name, picture) for name, picture in pictures.items())]


@transaction
def reset(desk: Desk, actor: Actor, parts: Iterable[str] = ()) -> list[Change]:
    """Put these parts of the look, or all, back to how they were shipped. InvalidInput for a part that is none."""
    setup.permit(desk, actor, KIND)
    named = list(parts)
    if unknown := [part for part in named if part not in PARTS]:
        raise InvalidInput(f'the look has no part "{unknown[0]}"', hint=f"known: {', '.join(PARTS)}")
    wanted = named or PARTS
    changes = [settings.unset(desk, actor, key) for part, key in SETTINGS if part in wanted]
    changes += [_style(desk, actor, "")] if STYLE in wanted else []
    return [*changes, *(_forget(desk, actor, name) for name in PICTURES if name in wanted)]


def _made(name: str, data: bytes) -> Picture:
    try:
        made = made_anew(data, PICTURES[name])
        if name != "login" and made.width and made.height and made.width > _WIDEST * made.height:
            raise InvalidInput(f"it is {made.width} x {made.height}: more than {_WIDEST} times as wide as high")
        return made
    except HelpdeskError as error:
        raise InvalidInput(f"{name}: {error.message}", hint=error.hint, subject=f"brand/{name}") from error


def _keep(desk: Desk, actor: Actor, name: str, picture: Picture) -> Change:
    before = BrandImage.get_or_none(BrandImage.name == name)
    columns = {
        "content_type": picture.content_type,
        "width": picture.width,
        "height": picture.height,
        "sha256": desk.blobs.put(picture.data, now=desk.now()),
    }
    if before is not None and before.sha256 == columns["sha256"]:
        return Change("brand", name, None, "unchanged")
    BrandImage.insert(name=name, **columns).on_conflict(conflict_target=[BrandImage.name], update=columns).execute()
    change = Change("brand", name, None, "created" if before is None else "updated")
    _told(desk, actor, change, {"sha256": columns["sha256"]})
    return change


def _style(desk: Desk, actor: Actor, css: str) -> Change:
    """Put a style sheet in the place of the one before; "" takes it away."""
    here = (PortalText.key == STYLE, PortalText.language == "")
    before = PortalText.get_or_none(*here)
    if css == (before.body if before else ""):
        return Change("brand", STYLE, None, "unchanged")
    PortalText.delete().where(*here).execute()
    if css:
        PortalText.insert(key=STYLE, language="", body=css).execute()
    change = Change("brand", STYLE, None, "deleted" if not css else "updated" if before else "created")
    _told(desk, actor, change, {"octets": len(css.encode())})
    return change


def _forget(desk: Desk, actor: Actor, name: str) -> Change:
    if not BrandImage.delete().where(BrandImage.name == name).execute():
        return Change("brand", name, None, "unchanged")
    change = Change("brand", name, None, "deleted")
    _told(desk, actor, change, {})
    return change


def _told(desk: Desk, actor: Actor, change: Change, data: dict[str, object]) -> None:
    events.record(desk, actor, change.action, subject=("brand", change.key), data=data)
    look.changed(desk)
