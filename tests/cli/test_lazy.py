"""Commands are built when they are asked for, and are the same as those that Typer would have built."""

from __future__ import annotations

import typer

from helpdeskctl.cli.lazy import Lazy, build
from helpdeskctl.cli.runtime import Run, command, noun, single

app, member, merged = noun("Things."), noun("Members."), single()


@app.command("list")
@command()
def list_things(run: Run) -> None:
    """List."""


@app.command()
@command()
def show_it(run: Run) -> None:
    """Show."""


@member.command()
@command()
def add(run: Run) -> None:
    """Add."""


@merged.command()
@command()
def extra(run: Run) -> None:
    """Extra."""


app.add_typer(member, name="member")
app.add_typer(merged)


def test_a_group_has_the_verbs_that_typer_gives_it() -> None:
    ours, theirs = build(app), typer.main.get_command(app)
    assert set(ours.commands) == set(theirs.commands) == {"list", "show-it", "member", "extra"}  # type: ignore[attr-defined]
    for name, command_of_typer in theirs.commands.items():  # type: ignore[attr-defined]
        assert ours.commands[name].name == name
        assert ours.commands[name].help == command_of_typer.help
    assert set(ours.commands["member"].commands) == {"add"}


def test_nothing_is_built_before_it_is_asked_for() -> None:
    built = []

    def builder() -> typer.Typer:
        built.append("a")
        return typer.Typer()

    names = Lazy({"a": builder, "b": builder})
    assert list(names) == ["a", "b"]
    assert len(names) == 2
    assert built == []
    assert names["a"] is names["a"]
    assert built == ["a"]
