"""Setting up an installation: account, folders, config.toml, key file, database, first admin. Safe to repeat."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from helpdeskctl import account, config
from helpdeskctl.config import Config
from helpdeskctl.desk import Desk
from helpdeskctl.domain import defaults
from helpdeskctl.domain.change import Change
from helpdeskctl.domain.permissions import SYSTEM
from helpdeskctl.errors import Exists, InvalidInput, StorageFailed

SYSTEM_DATA = Path("/var/lib/helpdesk")
SYSTEM_USER = "helpdesk"


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a new installation goes. `user` is None for the account that runs the command."""

    config: Path
    data: Path
    user: str | None
    database: str | None

    @property
    def url(self) -> str:
        return self.database or f"sqlite:///{self.data / 'desk.db'}"


def plan(given: Path | None, environ: Mapping[str, str], *, user: str | None, database: str | None) -> Plan:
    """The places by the rules of the configuration's precedence; root's desk belongs to `helpdesk`.

    A config.toml at a place of its own has its data beside it, so that two installations never share a folder.
    """
    root = os.geteuid() == 0
    usual = config.SYSTEM_FILE if root else config.personal_file(environ)
    path = Path(given or environ.get("HELPDESK_CONFIG") or usual).absolute()
    if environ.get("HELPDESK_PATHS_DATA"):
        data = Path(environ["HELPDESK_PATHS_DATA"])
    elif path != usual:
        data = path.parent / "data"
    else:
        data = SYSTEM_DATA if root else _personal_data(environ)
    if user is None and root:
        user = config.load(path, environ).user if path.exists() else SYSTEM_USER
    return Plan(path, data, user, database)


def prepare(wanted: Plan, environ: Mapping[str, str], *, dry_run: bool = False) -> Iterator[Change]:
    """Account, config.toml (0640), key file (0600) and folders (0700). Raises Exists where the file says otherwise."""
    if wanted.user is not None:
        yield _account(wanted, dry_run=dry_run)
    yield _config_file(wanted, environ, dry_run=dry_run)
    if dry_run and not wanted.config.exists():
        yield Change("key-file", str(wanted.config.parent / "secret.key"), None, "created")
        yield Change("database", wanted.url, None, "created")
        return
    effective = config.load(wanted.config, environ)
    yield _key_file(effective, dry_run=dry_run)
    if not dry_run:
        for folder in {effective.paths.data, effective.paths.state}:
            _folder(folder, effective.user, 0o700)


def furnish(desk: Desk, *, admin: str | None, settings: Mapping[str, str]) -> list[Change]:
    """Tables, identity, the first admin and the settings that were named: all or nothing, with their events.

    Raises InvalidInput for a bad address or setting, ConfigError for a schema of another version.
    """
    values = defaults.read(settings)
    address = _address(admin) if admin else None

    def work() -> list[Change]:
        changes = [_tables(desk)]
        if address:
            changes.append(_admin(desk, address, str(values.get("default_language", "en"))))
        return changes + [_setting(desk, key, defaults.named(key).type.write(value)) for key, value in values.items()]

    return desk.database.transact(work)


def _account(wanted: Plan, *, dry_run: bool) -> Change:
    user = str(wanted.user)
    if account.exists(user):
        return Change("user", user, None, "unchanged")
    if not dry_run:
        account.create(user, wanted.data)
    return Change("user", user, None, "created")


def _config_file(wanted: Plan, environ: Mapping[str, str], *, dry_run: bool) -> Change:
    if wanted.config.exists():
        _refuse_other(config.load(wanted.config, environ), wanted)
        return Change("config", str(wanted.config), None, "unchanged")
    if not dry_run:
        if not wanted.config.parent.exists():
            _folder(wanted.config.parent, None, 0o750)
            account.give(wanted.config.parent, wanted.user, group_only=True)  # the key file in it is the user's
        _write_config(wanted)
    return Change("config", str(wanted.config), None, "created")


def _refuse_other(present: Config, wanted: Plan) -> None:
    said = f"{present.path} is there already"
    if wanted.database and wanted.database != present.database.url:
        raise Exists(f"{said} and names another database", hint="edit it, or choose another --config FILE")
    if wanted.user and present.user and wanted.user != present.user:
        raise Exists(f"{said} and belongs to {present.user}", hint=f"--user {present.user}")


def _write_config(wanted: Plan) -> None:
    lines = [
        "# Every key that may stand here, with a sentence each: helpdeskctl config example",
        f"installation = {json.dumps(str(uuid4()))}",
        *([f"user = {json.dumps(wanted.user)}"] if wanted.user else []),
        "",
        "[paths]",
        f"data = {json.dumps(str(wanted.data), ensure_ascii=False)}",
        "",
        "[database]",
        f"url = {json.dumps(wanted.url, ensure_ascii=False)}",
    ]
    try:
        handle = os.open(wanted.config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        os.fchmod(handle, 0o640)  # whatever the umask
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
    except OSError as error:
        raise StorageFailed(f"{wanted.config} cannot be written: {error.strerror}") from error
    account.give(wanted.config, wanted.user, group_only=True)


def _key_file(effective: Config, *, dry_run: bool) -> Change:
    from helpdeskctl.store.secrets import write_key_file

    path = effective.paths.key_file
    made = not path.exists() if dry_run else write_key_file(path)
    if made and not dry_run:
        account.give(path, effective.user)
    return Change("key-file", str(path), None, "created" if made else "unchanged")


def _folder(path: Path, user: str | None, mode: int) -> None:
    if path.is_dir():
        return
    try:
        path.mkdir(parents=True)
        path.chmod(mode)  # whatever the umask
    except OSError as error:
        raise StorageFailed(f"{path} cannot be made: {error.strerror}") from error
    account.give(path, user)


def _tables(desk: Desk) -> Change:
    from helpdeskctl.operations.layout import lay_out
    from helpdeskctl.store import schema

    shown = str(desk.database.path or desk.database.name)
    if schema.version(desk.database) is not None:
        schema.check(desk.database)
        return Change("database", shown, None, "unchanged")
    lay_out(desk.database, now=desk.now(), installation=desk.config.installation)
    return Change("database", shown, None, "created")


def _address(given: str) -> str:
    from helpdeskctl.mail.addresses import check

    address = check(given.strip())
    if address is None:
        raise InvalidInput(f'"{given}" is no e-mail address', subject=f"agent/{given}")
    return address.casefold()


def _admin(desk: Desk, address: str, language: str) -> Change:
    from helpdeskctl.operations.events import record
    from helpdeskctl.store.tables import Agent

    row = Agent.get_or_none(Agent.address == address)
    if row is not None:
        return Change("agent", address, row.id, "unchanged")
    name = address.partition("@")[0].replace(".", " ").title()
    key = Agent.insert(address=address, name=name, admin=True, language=language, created_at=desk.now()).execute()
    record(desk, SYSTEM, "created", subject=("agent", address), data={"admin": True})
    return Change("agent", address, int(key), "created")


def _setting(desk: Desk, key: str, value: object) -> Change:
    from helpdeskctl.operations.events import record
    from helpdeskctl.store.tables import Setting

    row = Setting.get_or_none(Setting.key == key)
    if row is not None and row.value == value:
        return Change("setting", key, None, "unchanged")
    Setting.insert(key=key, value=value).on_conflict(
        conflict_target=[Setting.key], update={Setting.value: value}
    ).execute()
    record(desk, SYSTEM, "updated", subject=("setting", key), data={"from": row.value if row else None, "to": value})
    return Change("setting", key, None, "updated" if row else "created", ("value",))


def _personal_data(environ: Mapping[str, str]) -> Path:
    home = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".local" / "share")
    return Path(home) / "helpdesk"
