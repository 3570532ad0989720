"""Runs every measurement and writes bench/results.json."""

import json
from datetime import UTC, datetime
from pathlib import Path

from bench import weights

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """Measure, print a table, write the results."""
    day = datetime.now(UTC).date().isoformat()
    rows = [{**row.as_dict(), "measured_on": day} for row in weights.measure()]
    for row in rows:
        mark = "holds" if row["holds"] else "MISSED"
        print(f"  {row['id']:<20}{row['value']:>12,}  {row['unit']:<20}goal {row['goal']:<22}{mark}")
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
