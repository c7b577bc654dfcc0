"""The scene of these tests, on both databases."""

from __future__ import annotations

import pytest

from helpdeskctl.desk import Desk
from tests.security import scene as scenes
from tests.security.scene import Scene
from tests.servers.smtp import SmtpSink


@pytest.fixture
def scene(desk: Desk, smtp: SmtpSink) -> Scene:
    return scenes.scene(desk, smtp)
