"""`rundbrief serve`: schedules and web server, until it is stopped."""

from __future__ import annotations

import typer

from pipeline.cli.everywhere import invocation


def serve(context: typer.Context) -> None:
    r"""Keep the schedule and serve the feeds, until it is stopped.

    Each source is collected by its `schedule`; what is new is published and mailed at once or at the newsletters'
    cadences. The address is `listen` in [web]; put a web server with HTTPS in front of it. Ctrl-C or SIGTERM ends it:
    what is under way is finished first. The unsubscribe links in mails lead here too.

    \b
    Example:
      rundbrief serve
    """
    import sys

    from pipeline.cli.output import print_json, say
    from pipeline.serve import serve as serve_until_stopped

    asked = invocation(context)

    def announce(url: str) -> None:
        if asked.as_json:
            print_json({"url": url})
        else:
            say(f"Serving at {url}/ (feeds at {url}/feeds/). Ctrl-C ends it.")
        sys.stdout.flush()

    with asked.app() as opened:
        serve_until_stopped(opened, announce)
