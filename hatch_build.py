"""Build hook: the portal's catalogues, written as .po, are compiled to the .mo that gettext reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LOCALE = "portald/locale"


class Catalogues(BuildHookInterface):  # type: ignore[type-arg]  # its configuration is not ours to name
    """Runs before a wheel, also an editable one, is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write a .mo beside every .po and have the wheel take it along."""
        for source in sorted(Path(self.root, LOCALE).glob("*/LC_MESSAGES/*.po")):
            with source.open("rb") as text, source.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(text))
        build_data["artifacts"].append(f"{LOCALE}/*/LC_MESSAGES/*.mo")
