"""The files that travel beside the code: `schema.sql`, `config.example.toml`, `completion.json`.

In a wheel they lie inside the package, in a checkout at the top of the repository.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource_path(name: str) -> Path:
    """Where the shipped file `name` lies. Raises FileNotFoundError, which means a broken installation."""
    for folder in (_PACKAGE, _PACKAGE.parent):
        path = folder / name
        if path.is_file():
            return path
    raise FileNotFoundError(f"{name} is missing from the installation below {_PACKAGE}")


def resource_text(name: str) -> str:
    """The text of a shipped file, UTF-8."""
    return resource_path(name).read_text(encoding="utf-8")
