"""`helpdeskctl department`: the queues of the desk and who works in them."""

from __future__ import annotations

from typing import Annotated

import typer

from helpdeskctl.cli.runtime import Run, command, noun
from helpdeskctl.cli.setup_verbs import add_verbs
from helpdeskctl.domain.kinds import DEPARTMENT
from helpdeskctl.domain.permissions import Role

app = noun("Departments: queues with members, mailboxes and rules of their own.")
add_verbs(
    app, DEPARTMENT, "create list show edit rename archive unarchive delete", example="support",
    create="--name Support --public", edit="--after-send question --assignee team:first",
)  # fmt: skip

member = noun("Who works in a department, and as what.")
app.add_typer(member, name="member")

Department = Annotated[str, typer.Argument(metavar="KEY", help="The department.")]
Members = Annotated[list[str], typer.Argument(metavar="AGENT|team:K…", help="Agents by address, teams by key.")]


@member.command()
@command(changes=True)
def add(
    run: Run,
    key: Department,
    members: Members,
    *,
    role: Annotated[
        str, typer.Option(metavar="|".join(Role), help="What they may do there; lead: everything.")
    ] = Role.AGENT.value,
) -> None:
    """Give agents or teams a role in a department; it replaces the one they have.

    Example: helpdeskctl department member add support ada@example.org team:first --role lead
    """
    from helpdeskctl.operations import departments

    run.change(departments.add_members(run.desk(), run.actor(), key, run.keys_from(members), role=role))


@member.command()
@command(changes=True)
def remove(run: Run, key: Department, members: Members) -> None:
    """Take agents or teams out of a department.

    Example: helpdeskctl department member remove support ben@example.org
    """
    from helpdeskctl.operations import departments

    run.change(departments.remove_members(run.desk(), run.actor(), key, run.keys_from(members)))


@member.command("list")
@command()
def members(run: Run, key: Department) -> None:
    """Who works in a department, and as what.

    Example: helpdeskctl department member list support -o json
    """
    from helpdeskctl.queries import setup

    run.emit(setup.one(run.desk(), "department", key).values["members"])
