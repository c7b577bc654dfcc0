"""Drafts in files of this machine, for the time in which the desk is out of reach or the line drops."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from helpdeskctl.operations.drafts import Draft


def keep(folder: Path, agent: str, number: int, draft: Draft, at: datetime) -> None:
    """Write a draft down, readable by its owner only. OSError where the folder cannot be written."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = {
        "kind": draft.kind, "content": dict(draft.content), "seen": draft.seen_message_id, "at": at.isoformat(),
    }  # fmt: skip
    path = _path(folder, agent, number)
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(kept, file)
    new.replace(path)


def kept(folder: Path, agent: str, number: int) -> tuple[Draft, datetime] | None:
    """The draft that was written down and when; None without one, or when it cannot be read."""
    try:
        found: dict[str, Any] = json.loads(_path(folder, agent, number).read_text(encoding="utf-8"))
        draft = Draft(kind=found["kind"], content=found["content"], seen_message_id=found["seen"])
        return draft, datetime.fromisoformat(found["at"])
    except (OSError, ValueError, KeyError):
        return None


def drop(folder: Path, agent: str, number: int) -> None:
    """Forget it: the desk has it."""
    _path(folder, agent, number).unlink(missing_ok=True)


def _path(folder: Path, agent: str, number: int) -> Path:
    return folder / f"{agent.encode().hex()}-{number}.json"
