"""What is left of an unexpected fault: its traceback in a file, and a sentence that asks to report it."""

from __future__ import annotations

import os
import tempfile
import traceback
from pathlib import Path

from helpdeskctl import __version__
from helpdeskctl.errors import HelpdeskError


class Unexpected(HelpdeskError):
    """A fault of the program itself."""


def unexpected(error: BaseException) -> Unexpected:
    """Write the traceback (never local values: they hold secrets) and say where it lies."""
    handle, name = tempfile.mkstemp(prefix="helpdeskctl-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as log:
        log.write(f"helpdeskctl {__version__}\n")
        log.writelines(traceback.format_exception(error))
    return Unexpected(
        f"unexpected {type(error).__name__}: {error}",
        hint=f"please report this with {Path(name)}",
    )
