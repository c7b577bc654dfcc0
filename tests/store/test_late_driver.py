"""The order in which modules are imported decides nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from helpdeskctl.config import Config

_ROOT = Path(__file__).parents[2]
_SCRIPT = """
import sys
from pathlib import Path
from helpdeskctl.store.tables import Setting, Status
from helpdeskctl import config
from helpdeskctl.desk import open_desk
desk = open_desk(config.load(Path(sys.argv[1]), {}))
with desk.connected():
    desk.database.transact(lambda: Setting.insert(key="languages", value=["de"]).execute())
    print(Setting.get().value, Status.get(Status.key == "open").names)
"""


def test_a_desk_opens_after_its_tables_were_imported(desk_config: Config) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _SCRIPT, str(desk_config.path)],
        cwd=_ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "['de'] {'en': 'In progress'}\n"), done.stderr
