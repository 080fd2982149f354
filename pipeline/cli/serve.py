"""`rundbrief serve`: schedules and web server, until it is stopped."""

from __future__ import annotations

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import WrongUse


def serve(context: typer.Context) -> None:
    r"""Keep the schedule and serve the feeds, until it is stopped.

    Each source is collected by its `schedule`; what is new is published and mailed at once or at the newsletters'
    cadences. The address is `listen` in [web]; put a web server with HTTPS in front of it. Ctrl-C or SIGTERM ends it:
    what is under way is finished first. SIGHUP has it read the configuration anew; where that has mistakes, it says so
    and goes on as it was. The unsubscribe links in mails lead here too.

    \b
    Example:
      rundbrief serve
    """
    import os
    import sys

    from pipeline.app import open_app
    from pipeline.cli.logs import configure_logs
    from pipeline.cli.output import print_json, say
    from pipeline.schedule.systemd import Notifier, given_socket
    from pipeline.serve import serve as serve_until_stopped

    asked = invocation(context)

    def announce(url: str) -> None:
        if asked.as_json:
            print_json({"url": url})
        else:
            say(f"Serving at {url}/ (feeds at {url}/feeds/). Ctrl-C ends it.")
        sys.stdout.flush()

    configure_logs(chatty=True)
    try:
        given = given_socket(os.environ)
    except ValueError as error:
        raise WrongUse(f"{error}.", where="socket activation", mend="Hand one TCP socket over.") from error
    serve_until_stopped(lambda: open_app(asked.file), announce, Notifier(os.environ), given)
