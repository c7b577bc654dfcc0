"""A checkout of the product as a program: this one, or another beside it, run by the same Python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parents[1]
_LAY_OUT = (
    "import sys; from pathlib import Path; from bench import servers; servers.desk(Path(sys.argv[1]), sys.argv[2])"
)
_MAIN = "import sys; from helpdeskctl.cli.main import main; sys.exit(main())"


@dataclass(frozen=True, slots=True)
class Checkout:
    """The folder of a checkout. What runs of it sees its own code alone."""

    folder: Path = HERE

    @property
    def name(self) -> str:
        """What it is called in a figure."""
        return "ours" if self.folder == HERE else str(self.folder)

    def desk(self, folder: Path, url: str) -> Path:
        """Lay out a desk of its own schema in an empty database; its config file."""
        subprocess.run([*self._python(), "-c", _LAY_OUT, str(folder), url], check=True, cwd=self.folder)
        return folder / "config.toml"

    def program(self, config: Path) -> list[str]:
        """`helpdeskctl` on a desk, to be followed by the words of a command."""
        return ["env", f"HELPDESK_CONFIG={config}", *self._python()[1:], "-c", _MAIN]

    def run(self, config: Path, *words: str) -> None:
        """A command that has to go well. Raises CalledProcessError when it does not."""
        subprocess.run([*self.program(config), *words], check=True, stdout=subprocess.DEVNULL)

    def _python(self) -> Sequence[str]:
        path = os.pathsep.join([str(self.folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        return ["env", f"PYTHONPATH={path}", sys.executable, "-P"]  # -P: the working folder holds another checkout
