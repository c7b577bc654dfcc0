"""Who works at the desk of these tests."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from helpdeskctl.domain.permissions import Actor
from tests.builders import Builder
from tests.outgoing import sending
from tests.servers.smtp import SmtpSink


@pytest.fixture
def build(desk: Desk, smtp: SmtpSink) -> Builder:
    """A department support with the agent ann and a mailbox that sends through the sink."""
    builder = Builder(desk)
    builder.agent("ann@example.org", support="agent")
    sending(desk, builder, smtp)
    return builder


@pytest.fixture
def ann(build: Builder) -> Actor:
    return build.actor("ann@example.org")
