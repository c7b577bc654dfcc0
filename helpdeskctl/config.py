"""config.toml -> a frozen `Config`; every problem in one report.

The file holds what must be known before the database is open (its URL, paths, the key file, log, portal address).
What the desk's admins change from day to day are *settings* and live in the database.
"""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from helpdeskctl import config_values as values
from helpdeskctl.errors import ConfigError, InputMissing, Problem
from helpdeskctl.resources import resource_text

SYSTEM_FILE = Path("/etc/helpdesk/config.toml")
ENVIRONMENT_PREFIX = "HELPDESK_"
MODE_TOO_OPEN = 0o037  # tighter than 0640 is fine, wider is not: the file names secrets


# The sections are named tuples because every start pays for them, and for a dataclass eight times as much.


class DatabaseConfig(NamedTuple):
    """`url` is `sqlite:////absolute/path` or `postgresql://…`; `direct_url` goes past a pooler, for locks."""

    url: str
    direct_url: str | None


class PathsConfig(NamedTuple):
    """Attachments and raw mail lie below `data`, locks and crash reports below `state`."""

    data: Path
    state: Path
    key_file: Path


class LogConfig(NamedTuple):
    """`format` is `plain` or `json`; without `file` the log goes to stderr."""

    level: str
    format: str
    file: Path | None


class PortalConfig(NamedTuple):
    """`listen` and `metrics_listen` are `host:port` or `unix:/path`; `socket_mode` octal; `max_body` in octets."""

    listen: str
    socket_mode: str
    trusted_proxies: tuple[str, ...]
    processes: int
    threads: int
    max_body: int
    metrics_listen: str | None = None


class MailConfig(NamedTuple):
    """Time limits in seconds, `batch_bytes` in octets. `alert_after`: quiet time for temporary faults.

    `clamd`: where the virus scanner listens, as `host:port` or `unix:/path`; None: nothing is scanned.
    """

    connect_timeout: int
    command_timeout: int
    mailbox_budget: int
    run_budget: int
    batch_bytes: int
    alert_after: int
    clamd: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """The effective configuration. `origins` says of each dotted key where its value came from."""

    path: Path | None
    installation: str
    user: str | None
    database: DatabaseConfig
    paths: PathsConfig
    log: LogConfig
    portal: PortalConfig
    mail: MailConfig
    origins: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def effective(self) -> Iterator[tuple[str, object]]:
        """Every key with its value, passwords in URLs shown as `***`, in the order of the table."""
        for key in KEYS:
            section, _, name = key.name.rpartition(".")
            value = getattr(getattr(self, section) if section else self, name)
            yield key.name, values.masked(value) if isinstance(value, str) else value


class Key(NamedTuple):
    """One key of the file: its dotted name, how a value is read, and what holds when it is absent."""

    name: str
    read: values.Reader
    default: object = None
    required: bool = False

    @property
    def variable(self) -> str:
        return ENVIRONMENT_PREFIX + self.name.replace(".", "_").upper()


KEYS = (
    Key("installation", values.text, required=True),
    Key("user", values.text),
    Key("database.url", values.database_url, "sqlite:///{paths.data}/desk.db"),
    Key("database.direct_url", values.database_url),
    Key("paths.data", values.path, required=True),
    Key("paths.state", values.path, "{paths.data}"),
    Key("paths.key_file", values.path, "secret.key"),
    Key("log.level", values.one_of("debug", "info", "warning", "error"), "info"),
    Key("log.format", values.one_of("plain", "json"), "plain"),
    Key("log.file", values.path),
    Key("portal.listen", values.listen, "127.0.0.1:8080"),
    Key("portal.socket_mode", values.mode, "660"),
    Key("portal.trusted_proxies", values.networks, ()),
    Key("portal.processes", values.whole_number(1, 64), 1),
    Key("portal.threads", values.whole_number(1, 256), 8),
    Key("portal.max_body", values.octets, "30M"),
    Key("portal.metrics_listen", values.listen),
    Key("mail.connect_timeout", values.seconds, 15),
    Key("mail.command_timeout", values.seconds, 60),
    Key("mail.mailbox_budget", values.seconds, 300),
    Key("mail.run_budget", values.seconds, 600),
    Key("mail.batch_bytes", values.octets, "4M"),
    Key("mail.alert_after", values.seconds, 1800),
    Key("mail.clamd", values.listen),
)
KEY_NAMES = tuple(key.name for key in KEYS)


def find(given: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The one file that counts: --config, HELPDESK_CONFIG, /etc, the user's own; None where there is none."""
    if given is not None:
        return given
    if environ.get("HELPDESK_CONFIG"):
        return Path(environ["HELPDESK_CONFIG"])
    return next((path for path in (SYSTEM_FILE, personal_file(environ)) if path.exists()), None)


def personal_file(environ: Mapping[str, str]) -> Path:
    """Where a desk without root keeps its config.toml."""
    home = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".config")
    return Path(home) / "helpdesk" / "config.toml"


def load(path: Path | None, environ: Mapping[str, str], flags: Mapping[str, object] | None = None) -> Config:
    """Read the configuration: `flags` (dotted key -> value) over HELPDESK_* over one file over the defaults.

    Raises ConfigError with every problem found, InputMissing when a named file is not there.
    """
    source = find(path, environ)
    if source is None and not environ.get("HELPDESK_PATHS_DATA"):
        raise ConfigError(
            f"no config.toml: neither {SYSTEM_FILE} nor {personal_file(environ)} is there",
            hint="helpdeskctl init --admin EMAIL",
        )
    text = _read(source) if source else ""
    reading = _Reading(source, text)
    reading.take_file()
    reading.take_environment(environ)
    reading.take_flags(flags or {})
    return reading.config()


def example() -> str:
    """The commented example file: every key with a sentence."""
    return resource_text("config.example.toml")


def meanings() -> Mapping[str, str]:
    """What each key is for: the comment above it in the example file."""
    found: dict[str, str] = {}
    section, comment = "", []
    for line in example().splitlines():
        if line.startswith("#"):
            comment.append(line.lstrip("# "))
            continue
        if line.startswith("["):
            section = line.strip("[]") + "."
        elif "=" in line:
            found[section + line.split("=")[0].strip()] = " ".join(comment)
        comment = []
    return found


def _read(source: Path) -> str:
    try:
        return source.read_text(encoding="utf-8")
    except PermissionError as error:
        raise ConfigError(f"{source} may not be read by this user", hint="sudo helpdeskctl …") from error
    except OSError as error:
        raise InputMissing(f"{source}: {error.strerror}", hint="helpdeskctl init --admin EMAIL") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source} is not UTF-8 (octet {error.start})") from error


def _mode_warnings(source: Path | None) -> tuple[str, ...]:
    if source is None:
        return ()
    mode = stat.S_IMODE(source.stat().st_mode)
    if not mode & MODE_TOO_OPEN:
        return ()
    return (f"{source} has mode {mode:04o}: it should be 0640 or tighter (chmod 0640 {source})",)


class _Reading:
    """One reading of the sources, collecting values, their origins and all problems."""

    def __init__(self, source: Path | None, text: str) -> None:
        self.source = source
        self.folder = source.absolute().parent if source else Path.cwd()
        self.text = text
        self.raw: dict[str, object] = {}
        self.origins: dict[str, str] = {}
        self.problems: list[Problem] = []

    def take_file(self) -> None:
        try:
            document = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            self.problems.append(Problem(str(self.source), str(error)))
            raise self.error() from error
        for name, value in _flat(document):
            self._take(name, value, f"{self.source}:{self._line(name)}")

    def take_environment(self, environ: Mapping[str, str]) -> None:
        for key in KEYS:
            if environ.get(key.variable):
                self._take(key.name, environ[key.variable], key.variable)

    def take_flags(self, flags: Mapping[str, object]) -> None:
        for name, value in flags.items():
            if value is not None:
                self._take(name, value, "flag")

    def _take(self, name: str, value: object, origin: str) -> None:
        if name in KEY_NAMES:
            self.raw[name] = value
            self.origins[name] = origin
        else:
            self.problems.append(Problem(f"{origin} {name}", "unknown key", _nearest(name)))

    def config(self) -> Config:
        known: dict[str, Any] = {}
        # the paths come first: other defaults stand on them
        for key in sorted(KEYS, key=lambda key: not key.name.startswith("paths.")):
            known[key.name] = self._value(key, known)
        if self.problems:
            raise self.error()
        return Config(
            path=self.source,
            installation=known["installation"],
            user=known["user"],
            database=DatabaseConfig(**_section(known, "database")),
            paths=PathsConfig(**_section(known, "paths")),
            log=LogConfig(**_section(known, "log")),
            portal=PortalConfig(**_section(known, "portal")),
            mail=MailConfig(**_section(known, "mail")),
            origins={name: self.origins.get(name, "default") for name in KEY_NAMES},
            warnings=_mode_warnings(self.source),
        )

    def _value(self, key: Key, known: Mapping[str, object]) -> object:
        origin = self.origins.get(key.name)
        if origin is None and key.required:
            self.problems.append(Problem(f"{self.source or 'environment'} {key.name}", "is missing"))
            return None
        raw = self.raw.get(key.name, key.default)
        if origin is None and isinstance(raw, str):
            raw = raw.replace("{paths.data}", str(known.get("paths.data")))
        if raw is None:
            return None
        try:
            return key.read(raw, self.folder)
        except ValueError as error:
            self.problems.append(Problem(f"{origin} {key.name}", str(error)))
            return None

    def _line(self, name: str) -> int:
        """The line of a dotted key, found by reading headings and `key =` as a person would; 1 where it hides."""
        section = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            stripped = line.strip()
            if stripped.startswith("["):
                section = stripped.strip("[] ").split("]")[0] + "."
            elif f"{section}{stripped.split('=')[0].strip()}" == name:
                return number
        return 1

    def error(self) -> ConfigError:
        count = len(self.problems)
        what = "1 problem" if count == 1 else f"{count} problems"
        return ConfigError(
            f"{self.source or 'the environment'}: {what} in the configuration",
            hint="helpdeskctl config example shows every key",
            problems=self.problems,
        )


def _flat(document: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _section(known: Mapping[str, Any], name: str) -> dict[str, Any]:
    prefix = f"{name}."
    return {key.removeprefix(prefix): value for key, value in known.items() if key.startswith(prefix)}


def _nearest(name: str) -> str | None:
    matches = get_close_matches(name, KEY_NAMES, n=1, cutoff=0.5)
    if not matches:  # right name, wrong section
        matches = [key for key in KEY_NAMES if key.rpartition(".")[2] == name.rpartition(".")[2]]
    return f"did you mean {matches[0]}?" if matches else None
