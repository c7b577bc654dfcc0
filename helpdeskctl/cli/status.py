"""`helpdeskctl status`: what state a ticket is in."""

from __future__ import annotations

from helpdeskctl.cli.runtime import noun
from helpdeskctl.cli.setup_verbs import add_verbs
from helpdeskctl.domain.kinds import STATUS

app = noun("Statuses: what state a ticket is in, and what that means to customers and clocks.")
add_verbs(
    app, STATUS, "create list show edit rename order delete", example="waiting",
    create='--kind hold --name Waiting --name-lang de=Wartet', edit='--customer-name "In progress"',
)  # fmt: skip
