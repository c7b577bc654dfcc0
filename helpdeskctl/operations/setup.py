"""Setting up: every kind of object is created, edited, renamed, archived and deleted by these five verbs.

Values come by field as the contract names them, references as natural keys. Each verb is one transaction with its
event; all faults of a call are told at once. What only some kinds need stands in `setup_rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from helpdeskctl.desk import Desk
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.kind import Kind, Shape, emptied, judged, may_change
from helpdeskctl.domain.kinds import KINDS
from helpdeskctl.domain.permissions import Actor
from helpdeskctl.errors import Exists, InvalidInput, NotPermitted
from helpdeskctl.operations import events, setup_uses
from helpdeskctl.operations import rules as desk_rules
from helpdeskctl.operations.setup_faults import Faults
from helpdeskctl.operations.setup_places import attach, put
from helpdeskctl.operations.setup_rules import Wanted, rules
from helpdeskctl.queries import settings, setup
from helpdeskctl.queries.setup import SetUpObject
from helpdeskctl.queries.setup_tables import TABLES, place
from helpdeskctl.store.database import transaction
from helpdeskctl.store.orm import fn

NO_VALUES: Mapping[str, object] = {}


@transaction
def create(
    desk: Desk,
    actor: Actor,
    kind: str,
    key: str,
    values: Mapping[str, object] = NO_VALUES,
    *,
    if_not_exists: bool = False,
    or_update: bool = False,
) -> Change:
    """Make an object. Exists when its key is taken, unless it may be left alone or updated.

    Raises InvalidInput or NotFound with every fault of the values, NotPermitted when the actor may not.
    """
    wanted = KINDS[kind]
    there = setup.find(desk, kind, key)
    if there is not None and or_update:
        return edit(desk, actor, kind, f"id:{there}", values)
    if there is not None:
        if if_not_exists:
            return Change(kind, setup.key_of(desk, kind, there), there, "unchanged")
        raise _exists(kind, setup.key_of(desk, kind, there), there)
    faults = Faults(wanted, key)
    key = faults.key()
    typed, problems = judged(wanted, values, creating=True)
    started = [field for field in wanted.fields if field.setting and values.get(field.name) is None]
    typed |= {field.name: settings.get(desk, field.setting) for field in started if field.setting}
    faults.add(*problems)
    state = Wanted(wanted, key, typed, None)
    _settle(desk, actor, state, faults)
    if wanted.field("position") and "position" not in values:
        state.values["position"] = _behind(wanted)
    number = _insert(desk, state)
    data = {name: _plain(value) for name, value in state.values.items() if name in values}
    events.record(desk, actor, "created", subject=(kind, key), data=data)
    return Change(kind, key, number, "created", tuple(data))


@transaction
def edit(
    desk: Desk,
    actor: Actor,
    kind: str,
    key: str,
    values: Mapping[str, object] = NO_VALUES,
    *,
    unset: Iterable[str] = (),
) -> Change:
    """Change the fields that are given and empty those of `unset`; unchanged when everything is so already.

    Raises NotFound, InvalidInput with every fault, NotPermitted.
    """
    wanted = KINDS[kind]
    current = setup.one(desk, kind, key)
    faults = Faults(wanted, current.key)
    typed, problems = judged(wanted, values, creating=False)
    gone, more = emptied(wanted, unset)
    faults.add(*problems, *more)
    state = Wanted(wanted, current.key, {**_merged(wanted, current, typed), **gone}, current)
    _settle(desk, actor, state, faults)
    changed = {name: value for name, value in state.values.items() if value != current.values[name]}
    if not changed:
        return Change(kind, current.key, current.id, "unchanged")
    _write(desk, wanted, current.id, changed)
    rules(kind).saved(desk, current.id, state)
    data = {name: {"from": _plain(current.values[name]), "to": _plain(value)} for name, value in changed.items()}
    events.record(desk, actor, "updated", subject=(kind, current.key), data=data)
    return Change(kind, current.key, current.id, "updated", tuple(changed))


@transaction
def edit_list(
    desk: Desk,
    actor: Actor,
    kind: str,
    key: str,
    field: str,
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
) -> Change:
    """Put values into a list field, or take them out; as `edit`."""
    current = setup.one(desk, kind, key)
    present = current.values[field]
    gone = {value.strip().casefold() for value in remove}
    wanted = [*(value for value in present if value not in gone), *add]
    return edit(desk, actor, kind, f"id:{current.id}", {field: wanted})


@transaction
def rename(desk: Desk, actor: Actor, kind: str, key: str, new: str) -> Change:
    """Give an object another key; everything that points at it keeps doing so. Exists when the new one is taken."""
    current = setup.one(desk, kind, key)
    permit(desk, actor, KINDS[kind], current.values)
    faults = Faults(KINDS[kind], new)
    new = faults.key()
    faults.tell()
    if new == current.key:
        return Change(kind, current.key, current.id, "unchanged")
    taken = setup.find(desk, kind, new)
    if taken is not None and taken != current.id:
        raise _exists(kind, new, taken)
    table = TABLES[kind]
    if table.key:
        table.model.update({getattr(table.model, table.key): new}).where(table.model.id == current.id).execute()
    rules(kind).renamed(desk, current, new)
    desk_rules.follow(desk, (kind, current.key), new)
    events.record(desk, actor, "renamed", subject=(kind, new), data={"from": current.key, "to": new})
    return Change(kind, new, current.id, "updated", ("key",))


@transaction
def delete(desk: Desk, actor: Actor, kind: str, key: str, *, move_to: str | None = None) -> Change:
    """Delete an object; Refused, naming its users, while it has some, unless they `move_to` another one."""
    current = setup.one(desk, kind, key)
    permit(desk, actor, KINDS[kind], current.values)
    rules(kind).deleting(desk, current)
    if move_to is not None:
        to = setup.one(desk, kind, move_to)
        if to.id == current.id:
            raise InvalidInput(f"{kind} {current.key} cannot move to itself", subject=f"{kind}/{current.key}")
        setup_uses.move(desk, actor, current, to)
    setup_uses.refuse_in_use(desk, current)
    model = TABLES[kind].model
    model.delete().where(model.id == current.id).execute()
    events.record(desk, actor, "deleted", subject=(kind, current.key), data={"moved_to": move_to} if move_to else {})
    return Change(kind, current.key, current.id, "deleted")


@transaction
def archive(desk: Desk, actor: Actor, kind: str, key: str, *, archived: bool = True) -> Change:
    """Put an object out of use, or back into it, and keep everything that points at it."""
    current = setup.one(desk, kind, key)
    permit(desk, actor, KINDS[kind], current.values)
    if (current.values["archived_at"] is not None) == archived:
        return Change(kind, current.key, current.id, "unchanged")
    model = TABLES[kind].model
    model.update(archived_at=desk.now() if archived else None).where(model.id == current.id).execute()
    events.record(desk, actor, "archived" if archived else "unarchived", subject=(kind, current.key))
    return Change(kind, current.key, current.id, "updated", ("archived_at",))


@transaction
def order(desk: Desk, actor: Actor, kind: str, keys: Sequence[str]) -> list[Change]:
    """Put these objects first, in this order; the others follow as they were."""
    first = [setup.one(desk, kind, key) for key in keys]
    permit(desk, actor, KINDS[kind], NO_VALUES)
    named = {item.id for item in first}
    rest = [item for item in setup.list_of(desk, kind) if item.id not in named]
    return [edit(desk, actor, kind, f"id:{item.id}", {"position": at}) for at, item in enumerate([*first, *rest])]


def rehearse(desk: Desk, verb: Callable[[], Change]) -> Change:
    """What `verb` would do or raise; nothing of it is kept."""
    with desk.database.rehearsal():
        return verb()


def set_columns(desk: Desk, actor: Actor, current: SetUpObject, verb: str, **columns: Any) -> Change:
    """Set what no field is (`active`, `enabled`), with an event of its own; in the caller's transaction."""
    model = TABLES[current.kind].model
    row = model.get(model.id == current.id)
    changed = {name: value for name, value in columns.items() if getattr(row, name) != value}
    if not changed:
        return Change(current.kind, current.key, current.id, "unchanged")
    model.update(**changed).where(model.id == current.id).execute()
    events.record(desk, actor, verb, subject=(current.kind, current.key))
    return Change(current.kind, current.key, current.id, "updated", tuple(changed))


def _settle(desk: Desk, actor: Actor, state: Wanted, faults: Faults) -> None:
    """Resolve references, ask the kind's rules and the actor's rights; raise everything that is wrong."""
    permit(desk, actor, state.kind, state.current.values if state.current else state.values)
    rules(state.kind.name).prepare(desk, state)
    faults.resolve(desk, state.values)
    faults.mind_unique(desk, state)
    faults.add(*rules(state.kind.name).check(desk, state))
    faults.lack(*rules(state.kind.name).lacking(desk, state))
    faults.tell()
    permit(desk, actor, state.kind, {**(state.current.values if state.current else {}), **state.values})


def permit(desk: Desk, actor: Actor, kind: Kind, values: Mapping[str, Any] = NO_VALUES) -> None:
    """Raise NotPermitted unless `actor` may change an object of `kind` with these values."""
    department = values.get("department")
    verdict = may_change(actor, kind, [setup.find(desk, "department", department) if department else None])
    if not verdict.allowed:
        raise NotPermitted(verdict.why, hint="--as an admin", subject=kind.name)


def _merged(kind: Kind, current: SetUpObject, typed: dict[str, Any]) -> dict[str, Any]:
    """What was given of a map is laid over what is there; an empty value takes away."""
    merged = dict(typed)
    for field in kind.fields:
        if field.shape is Shape.MAP and field.name in typed:
            whole = {**current.values[field.name], **typed[field.name]}
            merged[field.name] = {name: value for name, value in whole.items() if value}
    return merged


def _insert(desk: Desk, state: Wanted) -> int:
    table = TABLES[state.kind.name]
    columns: dict[str, Any] = {table.key: state.key} if table.key else {}
    if hasattr(table.model, "created_at"):
        columns["created_at"] = desk.now()
    columns |= rules(state.kind.name).columns(state)
    _lay(desk, state.kind, state.values, columns)
    number = int(table.model.insert(**columns).execute())
    rules(state.kind.name).inserted(desk, number, state)
    _attach_all(state.kind, number, state.values)
    rules(state.kind.name).saved(desk, number, state)
    return number


def _behind(kind: Kind) -> int:
    """The place after all others."""
    model = TABLES[kind.name].model
    last = model.select(fn.max(model.position)).scalar()
    return 0 if last is None else int(last) + 1


def _write(desk: Desk, kind: Kind, number: int, values: Mapping[str, Any]) -> None:
    model = TABLES[kind.name].model
    row = model.get(model.id == number)
    columns = {name: dict(value) for name, value in row.__data__.items() if isinstance(value, dict)}
    before = {name: dict(value) for name, value in columns.items()}
    _lay(desk, kind, values, columns)
    columns = {name: value for name, value in columns.items() if name not in before or value != before[name]}
    if columns:
        model.update(**columns).where(model.id == number).execute()
    _attach_all(kind, number, values)


def _lay(desk: Desk, kind: Kind, values: Mapping[str, Any], columns: dict[str, Any]) -> None:
    language = settings.get(desk, "default_language")
    for field in sorted(kind.fields, key=lambda field: field.shape is not Shape.MAP):  # one text over the map of all
        if field.name in values:
            put(place(kind, field), values[field.name], columns, language)


def _attach_all(kind: Kind, number: int, values: Mapping[str, Any]) -> None:
    model = TABLES[kind.name].model
    own = model.get(model.id == number)
    for field in kind.fields:
        if field.name in values:
            attach(place(kind, field), number, values[field.name], own)


def _exists(kind: str, key: str, number: int) -> Exists:
    return Exists(
        f'{KINDS[kind].label} "{key}" exists already (id {number})',
        hint=f"--if-not-exists to leave it, --or-update to change it, or: helpdeskctl {setup.command(kind)} show {key}",
        subject=f"{kind}/{key}",
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
