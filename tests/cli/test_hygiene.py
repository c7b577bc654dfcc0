"""What must not be loaded: the start of every command is paid for thousands of times a day."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = (
    "peewee",
    "playhouse",
    "psycopg",
    "textual",
    "bottle",
    "jinja2",
    "imapclient",
    "rich",
    "cryptography",
    "pydantic",
)
SCRIPT = """
import json, sys
from helpdeskctl.cli.main import main
code = main(sys.argv[1:])
sys.stderr.write(json.dumps([code, sorted(name for name in sys.modules if "." not in name)]))
"""


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["version"],
        ["version", "-o", "json"],
        ["help", "query"],
        ["config", "example"],
        ["completion", "bash"],
    ],
    ids=" ".join,
)
def test_light_commands_load_nothing_heavy(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=True)
    code, loaded = json.loads(done.stderr)
    assert code == 0
    assert [name for name in HEAVY if name in loaded] == []


def test_the_portal_loads_nothing_of_the_terminal() -> None:
    script = "import sys, portald; print([name for name in ('typer', 'rich', 'textual') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
