"""`python -m bench` runs the short benchmarks, `python -m bench storm scale` some; results are also written as JSON.

`python -m bench import --against FOLDER` holds this checkout against another.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bench import big, doors, importing, lists, parsers, portal, scale, shell, storm

SHORT = {"import": importing.run, "shell": shell.run, "lists": lists.run, "portal": portal.run}
BENCHES = SHORT | {"storm": storm.run, "big": big.run, "scale": scale.run, "parsers": parsers.run, "doors": doors.run}
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Run what is named; one JSON file each in bench/results."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHES)}")
    parser.add_argument("--against", metavar="FOLDER", action="append", help="another checkout, for `import`")
    parser.add_argument("--runs", type=int, default=importing.RUNS, help="rounds of `import`")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in BENCHES]:
        parser.error(f"no benchmark {', '.join(unknown)}; known: {', '.join(BENCHES)}")
    RESULTS.mkdir(exist_ok=True)
    for name in asked.names or list(SHORT):
        print(f"\n{name}")
        options = {"against": asked.against or [], "runs": asked.runs} if name == "import" else {}
        figures = BENCHES[name](**options)
        (RESULTS / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
