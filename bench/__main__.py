"""Runs every measurement and writes bench/results.json. `python -m bench NAME...` runs some and writes nothing."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench import accepting, directory, noticing, offline, poster, rota, sealing, serving, weights
from bench.figures import Figure

RESULTS = Path(__file__).parent / "results.json"
MEASURES: dict[str, Callable[[], list[Figure]]] = {
    "weights": weights.measure,
    "directory": directory.measure,
    "sealing": sealing.measure,
    "serving": serving.measure,
    "noticing": noticing.measure,
    "accepting": accepting.measure,
    "offline": offline.measure,
    "poster": poster.measure,
    "rota": rota.measure,
}


def main() -> None:
    """Measure, print a table, write the results."""
    wanted = sys.argv[1:] or list(MEASURES)
    day = datetime.now(UTC).date().isoformat()
    rows = []
    for name in wanted:
        print(f"  {name} ...", file=sys.stderr, flush=True)
        for figure in MEASURES[name]():
            rows.append({**figure.as_dict(), "measured_on": day})
            mark = "holds" if figure.holds else "MISSED"
            print(f"  {figure.id:<24}{figure.value:>9,}  {figure.unit}; goal {figure.goal}: {mark}", flush=True)
    if wanted == list(MEASURES):
        RESULTS.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
