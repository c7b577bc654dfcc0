"""waitress's own refusals (a broken request line, a body past all bounds), with the headers of every other answer."""

from __future__ import annotations

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from portald.plugins import HEADERS


class PortalErrorTask(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """An answer that no handler gave."""

    def execute(self) -> None:
        """Add the headers, then answer."""
        self.response_headers.extend(HEADERS.items())
        super().execute()


class PortalChannel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection of the portal."""

    error_task_class = PortalErrorTask
