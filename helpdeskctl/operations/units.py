"""The crontab line and the systemd units of an installation, with resolved paths."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from helpdeskctl.config import SYSTEM_FILE, Config

CRON_FOLDER = Path("/etc/cron.d")
SYSTEMD_FOLDER = Path("/etc/systemd/system")
MARK = "# written by: helpdeskctl cron install"

HARDENING = """\
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome={home}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
ReadWritePaths={writable}
"""

CRON_SERVICE = """\
{mark}
[Unit]
Description=helpdesk: mail import and other due jobs
Wants=network-online.target
After=network-online.target postgresql.service
OnFailure=helpdesk-alert@%n.service
[Service]
Type=oneshot
User={user}
ExecStart={program} cron{config}
TimeoutStartSec=15min
RuntimeDirectory=helpdesk
RuntimeDirectoryPreserve=yes
Nice=5
{hardening}"""

CRON_TIMER = """\
{mark}
[Unit]
Description=helpdesk: every minute
[Timer]
OnBootSec=1min
OnUnitInactiveSec=1min
AccuracySec=5s
RandomizedDelaySec=5s
[Install]
WantedBy=timers.target
"""

PORTAL_SERVICE = """\
{mark}
[Unit]
Description=helpdesk: the customers' portal
Wants=network-online.target
After=network-online.target postgresql.service
OnFailure=helpdesk-alert@%n.service
[Service]
Type=exec
User={user}
ExecStart={portald}{config}
ExecReload=/bin/kill -HUP $MAINPID
KillMode=mixed
TimeoutStopSec=60
Restart=on-failure
RestartSec=2
RestartPreventExitStatus=66 77 78
RuntimeDirectory=helpdesk
RuntimeDirectoryPreserve=yes
{hardening}[Install]
WantedBy=multi-user.target
"""

PORTAL_SOCKET = """\
{mark}
[Unit]
Description=helpdesk: where the customers' portal listens
[Socket]
ListenStream={listen}
{socket_owner}Backlog=1024
[Install]
WantedBy=sockets.target
"""

ALERT_SERVICE = """\
{mark}
[Unit]
Description=helpdesk: tell an admin that %i failed
[Service]
Type=oneshot
ExecStart=/bin/sh -c '{{ printf "To: {mailto}\\\\nSubject: %%s failed\\\\n\\\\n" "%i"; \
journalctl --unit "%i" --lines 20 --no-pager; }} | /usr/sbin/sendmail -t'
"""

CRONTAB = """\
{mark}
MAILTO={mailto}
* * * * * {user} {program} cron{config}
"""


@dataclass(frozen=True, slots=True)
class Place:
    """What the texts need to know: the account, the resolved program, and who is told of trouble."""

    config: Config
    user: str
    program: Path
    mailto: str

    def fill(self, template: str) -> str:
        """The text of one file for this place."""
        writable = sorted(self._writable())
        in_home = any(path.is_relative_to(top) for path in [*writable, self.program] for top in ("/home", "/root"))
        hardening = HARDENING.format(home="no" if in_home else "yes", writable=" ".join(map(str, writable)))
        path = self.config.path
        return template.format(
            mark=MARK,
            user=self.user,
            program=self.program,
            portald=self.program.with_name("portald"),
            config="" if path in (None, SYSTEM_FILE) else f" --config {shlex.quote(str(path))}",
            mailto=self.mailto,
            hardening=hardening,
            **self._socket(),
        )

    def _writable(self) -> set[Path]:
        """The folders that the units write into; systemd makes /run/helpdesk itself."""
        known = self.config
        found = {known.paths.data, known.paths.state}
        found |= {known.log.file.parent} if known.log.file else set()
        for place in (known.portal.listen, known.portal.metrics_listen or ""):
            if place.startswith("unix:") and not Path(place[5:]).is_relative_to("/run/helpdesk"):
                found.add(Path(place[5:]).parent)
        return found

    def _socket(self) -> dict[str, str]:
        """Where the portal listens, as systemd says it; the file of a socket belongs to the account."""
        place = self.config.portal.listen
        if not place.startswith("unix:"):
            host, _, port = place.rpartition(":")
            numeric = {"localhost": "127.0.0.1"}.get(host, host)  # systemd asks no resolver
            return {"listen": f"{numeric}:{port}", "socket_owner": ""}
        owner = f"SocketUser={self.user}\nSocketMode=0{self.config.portal.socket_mode}\n"
        return {"listen": place[5:], "socket_owner": owner}


def resolved_program() -> Path:
    """The program that runs now, without symbolic links in front of it."""
    beside = Path(sys.executable).with_name("helpdeskctl")
    return beside if beside.exists() else Path(shutil.which("helpdeskctl") or "helpdeskctl")


def crontab() -> dict[Path, str]:
    """The template of the line in /etc/cron.d, by the file it belongs into."""
    return {CRON_FOLDER / "helpdesk": CRONTAB}


def systemd() -> dict[Path, str]:
    """The templates of the units, by file. Nothing enables them."""
    return {
        SYSTEMD_FOLDER / "helpdesk-cron.service": CRON_SERVICE,
        SYSTEMD_FOLDER / "helpdesk-cron.timer": CRON_TIMER,
        SYSTEMD_FOLDER / "helpdesk-portal.service": PORTAL_SERVICE,
        SYSTEMD_FOLDER / "helpdesk-portal.socket": PORTAL_SOCKET,
        SYSTEMD_FOLDER / "helpdesk-alert@.service": ALERT_SERVICE,
    }
