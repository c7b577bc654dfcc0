"""The units that `cron install --systemd` writes: resolved, hardened, understood by systemd, never enabled."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from helpdeskctl import config
from helpdeskctl.operations import units
from tests.cli.conftest import Call

HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "RestrictNamespaces": "yes",
    "CapabilityBoundingSet": "",
    "SystemCallFilter": "@system-service",
    "UMask": "0077",
}


def filled(file: Path, folder: Path) -> dict[str, Path]:
    """The units of a desk as files."""
    place = units.Place(config.load(file, {}), "root", Path(sys.executable).with_name("helpdeskctl"), "root")
    found = {path.name: folder / path.name for path in units.systemd()}
    for path, template in units.systemd().items():
        found[path.name].write_text(place.fill(template))
    return found


def settings(unit: Path) -> dict[str, str]:
    lines = [line for line in unit.read_text().splitlines() if "=" in line and not line.startswith("#")]
    names = Counter(line.partition("=")[0] for line in lines)
    assert [name for name, times in names.items() if times > 1] == [], "said twice"
    return dict(line.split("=", 1) for line in lines)


def test_the_portal_is_hardened_and_stopped_gently(sqlite_config: Path, tmp_path: Path) -> None:
    said = settings(filled(sqlite_config, tmp_path)["helpdesk-portal.service"])
    assert {name: said.get(name) for name in HARDENED} == HARDENED
    assert said["Type"] == "exec" and said["Restart"] == "on-failure"
    program, _, options = said["ExecStart"].partition(" ")
    assert Path(program).is_absolute() and options == f"--config {sqlite_config}"
    assert int(said["TimeoutStopSec"]) > 45, "longer than requests in hand may take"
    assert "78" in said["RestartPreventExitStatus"].split(), "a broken configuration does not mend itself"


@pytest.mark.parametrize(
    ("listen", "stream", "mode"),
    [
        ("127.0.0.1:8080", "127.0.0.1:8080", None),
        ("localhost:8081", "127.0.0.1:8081", None),
        ("[::1]:8080", "[::1]:8080", None),
        ("unix:/run/helpdesk/portal.sock", "/run/helpdesk/portal.sock", "0660"),
    ],
)
def test_the_socket_is_where_the_portal_listens(
    sqlite_config: Path, tmp_path: Path, listen: str, stream: str, mode: str | None
) -> None:
    sqlite_config.write_text(sqlite_config.read_text() + f'\n[portal]\nlisten = "{listen}"\n')
    said = settings(filled(sqlite_config, tmp_path)["helpdesk-portal.socket"])
    assert (said["ListenStream"], said.get("SocketMode")) == (stream, mode)


def test_a_socket_outside_the_runtime_folder_may_be_made(sqlite_config: Path, tmp_path: Path) -> None:
    sqlite_config.write_text(sqlite_config.read_text() + f'\n[portal]\nlisten = "unix:{tmp_path}/web/p.sock"\n')
    said = settings(filled(sqlite_config, tmp_path)["helpdesk-portal.service"])
    assert f"{tmp_path}/web" in said["ReadWritePaths"].split()


def test_systemd_understands_them(sqlite_config: Path, tmp_path: Path) -> None:
    found = filled(sqlite_config, tmp_path)
    analyze = shutil.which("systemd-analyze")
    if analyze is None:  # the other tests read them by themselves
        return
    named = [str(path) for path in found.values() if "@" not in path.name]
    done = subprocess.run([analyze, "verify", *named], capture_output=True, text=True, check=False, timeout=60)
    ours = [line for line in done.stderr.splitlines() if "helpdesk-" in line and "sendmail" not in line]
    assert (ours, done.returncode) == ([], 0), done.stderr


def test_they_are_written_and_never_enabled(
    call: Call, sqlite_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "SYSTEMD_FOLDER", tmp_path / "units")
    (tmp_path / "units").mkdir()
    answer = call("cron", "install", "--systemd", config=sqlite_config)
    assert answer.code == 0, answer.err
    written = {path.name for path in (tmp_path / "units").iterdir()}
    assert {"helpdesk-portal.service", "helpdesk-portal.socket", "helpdesk-cron.timer"} <= written
    assert not any(path.is_dir() for path in (tmp_path / "units").iterdir()), "nothing is enabled"
    assert "systemctl enable --now helpdesk-portal.socket" in answer.out
