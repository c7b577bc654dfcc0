"""A real Dovecot 2.3 on loopback, started by root or by an ordinary user, with a folder of its own."""

from __future__ import annotations

import getpass
import itertools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.certificates import Certificates
from tests.servers.imap import PASSWORD, ImapAccount, ImapServer
from tests.servers.ports import LOOPBACK, free_ports, wait_for
from tests.servers.reaper import end_with

_numbers = itertools.count(1_000_000)
_CONFIG = """\
base_dir = {run}/base
state_dir = {run}/base
log_path = {run}/dovecot.log
protocols = imap
listen = {host}
disable_plaintext_auth = no
auth_mechanisms = plain login{mechanism}
auth_failure_delay = 0
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
mail_location = maildir:{mail}/%u
mail_fsync = never
mail_max_userip_connections = 100
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
ssl_dh =
{token_passdb}passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={mail}/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    # otherwise every login after a wrong password waits for seconds
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""

_TOKEN_PASSDB = """\
passdb {{
  driver = oauth2
  mechanisms = {mechanism}
  args = {run}/oauth2.conf
}}
"""
_INTROSPECTION = """\
introspection_mode = auth
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
"""


def find_dovecot() -> str | None:
    """Return the path of a Dovecot whose configuration we speak (2.3), or None."""
    path, version = _installed()
    return path if path is not None and re.match(r"2\.3\.", version) else None


def why_no_dovecot() -> str:
    """Say why `find_dovecot` found none."""
    path, version = _installed()
    if path is None:
        return "Dovecot 2.3 is not installed (Debian: dovecot-imapd)"
    return f"Dovecot {version.split()[0]} is installed, which is set up in other words than the 2.3 spoken here"


def _installed() -> tuple[str | None, str]:
    path = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is None:
        return None, ""
    return path, subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout


@contextmanager
def dovecot_server(
    program: str, certificates: Certificates, *, tokens: tuple[str, str] | None = None
) -> Iterator[ImapServer]:
    """Run the server for the length of the block. Raises RuntimeError with its log when it does not come up.

    `tokens`: a mechanism for OAuth 2.0 (xoauth2 or oauthbearer) and the URL that knows which tokens are good.
    """
    # Its sockets need a short path, and its mail user must get in: not below pytest's own folder.
    run = Path(tempfile.mkdtemp(prefix="hd-imap-"))
    run.chmod(0o755)
    server = _prepare(run, certificates, tokens)
    with (run / "stderr").open("wb") as stderr:
        command = [program, "-F", "-c", str(run / "dovecot.conf")]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)
    end_with(os.getpid(), process.pid, run)
    try:
        if not wait_for(server.port, alive=lambda: process.poll() is None):
            raise RuntimeError(f"Dovecot did not start: {_last_words(run)}")
        yield server
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(run, ignore_errors=True)


def _prepare(run: Path, certificates: Certificates, tokens: tuple[str, str] | None) -> ImapServer:
    user, group = ("nobody", "nogroup") if os.geteuid() == 0 else (getpass.getuser(), _own_group())
    mail = run / "mail"
    mail.mkdir()
    if os.geteuid() == 0:
        shutil.chown(mail, user, group)
    mechanism, url = tokens or ("", "")
    (run / "oauth2.conf").write_text(_INTROSPECTION.format(url=url))
    port, tls_port = free_ports(2)
    (run / "dovecot.conf").write_text(
        _CONFIG.format(
            run=run,
            mechanism=f" {mechanism}",
            token_passdb=_TOKEN_PASSDB.format(run=run, mechanism=mechanism) if tokens else "",
            mail=mail,
            host=LOOPBACK,
            user=user,
            group=group,
            port=port,
            tls_port=tls_port,
            cert=certificates.good.cert_file,
            key=certificates.good.key_file,
            password=PASSWORD,
        )
    )
    return ImapServer("dovecot", "localhost", port, tls_port, certificates.ca_file, mail, run / "dovecot.log")


def _own_group() -> str:
    return subprocess.run(["id", "-gn"], capture_output=True, text=True, check=True).stdout.strip()


def _last_words(run: Path) -> str:
    texts = [path.read_text() for path in (run / "stderr", run / "dovecot.log") if path.exists()]
    return "".join(texts)[-2000:]


def deliver(account: ImapAccount, mails: Iterable[bytes]) -> None:
    """Put mails into INBOX as the server's own delivery does, past IMAP: for many of them, and for large ones."""
    new = account.server.mail_root / account.user / "new"
    made = [folder for name in ("tmp", "new", "cur") if not (folder := new.parent / name).is_dir()]
    for folder in made:
        folder.mkdir(parents=True)
    if made and os.geteuid() == 0:
        for path in (new.parent, *made):
            shutil.chown(path, "nobody", "nogroup")
    for mail in mails:
        number = next(_numbers)
        path = new / f"{number // 1000}.M{number:09}P{os.getpid()}.desk"
        path.write_bytes(mail)
        path.chmod(0o644)
        if os.geteuid() == 0:
            shutil.chown(path, "nobody", "nogroup")
