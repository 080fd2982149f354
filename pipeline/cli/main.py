"""The entry point: arguments in, exit code out."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Sequence

from pipeline.cli.everywhere import hoisted
from pipeline.cli.failures import FAILED, report_failure


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command.  Returns 0 when it is done, 1 when something failed, 2 for wrong use or configuration."""
    from pipeline.cli.output import forgive_encodings
    from pipeline.cli.root import command

    forgive_encodings()
    arguments = hoisted(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in itertools.takewhile(lambda argument: argument != "--", arguments)
    try:
        ended = command().main(arguments, prog_name="rundbrief", standalone_mode=False)
        sys.stdout.flush()
    except SystemExit as over:
        return over.code if isinstance(over.code, int) else FAILED
    except BrokenPipeError:
        # Whoever read the output has gone; what Python would say about it at its end interests nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (the last place where anything can be said)
        return report_failure(error, as_json=as_json)
    return ended if isinstance(ended, int) else 0
