"""A text in the editor the agent likes."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path


def edit(text: str) -> str | None:
    """`text` after the agent edited it; None when no editor is set or it cannot be started. Blocks meanwhile."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not command:
        return None
    with tempfile.TemporaryDirectory(prefix="helpdesk-") as folder:
        path = Path(folder, "message.txt")
        path.write_text(text, encoding="utf-8")
        try:
            subprocess.run([*shlex.split(command), str(path)], check=False)
        except OSError:
            return None
        return path.read_text(encoding="utf-8", errors="replace")
