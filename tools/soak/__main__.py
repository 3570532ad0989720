"""Runs the experiments within the time and prints the table; exit 1 when anything was lost, doubled or wrong."""

import argparse
import sys
import time
from collections.abc import Callable

from tools.soak import browsers, clocks, kills, mails, pairs, power, rest
from tools.soak.results import Budget, CannotRun, Result, print_table, say

# Each with its share of the time.
EXPERIMENTS: dict[str, tuple[float, Callable[[Budget], Result]]] = {
    "kills-sqlite": (24, kills.on_sqlite),
    "kills-postgres": (20, kills.on_postgres),
    "clock": (20, clocks.set_wrong),
    "mail": (20, mails.misbehaving),
    "two-workers": (6, pairs.at_once),
    "paused": (6, pairs.paused),
    "power": (6, power.cut),
    "browser": (10, browsers.closed),
    "after-hours": (14, rest.long),
}
LEAST = 8  # seconds


def main() -> int:
    """Run what was asked for; return the exit code."""
    options = _arguments()
    chosen = options.only or list(EXPERIMENTS)
    whole = sum(share for share, _run in EXPERIMENTS.values())
    ends = time.monotonic() + options.minutes * 60
    results = []
    for place, name in enumerate(chosen):
        share, run = EXPERIMENTS[name]
        left = sum(EXPERIMENTS[other][0] for other in chosen[place:])
        # What one experiment did not need, the others may have.
        seconds = min(share / left * (ends - time.monotonic()), 2 * share / whole * options.minutes * 60)
        if seconds < LEAST:
            results.append(Result(name, "no time was left for it", skipped=True))
            continue
        results.append(_one(name, run, Budget(seconds, min(1.0, options.minutes / 10), options.seed)))
    print_table(results)
    return int(any(not one.holds for one in results))


def _one(name: str, run: Callable[[Budget], Result], budget: Budget) -> Result:
    say(f"{name}: up to {budget.seconds:.0f} s")
    begun = time.monotonic()
    try:
        found = run(budget)
    except CannotRun as reason:
        found = Result(name, f"not run: {reason}", skipped=True)
    except Exception as error:
        found = Result(name, "ended with an error", faults=[repr(error)])
    found.seconds = time.monotonic() - begun
    say(f"{name}: {found.verdict} ({found.seconds:.0f} s)")
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long in all (default: %(default)s)")
    parser.add_argument(
        "--only", action="append", choices=list(EXPERIMENTS), metavar="NAME", help=", ".join(EXPERIMENTS)
    )
    parser.add_argument("--seed", type=int, default=1, help="where chance begins (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
