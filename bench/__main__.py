"""`python -m bench` runs all benchmarks, `python -m bench import shell` some; results are also written as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench import importing, lists, shell

BENCHES = {"import": importing.run, "shell": shell.run, "lists": lists.run}
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Run what is named; one JSON file each in bench/results."""
    wanted = sys.argv[1:] or list(BENCHES)
    if unknown := [name for name in wanted if name not in BENCHES]:
        sys.exit(f"no benchmark {', '.join(unknown)}; known: {', '.join(BENCHES)}")
    RESULTS.mkdir(exist_ok=True)
    for name in wanted:
        print(f"\n{name}")
        figures = BENCHES[name]()
        (RESULTS / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
