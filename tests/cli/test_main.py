"""The frame: help, exit codes, errors for people and programs."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from helpdeskctl import errors
from helpdeskctl.cli import exits, main
from helpdeskctl.cli.runtime import Run, command, single
from helpdeskctl.cli.tree import Node, whole_tree
from tests.cli.conftest import PROGRAM, Call

Breaker = Callable[[BaseException], None]
TREE = list(whole_tree())


@pytest.fixture
def broken_by(monkeypatch: pytest.MonkeyPatch) -> Breaker:
    """Makes every command line end in the given exception."""

    def breaks(error: BaseException) -> None:
        app = single()

        @app.command()
        @command()
        def verb(run: Run) -> None:
            raise error

        monkeypatch.setattr(main, "root", lambda: typer.main.get_command(app))

    return breaks


def test_without_a_command_the_help_is_an_error(call: Call) -> None:
    answer = call()
    assert answer.code == 2
    assert answer.out == ""
    assert "Usage: helpdeskctl" in answer.err


@pytest.mark.parametrize("group", ["config", "db"])
def test_a_group_without_a_verb_prints_its_help_and_fails(call: Call, group: str) -> None:
    answer = call(group)
    assert answer.code == 2
    assert answer.out == ""
    assert f"Usage: helpdeskctl {group}" in answer.err


def test_help_has_the_panels_in_their_order(call: Call) -> None:
    answer = call("-h")
    assert answer.code == 0
    headings = [line[:-1] for line in answer.out.splitlines() if line.endswith(":") and line[0] != " "]
    assert [name for name in headings if name != "Options"] == list(main.PANELS)
    assert headings[1] == "Start"


def test_a_mistyped_command_is_answered_with_the_nearest(call: Call) -> None:
    answer = call("overvew")
    assert answer.code == 2
    assert answer.err == (
        "helpdeskctl: error: No such command 'overvew'. Did you mean 'overview'?\n  try: helpdeskctl -h\n"
    )


def test_a_mistyped_verb_names_the_help_that_lists_the_right_ones(call: Call) -> None:
    answer = call("config", "shw")
    assert answer.code == 2
    assert answer.err.endswith("  try: helpdeskctl config -h\n")


@pytest.mark.parametrize("node", TREE, ids=lambda node: " ".join(node.path) or "helpdeskctl")
def test_every_command_has_help_and_an_example(node: Node) -> None:
    assert node.help
    if not node.verbs:
        _, _, example = node.help.partition("Example: ")
        assert f"helpdeskctl {' '.join(node.path)}" in example


@pytest.mark.parametrize("node", [node for node in TREE if not node.verbs], ids=lambda node: " ".join(node.path))
def test_every_verb_knows_the_common_options(node: Node) -> None:
    names = {name for flag in node.flags for name in flag.names}
    assert {"-C", "--config", "-o", "--output", "--fields", "--no-header", "-q", "--quiet"} <= names
    assert {"-v", "--verbose", "--debug", "--no-color", "--no-input", "-h", "--help"} <= names


@pytest.mark.parametrize(
    ("error", "code", "name"),
    [
        (errors.InvalidInput("m"), 65, "data"),
        (errors.InputMissing("m"), 66, "no-input"),
        (errors.NotFound("m"), 67, "no-such-object"),
        (errors.Refused("m"), 69, "unavailable"),
        (errors.Exists("m"), 73, "exists"),
        (errors.StorageFailed("m"), 74, "io"),
        (OSError(28, "No space left on device"), 74, "io"),
        (errors.TryAgain("m"), 75, "try-again"),
        (errors.NotPermitted("m"), 77, "not-permitted"),
        (errors.ConfigError("m"), 78, "configuration"),
        (errors.NegativeAnswer("m"), 1, "negative-answer"),
        (errors.NewerMessages("m"), 1, "negative-answer"),
        (exits.Usage("m"), 2, "usage"),
        (RuntimeError("m"), 70, "software"),
    ],
)
def test_each_error_has_its_exit_code(
    call: Call, broken_by: Breaker, error: BaseException, code: int, name: str
) -> None:
    broken_by(error)
    answer = call("-o", "json")
    assert answer.code == code
    assert answer.out == ""
    assert (answer.error["code"], answer.error["name"]) == (code, name)


def test_every_error_of_the_family_has_an_exit_code() -> None:
    family = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.HelpdeskError)
    ]
    assert [kind.__name__ for kind in family if exits.of(kind("m")) is exits.SOFTWARE] == ["HelpdeskError"]


def test_an_error_says_what_happened_to_what_and_what_to_type(call: Call, broken_by: Breaker) -> None:
    broken_by(errors.NotFound('no department "suport"', hint="--department support", subject="mailbox/a@b"))
    answer = call()
    assert answer.err == ('helpdeskctl: error: no department "suport" (mailbox a@b)\n  try: --department support\n')
    assert call("-o", "json").error == {
        "code": 67,
        "name": "no-such-object",
        "message": 'no department "suport"',
        "hint": "--department support",
        "object": "mailbox/a@b",
    }


def test_several_problems_are_told_each_with_the_sum_last(call: Call, broken_by: Breaker) -> None:
    problems = [errors.Problem("a.csv:3 email", "no address"), errors.Problem("a.csv:9", "too short", "a name")]
    broken_by(errors.InvalidInput("a.csv: 2 problems", problems=problems))
    assert call().err == (
        "helpdeskctl: error: a.csv:3 email: no address\n"
        "helpdeskctl: error: a.csv:9: too short\n  try: a name\n"
        "helpdeskctl: error: a.csv: 2 problems\n"
    )
    assert [problem["where"] for problem in call("-o", "json").error["problems"]] == ["a.csv:3 email", "a.csv:9"]


def test_an_errors_text_cannot_steer_the_terminal(call: Call, broken_by: Breaker) -> None:
    broken_by(errors.NotFound("\x1b]0;title\x07 \x9b31m \u202e", hint="\x1b[2J"))
    for said in (call().err, call("-o", "json").err):
        assert not any(ord(sign) < 0x20 and sign != "\n" for sign in said)
        assert not any(0x7F <= ord(sign) <= 0x9F or sign == "\u202e" for sign in said)


def test_a_fault_of_the_program_leaves_its_traceback_in_a_file_only(call: Call, broken_by: Breaker) -> None:
    broken_by(ZeroDivisionError("oops"))
    answer = call()
    assert answer.code == 70
    assert "Traceback" not in answer.err
    assert "please report" in answer.err
    log = Path(answer.err.split()[-1])
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "ZeroDivisionError: oops" in log.read_text()
    log.unlink()


def test_debug_shows_the_traceback(call: Call, broken_by: Breaker) -> None:
    broken_by(ZeroDivisionError("oops"))
    answer = call("--debug")
    assert "Traceback" in answer.err
    Path(answer.err.split()[-1]).unlink()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort(), EOFError()], ids=lambda e: type(e).__name__)
def test_an_interrupt_ends_with_one_line(call: Call, broken_by: Breaker, error: BaseException) -> None:
    broken_by(error)
    answer = call()
    assert (answer.code, answer.err) == (130, "stopped; nothing half-written\n")


def test_the_worst_code_of_a_batch_wins_in_the_order_of_the_contract() -> None:
    order = [70, 78, 77, 74, 65, 66, 73, 67, 69, 75, 1]
    by_code = {exit_code.code: exit_code for exit_code in exits.ALL}
    for place, code in enumerate(order):
        assert exits.worst(by_code[other] for other in reversed(order[place:])).code == code
    assert exits.worst([]) is exits.OK


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    done = subprocess.run(
        ["bash", "-c", f'"{PROGRAM}" help environment | head -n 1; echo "${{PIPESTATUS[0]}}"'],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


def test_a_full_disk_behind_stdout_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([PROGRAM, "help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 74
    assert "No space left on device" in done.stderr


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_the_loop_ends_cleanly_when_it_is_told_to(sqlite_config: Path, sent: signal.Signals, code: int) -> None:
    with subprocess.Popen([PROGRAM, "cron", "--loop", "-C", sqlite_config], stderr=subprocess.PIPE, text=True) as loop:
        time.sleep(1.5)
        loop.send_signal(sent)
        assert loop.wait(20) == code
        assert loop.stderr is not None
        assert loop.stderr.read() == ("stopped; nothing half-written\n" if code else "")


def test_a_terminal_that_knows_few_characters_gets_escapes_and_programs_get_utf_8(program: Call) -> None:
    latin = {"PYTHONIOENCODING": "ascii"}
    assert "\\u2026" in program("help", "exit-codes", environ=latin).out
    assert "\u2026" in program("help", "exit-codes", "-o", "json", environ=latin).out


def test_an_argument_that_is_no_text_is_invalid_and_no_crash(call: Call, sqlite_config: Path) -> None:
    answer = call("overview", "--fields", "\udcff", config=sqlite_config)
    assert answer.code == 2
