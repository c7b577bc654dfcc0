"""1,000 mails over IMAP into an empty desk, beside the floor that only fetches, parses and inserts."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import servers
from bench.mails import corpus
from bench.measure import Cost, cost, show
from tests.servers.imap import ImapAccount

COUNT = 1000


def run(count: int = COUNT) -> list[dict[str, Any]]:
    """Print messages a second, CPU and memory of both, and their ratios."""
    figures: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="helpdesk-bench-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        with servers.imap(folder) as imap, servers.databases(folder) as databases:
            if imap is None:
                print("  skipped: no Dovecot here")
                return figures
            account = imap.account("bench")
            account.append(*corpus(count))
            for kind, (floor_url, desk_url) in databases.items():
                floor = _floor(account, floor_url)
                ours = _ours(account, folder / kind, desk_url)
                figures += _figures(kind, count, floor, ours)
    return figures


def _floor(account: ImapAccount, url: str) -> Cost:
    server = account.server
    where = [server.host, str(server.port), account.user, account.password, url]
    return cost([sys.executable, "-m", "bench.floors.import_mail", *where])


def _ours(account: ImapAccount, folder: Path, url: str) -> Cost:
    config = servers.desk(folder, url)
    secret = folder / "password"
    secret.write_text(account.password, encoding="utf-8")
    imap_url = f"imap+insecure://{account.user}@{account.server.host}:{account.server.port}"
    _desk(config, "department", "create", "support", "--name", "Support", "--public")
    _desk(
        config, "mailbox", "create", "support@example.org", "--department", "support", "--no-test", "--start", "all",
        "--imap", imap_url, "--smtp", "sendmail:/bin/true",
        "--secret", f"file:{secret}",
    )  # fmt: skip
    return cost([*_program(config), "mail", "fetch", "--quiet"])


def _desk(config: Path, *words: str) -> None:
    subprocess.run([*_program(config), *words], check=True, stdout=subprocess.DEVNULL)


def _program(config: Path) -> list[str]:
    return ["env", f"HELPDESK_CONFIG={config}", str(Path(sys.executable).with_name("helpdeskctl"))]


def _figures(kind: str, count: int, floor: Cost, ours: Cost) -> list[dict[str, Any]]:
    rate, cpu = floor.wall / ours.wall, ours.cpu / floor.cpu
    return [
        show(f"{kind}: floor", floor, f"{count / floor.wall:.0f} mails/s"),
        show(f"{kind}: helpdeskctl mail fetch", ours, f"{count / ours.wall:.0f} mails/s"),
        {"name": f"{kind}: ratios", "rate": rate, "cpu": cpu, "mails": count, "printed": _say(rate, cpu)},
    ]


def _say(rate: float, cpu: float) -> str:
    line = f"  rate {rate:.2f} of the floor, CPU {cpu:.2f} times the floor's"
    print(line)
    return line.strip()
