"""`helpdeskctl topic`: what customers choose from."""

from __future__ import annotations

from helpdeskctl.cli.runtime import noun
from helpdeskctl.cli.setup_verbs import add_verbs
from helpdeskctl.domain.kinds import TOPIC

app = noun("Topics: what customers choose from when they write a request.")
add_verbs(
    app, TOPIC, "create list show edit rename order delete", example="hardware",
    create='--name "Broken device" --department support', edit='--priority high',
)  # fmt: skip
