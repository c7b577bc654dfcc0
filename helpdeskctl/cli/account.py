"""Becoming the service user, so that root, cron and the daemon leave no files the others cannot open."""

from __future__ import annotations

import os
import pwd

from helpdeskctl.errors import ConfigError


def become(user: str | None) -> None:
    """Give up root for `user`, for good. Anyone but root stays who he is. Raises ConfigError for an unknown user."""
    if user is None or os.geteuid() != 0:
        return
    try:
        entry = pwd.getpwnam(user)
    except KeyError as error:
        raise ConfigError(f"user {user!r} of config.toml does not exist", hint="helpdeskctl init") from error
    if entry.pw_uid == 0:
        return
    os.initgroups(user, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ.update(HOME=entry.pw_dir, USER=user, LOGNAME=user)
