"""A command on a real terminal: what it shows, and what is typed when it asks."""

from __future__ import annotations

import os
import pty
import re
import select
import time
from collections.abc import Callable, Mapping, Sequence

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\r")


def on_a_terminal(
    command: Sequence[str],
    environ: Mapping[str, str],
    *,
    answers: Mapping[str, str | Callable[[str], str]] | None = None,
    seconds: float = 60,
    raw: bool = False,
) -> tuple[int, str]:
    """Run `command` with a terminal of its own; each key of `answers`, once shown, is answered with its value, or
    with what its value makes of all that was shown.

    Returns the exit code and all that was shown, without colours; `raw`: with every byte that reached the terminal,
    but CRLF as LF. TimeoutError when it does not end.
    """
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe(command[0], list(command), dict(environ))  # no shell is wanted
    shown, waiting, end = "", dict(answers or {}), time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 0.2)[0]:
                continue
            try:
                shown += os.read(terminal, 65536).decode(errors="replace")
            except OSError:  # the child closed its side: it is done
                code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                return code, shown.replace("\r\n", "\n") if raw else _ESCAPES.sub("", shown)
            for question in [each for each in waiting if each in shown]:
                answer = waiting.pop(question)
                os.write(terminal, ((answer if isinstance(answer, str) else answer(shown)) + "\n").encode())
        raise TimeoutError(f"{command[0]} shows {shown[-500:]}")
    finally:
        os.close(terminal)
