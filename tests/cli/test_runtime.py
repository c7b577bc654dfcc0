"""What a verb gets from its `Run`: common options, forms, input, the open desk."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

from helpdeskctl.cli import main
from helpdeskctl.cli.options import BodyFile, Message, Options, PasswordFile, PasswordStdin, SecretReference
from helpdeskctl.cli.runtime import Run, Session, command, noun
from helpdeskctl.config import load
from helpdeskctl.desk import Desk, open_desk
from helpdeskctl.domain.change import Change
from helpdeskctl.errors import NotFound, TryAgain
from helpdeskctl.operations.init import furnish
from tests.cli.conftest import Call

ROWS = [{"key": "a", "id": 1, "inner": {"x": 1}}, {"key": "b", "id": 2, "inner": None}]
app = noun("Things.")


@app.command("list")
@command(lists=True)
def list_things(run: Run) -> None:
    """List."""
    run.emit(ROWS[: run.options.limit], columns=("key", "id"))


@app.command()
@command()
def show(run: Run, keys: Annotated[list[str], typer.Argument()]) -> None:
    """Show."""
    run.show([row for row in ROWS if row["key"] in run.keys_from(keys)])


@app.command()
@command(changes=True)
def touch(run: Run, keys: Annotated[list[str], typer.Argument()]) -> None:
    """Touch."""
    run.change(Change("thing", key, 7, "updated", ("name", "public")) for key in run.keys_from(keys))


@app.command()
@command(changes=True)
def fail(run: Run) -> None:
    """Fail twice, go on."""
    run.failed(TryAgain("the server is away"), about="mailbox/a@b")
    run.failed(NotFound("no thing"))
    run.change(Change("thing", "c", 3, "created"))


@app.command()
@command(changes=True)
def remove(run: Run) -> None:
    """Remove."""
    run.confirm("Remove it?")
    run.say("deleted", "thing a")


@app.command()
@command()
def write(run: Run, *, message: Message = None, body_file: BodyFile = None) -> None:
    """Write."""
    run.print(run.body(message, body_file))


@app.command()
@command()
def password(
    run: Run, *, stdin: PasswordStdin = False, file: PasswordFile = None, secret: SecretReference = None
) -> None:
    """Password."""
    given = run.secret("Password", stdin=stdin, file=file, reference=secret)
    run.result({"value": given.value, "reference": given.reference})
    run.note(repr(given))


@app.command()
@command(changes=True)
def store(run: Run, value: str) -> None:
    """Store."""
    from helpdeskctl.store.tables import DeskState

    run.desk()
    DeskState.insert(key="test", value=value).execute()
    run.change(Change("value", value, None, "created"))


@app.command()
@command()
def read(run: Run) -> None:
    """Read."""
    from helpdeskctl.store.tables import DeskState

    run.desk()
    run.print(*(row.value for row in DeskState.select().where(DeskState.key == "test")))


@app.command()
@command(changes=True)
def who(run: Run, *, need: bool = False) -> None:
    """Who."""
    actor = run.actor(need_agent=need)
    run.print(f"{actor.kind} {actor.label} {actor.reason}")


@pytest.fixture(autouse=True)
def only_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "root", lambda: typer.main.get_command(app))


def test_a_list_comes_in_every_form(call: Call) -> None:
    assert call("list").out == "KEY  ID\na    1\nb    2\n"
    assert call("list", "--no-header").out == "a  1\nb  2\n"
    assert call("list", "-o", "json").json == ROWS
    assert call("list", "-o", "jsonl").out.count("\n") == 2
    assert call("list", "-o", "csv").out == 'key,id,inner\r\na,1,"{""x"": 1}"\r\nb,2,\r\n'
    assert call("list", "-o", "id").out == "a\nb\n"
    assert call("list", "-o", "id", "--limit", "1").out == "a\n"


def test_fields_choose_in_every_form_and_lead_inside(call: Call) -> None:
    assert call("list", "--fields", "inner.x,key").out == "INNER.X  KEY\n1        a\n-        b\n"
    assert call("list", "--fields", "id", "-o", "json").json == [{"id": 1}, {"id": 2}]


def test_an_unknown_field_or_form_is_a_usage_error(call: Call) -> None:
    answer = call("list", "--fields", "nope")
    assert (answer.code, answer.out) == (2, "")
    assert "known: key, id, inner" in answer.err
    assert call("list", "-o", "yaml").code == 2


def test_one_object_is_an_object_and_several_are_a_list(call: Call) -> None:
    assert call("show", "a", "-o", "json").json == ROWS[0]
    assert call("show", "a", "b", "-o", "json").json == ROWS
    assert call("show", "b").out == "key    b\nid     2\ninner  -\n"


def test_keys_are_read_from_stdin_where_a_dash_stands(call: Call) -> None:
    assert call("touch", "x", "-", "-o", "id", stdin="1\n\n 2 \n").out == "x\n1\n2\n"


def test_a_change_is_told_by_the_contract(call: Call) -> None:
    assert call("touch", "a").out == "updated  thing a: name, public\n"
    assert call("touch", "a", "-o", "json").out == (
        '{"kind": "thing", "key": "a", "id": 7, "action": "updated", "changed": ["name", "public"]}\n'
    )
    assert call("touch", "a", "b", "-o", "jsonl").out.count("\n") == 2
    assert call("touch", "a", "--quiet").out == ""


def test_a_batch_goes_on_and_ends_with_the_worst_code(call: Call) -> None:
    answer = call("fail")
    assert answer.code == 67
    assert answer.out == "created  thing c\n"
    assert answer.err == ("helpdeskctl: error: the server is away (mailbox a@b)\nhelpdeskctl: error: no thing\n")


def test_a_question_without_a_terminal_is_refused_with_the_flag_that_answers_it(call: Call) -> None:
    answer = call("remove")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "helpdeskctl: error: not confirmed: Remove it?\n  try: --yes\n"
    assert call("remove", "--yes").out == "deleted  thing a\n"


def test_a_text_comes_from_the_line_a_file_or_stdin(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "body.txt"
    file.write_text("from a file")
    assert call("write", "-m", "in place").out == "in place\n"
    assert call("write", "--body-file", file).out == "from a file\n"
    assert call("write", "--body-file", "-", stdin="piped\n").out == "piped\n\n"
    assert call("write").code == 2
    assert call("write", "--body-file", tmp_path / "absent").code == 66
    file.write_bytes(b"\xff")
    assert call("write", "--body-file", file).code == 65


def test_a_text_is_edited_where_a_person_sits(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "may_ask", property(lambda run: True))
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\nprintf "typed" > "$1"\n')
    editor.chmod(0o755)
    assert call("write", environ={"EDITOR": str(editor)}).out == "typed\n"
    answer = call("write", environ={"EDITOR": "true"})
    assert answer.code == 2
    assert "empty" in answer.err


def test_a_password_comes_from_exactly_one_source(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from file\nsecond line\n")
    answer = call("password", "--password-stdin", "-o", "json", stdin="piped\n")
    assert answer.json == {"value": "piped", "reference": None}
    assert "piped" not in answer.err
    assert call("password", "--password-file", file, "-o", "json").json["value"] == "from file"
    assert call("password", "--secret", "env:X", "-o", "json").json["reference"] == "env:X"
    assert call("password", "--secret", "env:X", "--password-stdin").code == 2
    assert call("password", "--password-stdin").code == 65
    assert call("password").code == 2
    refused = call("password", "--secret", "hunter2")
    assert refused.code == 65
    assert "hunter2" not in refused.err


def test_a_dry_run_changes_nothing_and_says_so(call: Call, desk_config: Any) -> None:
    answer = call("store", "x", "-n", config=desk_config.path)
    assert answer.out == "created  value x\n"
    assert answer.err == "nothing was changed (--dry-run)\n"
    assert call("read", config=desk_config.path).out == ""
    assert call("store", "x", config=desk_config.path).code == 0
    assert call("read", config=desk_config.path).out == "x\n"


def test_the_actor_is_the_named_agent_or_the_system(call: Call, sqlite_config: Path) -> None:
    assert call("who", "--reason", "audit", config=sqlite_config).out == "system system audit\n"
    answer = call("who", "--need", config=sqlite_config)
    assert answer.code == 77
    assert "HELPDESK_AGENT" in answer.err
    assert call("who", "--as", "nobody@example.org", config=sqlite_config).code == 67


def test_agents_are_known_by_option_and_by_environment(call: Call, sqlite_config: Path) -> None:
    desk = open_desk(load(sqlite_config, {}))
    with desk.connected():
        furnish(desk, admin="Ada@Example.org", settings={})
    assert call("who", "--as", "ada@example.org", config=sqlite_config).out == "agent ada@example.org None\n"
    environ = {"HELPDESK_AGENT": "ada@example.org"}
    assert call("who", "--need", config=sqlite_config, environ=environ).out == "agent ada@example.org None\n"


@pytest.mark.parametrize("words", [("--as", "eve@x"), ("-C", "/etc/passwd"), ("--debug",)])
def test_nothing_of_the_host_is_named_through_the_door(call: Call, words: tuple[str, ...]) -> None:
    answer = call("who", *words, door="ada@example.org")
    assert answer.code == 77
    assert words[0].removeprefix("-C") in answer.err


def test_files_and_references_are_refused_at_the_door(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text("x")
    assert call("write", "--body-file", file, door="a@b").code == 77
    assert call("write", "--body-file", "-", stdin="ok", door="a@b").out == "ok\n"
    assert call("password", "--secret", "command:id", door="a@b").code == 77
    assert call("password", "--password-file", file, door="a@b").code == 77


def test_a_verb_may_not_redefine_a_common_option() -> None:
    with pytest.raises(TypeError, match="reason is a common option"):

        @command(changes=True)
        def delete(run: Run, *, reason: str = "") -> None:
            """Delete."""


@pytest.mark.parametrize("database_kind", ["postgres"])
def test_a_database_that_goes_between_two_questions_is_told_as_one_to_try_again(desk: Desk) -> None:
    options = Options(config=desk.config.path)
    with pytest.raises(TryAgain), Run(options, Session({}, None)) as run:
        database = run.desk().database
        with suppress(Exception):
            database.orm.cursor().execute("SELECT pg_terminate_backend(pg_backend_pid())")
        database.orm.execute_sql("SELECT 1")
