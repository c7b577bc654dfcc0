"""What is shipped: a wheel that holds every file the program reads, and works far from this folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from helpdeskctl.domain.languages import LANGUAGES

ROOT = Path(__file__).parent.parent
PACKAGES = ("helpdeskctl", "portald")


def build(folder: Path, target: str, *, source: Path = ROOT) -> Path:
    """Build a wheel or an sdist of `source` into a folder."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (made,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return made


def beside_the_code() -> set[str]:
    """Every file of the packages, as a wheel names it, and those that lie at the top of the repository."""
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    names = {str(path.relative_to(ROOT)) for path in found if "__pycache__" not in path.parts}
    return names | {"helpdeskctl/schema.sql", "helpdeskctl/config.example.toml"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this source."""
    return build(tmp_path_factory.mktemp("dist"), "wheel")


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs of the wheel lie: in an environment of their own, with the libraries of this one."""
    place = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (packages,) = (place / "lib").glob("python*/site-packages")
    # a plain line: what this environment names in .pth files of its own, this source, is not followed
    (packages / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return place / "bin"


def run(program: Path, *words: str, folder: Path) -> str:
    """Run a program far from the source; what it printed."""
    environ = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([program, *words], cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == beside_the_code()
    for wanted in (
        "schema.sql",
        "samples/01-printer-on-fire.eml",
        "store/search.sqlite.sql",
        "operations/common_passwords.txt",
    ):
        assert f"helpdeskctl/{wanted}" in names
    assert any(name.startswith("portald/views/") for name in names)
    assert any(name.startswith("portald/static/") for name in names)
    for language in set(LANGUAGES) - {"en"}:
        assert f"portald/locale/{language}/LC_MESSAGES/portal.mo" in names


def test_the_source_archive_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "-xf", build(tmp_path, "sdist")], cwd=tmp_path, check=True)
    (source,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert not list(source.rglob("*.mo"))  # what is compiled is compiled where it is installed
    again = build(tmp_path / "dist", "wheel", source=source)
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())


def test_an_installed_wheel_makes_a_desk_and_shows_the_demo(programs: Path, tmp_path: Path) -> None:
    where = run(programs / "python", "-c", "import helpdeskctl; print(helpdeskctl.__file__)", folder=tmp_path)
    assert Path(where.strip()).is_relative_to(programs.parent)
    program = programs / "helpdeskctl"
    user = ["--user", "root"] if os.geteuid() == 0 else []
    config = tmp_path / "config.toml"
    made = run(program, "init", "--admin", "ada@example.org", *user, "-C", str(config), folder=tmp_path)
    assert f"created  {config}" in made and "agent ada@example.org" in made
    assert "ada@example.org" in run(program, "agent", "list", "-C", str(config), folder=tmp_path)
    assert "installation" in run(program, "config", "example", folder=tmp_path)
    shown = run(program, "demo", "--no-serve", "--no-tui", folder=tmp_path)
    assert "#1001" in shown and "imported" in shown
    assert "usage" in run(programs / "portald", "--help", folder=tmp_path).casefold()
