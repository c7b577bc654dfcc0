"""config.toml: precedence, all problems at once, and the example file."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from helpdeskctl import config
from helpdeskctl.config import Config, load
from helpdeskctl.errors import ConfigError, InputMissing

SMALLEST = 'installation = "i"\n[paths]\ndata = "data"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(SMALLEST)
    path.chmod(0o640)
    return path


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def problems(path: Path) -> dict[str, tuple[str, str | None]]:
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    return {problem.where: (problem.what, problem.hint) for problem in caught.value.problems}


def test_two_keys_are_enough(file: Path, tmp_path: Path) -> None:
    read = load(file, {})
    assert read.installation == "i"
    assert read.database.url == f"sqlite:///{tmp_path}/data/desk.db"
    assert read.paths.state == tmp_path / "data"
    assert read.paths.key_file == tmp_path / "secret.key"
    assert read.mail.alert_after == 1800
    assert read.user is None


def test_relative_paths_start_at_the_files_folder_and_not_at_the_shells(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    written(file, SMALLEST + '[database]\nurl = "sqlite:///sub/x.db"\n[portal]\nlisten = "unix:p.sock"\n')
    read = load(file, {})
    assert read.paths.data == tmp_path / "data"
    assert read.database.url == f"sqlite:///{tmp_path}/sub/x.db"
    assert read.portal.listen == f"unix:{tmp_path}/p.sock"


def test_a_flag_stands_over_the_environment_and_that_over_the_file(file: Path) -> None:
    written(file, SMALLEST + '[portal]\nthreads = 2\nlisten = "a:1"\n[log]\nlevel = "error"\n')
    environ = {"HELPDESK_PORTAL_THREADS": "3", "HELPDESK_PORTAL_LISTEN": "b:2"}
    read = load(file, environ, {"portal.listen": "c:3"})
    assert (read.log.level, read.portal.threads, read.portal.listen) == ("error", 3, "c:3")
    assert read.origins["log.level"] == f"{file}:8"
    assert read.origins["portal.threads"] == "HELPDESK_PORTAL_THREADS"
    assert read.origins["portal.listen"] == "flag"
    assert read.origins["mail.run_budget"] == "default"


def test_one_file_counts_and_the_nearest_named_wins(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "xdg"
    personal = home / "helpdesk" / "config.toml"
    system = tmp_path / "etc.toml"
    personal.parent.mkdir(parents=True)
    for path in (personal, system):
        path.write_text(SMALLEST)
    monkeypatch.setattr(config, "SYSTEM_FILE", system)
    environ = {"XDG_CONFIG_HOME": str(home)}
    assert load(file, environ | {"HELPDESK_CONFIG": "/absent"}).path == file
    assert load(None, environ | {"HELPDESK_CONFIG": str(file)}).path == file
    assert load(None, environ).path == system
    system.unlink()
    assert load(None, environ).path == personal
    personal.unlink()
    with pytest.raises(ConfigError, match=r"no config\.toml") as caught:
        load(None, environ)
    assert caught.value.hint == "helpdeskctl init --admin EMAIL"


def test_the_environment_alone_can_configure_a_desk(tmp_path: Path) -> None:
    read = load(None, {"HELPDESK_INSTALLATION": "i", "HELPDESK_PATHS_DATA": str(tmp_path)})
    assert read.path is None
    assert read.paths.data == tmp_path


def test_every_problem_is_told_at_once_with_its_line_and_the_nearest_key(file: Path) -> None:
    written(
        file,
        'installation = ""\nusr = "x"\n[portal]\nthread = 4\nlisten = 80\n[mail]\nrun_budget = "soon"\n'
        "[threads]\nmax_body=1\n",
    )
    assert problems(file) == {
        f"{file}:1 installation": ("must be a text, not ''", None),
        f"{file}:2 usr": ("unknown key", "did you mean user?"),
        f"{file}:4 portal.thread": ("unknown key", "did you mean portal.threads?"),
        f"{file}:5 portal.listen": ("must be a text, not 80", None),
        f"{file}:7 mail.run_budget": ("must be a duration such as 90, 30m or 2h, not 'soon'", None),
        f"{file}:9 threads.max_body": ("unknown key", "did you mean portal.max_body?"),
        f"{file} paths.data": ("is missing", None),
    }


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('[database]\nurl = "mysql://u:secret@h/d"', "must be sqlite:////path/desk.db or postgresql://…, not 'mysql://u:***@h/d'"),
        ('[log]\nlevel = "loud"', "must be one of debug, info, warning, error, not 'loud'"),
        ("[portal]\nthreads = true", "must be a whole number from 1 to 256, not True"),
        ("[portal]\nthreads = 0", "must be a whole number from 1 to 256, not 0"),
        ('[portal]\nmax_body = "30 MB"', "must be a size such as 65536, 512K or 25M, not '30 MB'"),
        ('[portal]\nlisten = "localhost"', "must be host:port or unix:PATH, not 'localhost'"),
        ('[portal]\nlisten = "h:99999"', "must be host:port or unix:PATH, not 'h:99999'"),
        ('[portal]\ntrusted_proxies = ["proxy"]', "'proxy' does not appear to be an IPv4 or IPv6 network"),
        ("[portal]\ntrusted_proxies = 1", "must be a list of addresses or networks, not 1"),
        ("[mail]\nrun_budget = 0", "must be a duration such as 90, 30m or 2h, not 0"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_what_would_be_right(file: Path, line: str, what: str) -> None:
    written(file, SMALLEST + line + "\n")
    assert [found for found, _ in problems(file).values()] == [what]


def test_values_are_read_in_the_units_people_write(file: Path) -> None:
    written(
        file,
        SMALLEST
        + '[portal]\nmax_body = "2M"\ntrusted_proxies = ["10.0.0.0/8", "unix"]\n[mail]\nrun_budget = "1h 30m"\n',
    )
    read = load(file, {"HELPDESK_MAIL_CONNECT_TIMEOUT": "9"})
    assert read.portal.max_body == 2 * 1024**2
    assert read.portal.trusted_proxies == ("10.0.0.0/8", "unix")
    assert read.mail.run_budget == 5400
    assert read.mail.connect_timeout == 9


def test_broken_toml_names_the_line(file: Path) -> None:
    written(file, "installation = \n")
    ((where, (what, _)),) = problems(file).items()
    assert where == str(file)
    assert "line 1" in what


def test_a_named_file_that_is_not_there_is_no_input(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="No such file"):
        load(tmp_path / "absent.toml", {})


def test_a_file_that_may_not_be_read_is_told_as_such(file: Path) -> None:
    file.chmod(0)
    root = os.geteuid() == 0
    if root:  # root may read everything, so somebody else has to try
        os.seteuid(65534)
    try:
        with pytest.raises(ConfigError, match="may not be read"):
            load(file, {})
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize(
    ("mode", "warned"), [(0o640, False), (0o600, False), (0o400, False), (0o644, True), (0o660, True)]
)
def test_a_mode_wider_than_0640_is_warned_about(file: Path, mode: int, warned: bool) -> None:
    file.chmod(mode)
    assert bool(load(file, {}).warnings) is warned


def test_the_example_loads_and_mentions_every_key(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(config.example())
    read = load(path, {})
    left_out = [name for name, origin in read.origins.items() if origin == "default"]
    assert left_out == []


def test_every_key_of_the_example_has_a_sentence_above_it() -> None:
    lines = config.example().splitlines()
    bare = [line for before, line in pairwise(lines) if "=" in line and line[0] != "#" and before[:1] != "#"]
    assert bare == []


def test_every_key_lands_in_the_configuration(file: Path) -> None:
    read: Config = load(file, {})
    assert [name for name, _ in read.effective()] == list(config.KEY_NAMES)


def test_passwords_in_urls_are_never_shown(file: Path) -> None:
    written(file, SMALLEST + '[database]\nurl = "postgresql://u:s3cret@h:5/d?sslmode=require"\n')
    shown = dict(load(file, {}).effective())
    assert shown["database.url"] == "postgresql://u:***@h:5/d?sslmode=require"
