"""The account that owns a desk: made by `init`, and taken on by every command that root starts, so that root, cron and
the daemon leave no files the others cannot open."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

from helpdeskctl.errors import ConfigError, Refused

PROGRAM = (os.__file__, __file__, sys.executable)  # what the service user must be able to read


def become(user: str | None) -> None:
    """Give up root for `user`, for good. Anyone but root stays who he is.

    Raises ConfigError for an unknown user, or one who cannot read the program.
    """
    if user is None or os.geteuid() != 0:
        return
    entry = _entry(user)
    if entry is None:
        raise ConfigError(f'the user "{user}" of config.toml does not exist', hint="helpdeskctl init")
    if entry.pw_uid == 0:
        return
    os.initgroups(user, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ.update(HOME=entry.pw_dir, USER=user, LOGNAME=user)
    for place in PROGRAM:
        if not os.access(place, os.R_OK):
            raise ConfigError(
                f'the user "{user}" cannot read the program: {place}',
                hint="install it for all users, e.g. PIPX_HOME=/opt/pipx PIPX_BIN_DIR=/usr/local/bin pipx install …",
            )


def exists(user: str) -> bool:
    """Whether the system knows this account."""
    return _entry(user) is not None


def create(user: str, home: Path) -> None:
    """Make a system account with a group of its own and /bin/sh, which sshd needs for the agents' door."""
    command = ["useradd", "--system", "--user-group", "--shell", "/bin/sh", "--home-dir", str(home), user]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise Refused(f'no useradd here to make the user "{user}"', hint="make it, or: --user root") from error
    except subprocess.CalledProcessError as error:
        raise Refused(f'the user "{user}" cannot be made: {error.stderr.strip()}') from error


def give(path: Path, user: str | None, *, group_only: bool = False) -> None:
    """Hand a file or folder to `user`, or with `group_only` let the user's group alone read it. Only root can."""
    if user is None or os.geteuid() != 0:
        return
    if (entry := _entry(user)) is not None:
        os.chown(path, -1 if group_only else entry.pw_uid, entry.pw_gid)


def _entry(user: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        return None
