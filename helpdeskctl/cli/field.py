"""`helpdeskctl field`: fields of your own."""

from __future__ import annotations

from helpdeskctl.cli.runtime import noun
from helpdeskctl.cli.setup_verbs import add_verbs
from helpdeskctl.domain.kinds import FIELD

app = noun("Fields of your own on tickets, contacts and companies.")
add_verbs(
    app, FIELD, "create list show edit rename order delete", example="room",
    create='--on ticket --type text --name Room', edit='--portal edit',
)  # fmt: skip
