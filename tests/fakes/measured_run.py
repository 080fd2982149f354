"""`rundbrief run` in a process of its own, through a pretended network; prints what came of it and what it took.

Called as ``python -m tests.fakes.measured_run CONFIG NAMES``; NAMES is JSON, see `PretendedNetwork.names`.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from pipeline.app import open_app
from pipeline.engine.local import LocalEngine
from tests.fakes.pretended_network import PretendedNetwork


def peak_megabytes() -> float:
    """Of this process.  What getrusage says may be its parent's: that outlives exec."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024


def main() -> None:
    file, names = Path(sys.argv[1]), json.loads(sys.argv[2])
    pretended = PretendedNetwork(names=names)
    app = open_app(file, network=pretended.network)
    try:
        report = LocalEngine(app).run()
        articles = [(article.sources, article.content) for article in app.store.articles.newest(limit=None)]
        sources = {standing.name: standing.error for standing in app.store.sources.standings(app.clock())}
    finally:
        app.close()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    result = {
        "problems": [[problem.code, problem.where, problem.what] for problem in report.problems],
        "notes": [[note.code, note.where, note.what] for note in report.notes],
        "articles": [[*names, content.title, content.html] for names, content in articles],
        "errors": sources,
        "connected": sorted(set(pretended.connected)),
        "looked_up": pretended.looked_up,
        "peak_megabytes": peak_megabytes(),
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
