"""1,000 mails over IMAP into an empty desk, beside the floor that only fetches, parses and inserts.

With `--against FOLDER` a second checkout of the product takes in the same mails, in turn with this one.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import servers
from bench.checkouts import Checkout
from bench.mails import corpus
from bench.measure import Cost, cost, median, show
from tests.servers.imap import ImapAccount

COUNT = 1000
RUNS = 3


def run(count: int = COUNT, *, against: Sequence[str] = (), runs: int = RUNS) -> list[dict[str, Any]]:
    """Print messages a second, CPU and memory of each, the median of `runs` in turn, and their ratios."""
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
            checkouts = [Checkout(), *(Checkout(Path(each).resolve()) for each in against)]
            for kind, new_database in databases.items():
                rounds = [_in_turn(account, folder / f"{kind}-{n}", new_database, checkouts) for n in range(runs)]
                costs = {name: median([each[name] for each in rounds]) for name in rounds[0]}
                figures += _figures(kind, count, costs)
    return figures


def _in_turn(
    account: ImapAccount, folder: Path, new_database: servers.NewDatabase, checkouts: Sequence[Checkout]
) -> Mapping[str, Cost]:
    costs = {"floor": _floor(account, new_database())}
    for number, checkout in enumerate(checkouts):
        costs[checkout.name] = cost(fetch_command(account, folder / str(number), new_database(), checkout=checkout))
    return costs


def _floor(account: ImapAccount, url: str) -> Cost:
    server = account.server
    where = [server.host, str(server.port), account.user, account.password, url]
    return cost([sys.executable, "-m", "bench.floors.import_mail", *where])


def fetch_command(account: ImapAccount, folder: Path, url: str, *, checkout: Checkout | None = None) -> list[str]:
    """`mail fetch` on a new desk in an empty database whose mailbox is `account`."""
    checkout = checkout or Checkout()
    config = checkout.desk(folder, url)
    furnish(account, config, checkout)
    return [*checkout.program(config), "mail", "fetch", "--quiet"]


def furnish(account: ImapAccount, config: Path, checkout: Checkout) -> None:
    """Give a desk a department and a mailbox."""
    checkout.run(config, "department", "create", "support", "--name", "Support", "--public")
    mailbox(account, config, checkout)


def mailbox(
    account: ImapAccount, config: Path, checkout: Checkout, *more: str, address: str = "support@example.org"
) -> None:
    """Give a desk a mailbox of its department support that reads `account` from its first mail on."""
    secret = config.parent / "password"
    secret.write_text(account.password, encoding="utf-8")
    imap_url = f"imap+insecure://{account.user}@{account.server.host}:{account.server.port}"
    smtp = [] if "--smtp" in more else ["--smtp", "sendmail:/bin/true"]
    checkout.run(
        config, "mailbox", "create", address, "--department", "support", "--no-test", "--start", "all",
        "--imap", imap_url, *smtp, "--secret", f"file:{secret}", *more,
    )  # fmt: skip


def _figures(kind: str, count: int, costs: Mapping[str, Cost]) -> list[dict[str, Any]]:
    figures = [show(f"{kind}: {name}", each, f"{count / each.wall:.0f} mails/s") for name, each in costs.items()]
    ours = costs["ours"]
    for name, each in costs.items():
        if name != "ours":
            rate, cpu = each.wall / ours.wall, ours.cpu / each.cpu
            figures.append({"name": f"{kind}: ours beside {name}", "rate": rate, "cpu": cpu, "mails": count})
            print(f"  {kind}: ours beside {name}: rate {rate:.2f}, CPU {cpu:.2f} times")
    return figures
