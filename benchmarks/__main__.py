"""``python -m benchmarks [NAME…]``: run all benchmarks, or those named, and print a table."""

from __future__ import annotations

import sys

from benchmarks import asking, collecting, freezing, importing, interrupted, mailing, publishing, rendering, serving
from benchmarks.measure import Row, table

BENCHMARKS = {
    "asking": asking.run,
    "collecting": collecting.run,
    "freezing": freezing.run,
    "importing": importing.run,
    "interrupted": interrupted.run,
    "mailing": mailing.run,
    "publishing": publishing.run,
    "rendering": rendering.run,
    "serving": serving.run,
}


def main() -> int:
    names = sys.argv[1:] or sorted(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.stderr.write(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}\n")
        return 2
    rows: list[Row] = []
    for name in names:
        rows += BENCHMARKS[name]()
    sys.stdout.write(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
