"""The completion script, asked by a real shell."""

from __future__ import annotations

import json
import subprocess

import pytest

from helpdeskctl.cli.completion import TABLE, Shell, script, table_of
from helpdeskctl.cli.tree import whole_tree
from helpdeskctl.resources import resource_text
from tests.cli.conftest import Call

ASK = """
source /dev/stdin
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
_helpdeskctl
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(*words: str) -> list[str]:
    text = script(Shell.BASH, table_of(whole_tree()))
    done = subprocess.run(
        ["bash", "-c", ASK, "bash", "helpdeskctl", *words], input=text, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_commands_verbs_options_and_values_are_completed() -> None:
    assert {"init", "overview", "config"} <= set(completed(""))
    assert completed("overv") == ["overview"]
    assert completed("config", "") == ["show", "check", "example"]
    assert completed("config", "show", "--or") == ["--origin"]
    assert completed("config", "show", "--output", "j") == ["json", "jsonl"]
    assert completed("completion", "") == ["bash", "zsh", "fish"]


def test_options_are_offered_only_where_one_is_begun() -> None:
    assert completed("config", "show", "") == []
    assert "--strict" in completed("config", "check", "-")


def test_where_a_file_stands_the_shell_completes_it() -> None:
    assert completed("config", "show", "--config", "") == []  # empty: `-o default` takes over


def test_the_shipped_table_is_the_tree_of_this_version() -> None:
    assert json.loads(resource_text(TABLE)) == table_of(whole_tree()), "make completion"


@pytest.mark.parametrize("shell", list(Shell))
def test_every_shell_gets_the_whole_tree(call: Call, shell: Shell) -> None:
    said = call("completion", shell.value).out
    for node in whole_tree():
        assert " ".join(node.path) in said
        assert all(name in said for flag in node.flags for name in flag.names)


def test_an_unknown_shell_is_a_usage_error(call: Call) -> None:
    assert call("completion", "tcsh").code == 2
