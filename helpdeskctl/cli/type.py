"""`helpdeskctl type`: kinds of work."""

from __future__ import annotations

from helpdeskctl.cli.runtime import noun
from helpdeskctl.cli.setup_verbs import add_verbs
from helpdeskctl.domain.kinds import TYPE

app = noun("Types: what kind of work a ticket is.")
add_verbs(
    app, TYPE, "create list show edit rename order delete", example="incident",
    create='--name Incident --name-lang de=Störung', edit='--name Fault',
)  # fmt: skip
