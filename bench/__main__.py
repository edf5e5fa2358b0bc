"""``python -m bench``: measure, print the table, write the JSON."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from bench.ground import CHECKOUT, Ground, prepared_ground
from bench.machine import describe_machine
from bench.measures import assets, chat, flags, http, memory, publish, resolve, start, usage
from bench.plan import FULL, QUICK, Plan
from bench.progress import end_progress
from bench.rows import Row, Verdict
from bench.table import render

Measure = Callable[[Ground, Plan], Iterator[Row]]
MEASURES: dict[str, Measure] = {
    "http": http.measure,
    "chat": chat.measure,
    "resolve": resolve.measure,
    "flags": flags.measure,
    "usage": usage.measure,
    "memory": memory.measure,
    "publish": publish.measure,
    "assets": assets.measure,
    "start": start.measure,
}


def main() -> int:
    """Run what was asked for. A missed budget is shown and fails nothing; the exit status is for broken runs."""
    options = _parse_options()
    plan: Plan = QUICK if options.quick else FULL
    machine = describe_machine()
    print(", ".join(f"{name}: {value}" for name, value in machine.items()))
    began = time.perf_counter()
    rows: list[Row] = []
    with prepared_ground() as ground:
        for name in options.only or MEASURES:
            rows += MEASURES[name](ground, plan)
    end_progress()
    seconds = time.perf_counter() - began
    print(f"\n{render(rows)}\n")
    budgets = [row.verdict for row in rows if row.verdict is not Verdict.NONE]
    print(f"{budgets.count(Verdict.MET)} of {len(budgets)} budgets met, {seconds:.0f} s")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    report = {"machine": machine, "plan": asdict(plan), "seconds": seconds, "rows": [row.as_json() for row in rows]}
    options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    return 0


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure against stock Chainlit.")
    parser.add_argument("--quick", action="store_true", help="smaller and fewer measures, about four minutes")
    parser.add_argument(
        "--only", action="append", choices=MEASURES, metavar="NAME", help=f"one of {', '.join(MEASURES)}"
    )
    parser.add_argument(
        "--json", type=Path, default=CHECKOUT / "bench" / "results" / "latest.json", metavar="PATH",
        help="where to write all samples (bench/results/latest.json)",
    )  # fmt: skip
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
