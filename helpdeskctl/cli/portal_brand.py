"""`helpdeskctl portal brand`: name, logo, colour and picture of the portal."""

from __future__ import annotations

from helpdeskctl.cli.runtime import noun

app = noun("How the portal looks: name, logo, colour, the picture beside the form to sign in.")
