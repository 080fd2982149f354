"""`rundbrief serve`: schedules and web server in one process, until it is told to stop."""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import structlog

from pipeline import wiring
from pipeline.api_serving import api_of
from pipeline.app import App
from pipeline.audience.tracked_links import TrackedLinks
from pipeline.errors import ConfigError, PipelineError, Problem
from pipeline.people_serving import audience_of, site_of
from pipeline.schedule.systemd import Notifier
from pipeline.service import Service
from pipeline.watching.metrics import Metrics
from pipeline.web.application import create_app
from pipeline.web.feeds import FeedDocuments
from pipeline.web.metrics import MetricsEndpoint
from pipeline.web.server import WebServer, listen_at
from pipeline.web.tracking import TrackedLinkPages
from pipeline.web.webhooks import WebhookEndpoint
from pipeline.wiring.websub import is_ours

log = structlog.get_logger(__name__)

_LONGEST_WAIT = 1.0


class House:
    """A service and its web server, by one configuration.  Raises `PipelineError` where they can't be made."""

    def __init__(self, app: App) -> None:
        self.app = app
        settings, site = app.settings, site_of(app)
        self.service = Service(app)
        self._feeds = FeedDocuments(settings.publish.directory, site)
        self._web = create_app(
            site,
            feeds=self._feeds,
            templates=wiring.files.template_directories(settings),
            choices=app.choices,
            health=self.service.health,
            alive=self.service.alive,
            metrics=_metrics(app),
            clock=app.clock,
            ask_hub=self.service.ask_hub if is_ours(settings) else None,
            pictures=settings.pictures.directory,
            tone=settings.site.tone,
            webhooks=WebhookEndpoint(app.hearing.webhooks, app.hearing.record, app.clock),
            audience=audience_of(app, self.service.notices.wake),
            api=api_of(app, self.service.notices.wake, self.service.articles_came),
            tracking=TrackedLinkPages(TrackedLinks(settings.site.url, app.keys), app.store.tracking.count),
        )

    def open(self, listener: socket.socket) -> str:
        """Begin.  Returns the address that it serves at."""
        self._server = WebServer.on(self._web, listener, fresh=self._feeds.fresh)
        self._server.start()
        self.service.start()
        return self._server.url

    def close(self) -> None:
        """Finish what is under way, and begin nothing more; connections that come meanwhile wait at the listener."""
        self.service.stop()
        self._server.stop()
        self.app.close()


def serve(
    open_app: Callable[[], App],
    announce: Callable[[str], None],
    notifier: Notifier,
    given: socket.socket | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP takes the configuration over anew, if it can be used.

    ``open_app`` reads it.  ``announce`` is told the address once it answers.  ``given`` is a listening socket to use
    instead of one at the configured address.
    """
    awake, stop = threading.Event(), threading.Event()

    def told(number: int, _frame: object) -> None:
        if number != signal.SIGHUP or hung_up():
            stop.set()
        awake.set()

    with ExitStack() as stack:
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            stack.callback(signal.signal, name, signal.signal(name, told))
        house = _made(open_app)
        listener = given or _listener(house)
        try:
            announce(house.open(listener))
            notifier.ready(_status(house.app))
            while not stop.is_set():
                if awake.wait(_wait(notifier)):
                    awake.clear()
                    if not stop.is_set():
                        notifier.reloading()
                        house, listener = _reloaded(house, listener, open_app, keep=given is not None)
                        notifier.ready(_status(house.app))
                if house.service.alive():
                    notifier.beat()
            notifier.stopping()
        finally:
            house.close()
            listener.close()


def _metrics(app: App) -> MetricsEndpoint | None:
    chosen = app.settings.metrics
    if chosen.token_env is None and not chosen.loopback:
        return None
    token = app.settings.secret(chosen.token_env).get_secret_value() if chosen.token_env else None
    return MetricsEndpoint(Metrics(app), token, chosen.loopback)


def _wait(notifier: Notifier) -> float:
    """Never for long: a signal that comes in the moment before a wait begins is only seen when the wait is over."""
    return min(_LONGEST_WAIT, notifier.beat_every.total_seconds()) if notifier.beat_every else _LONGEST_WAIT


def _made(open_app: Callable[[], App]) -> House:
    app = open_app()
    try:
        return House(app)
    except BaseException:
        app.close()
        raise


def _reloaded(
    house: House, listener: socket.socket, open_app: Callable[[], App], *, keep: bool
) -> tuple[House, socket.socket]:
    """The house by the configuration as it is now; the same one, if that can't be used.

    No slot is lost in between: which are pending is known from the store.
    """
    try:
        fresh = _made(open_app)
        moved = not keep and fresh.app.settings.web.listen != house.app.settings.web.listen
        door = _listener(fresh) if moved else listener
    except PipelineError as error:
        _report(error.problems if isinstance(error, ConfigError) else [error.problem])
        return house, listener
    house.close()
    if door is not listener:
        listener.close()
    url = fresh.open(door)
    log.info("the configuration is taken over", file=str(fresh.app.settings.file), url=url)
    return fresh, door


def _report(problems: Sequence[Problem]) -> None:
    for problem in problems:
        log.error("the configuration is not taken over", where=problem.where, what=problem.what, mend=problem.mend)


def hung_up(terminal: int = 0) -> bool:
    """Whether the terminal that this was started from is gone: then SIGHUP means the end."""
    try:
        os.tcgetpgrp(terminal)
    except OSError as error:
        return error.errno == errno.EIO
    return False


def _listener(house: House) -> socket.socket:
    listen = house.app.settings.web.listen
    return listen_at(listen.host, listen.port)


def _status(app: App) -> str:
    settings = app.settings
    return f"{len(settings.sources)} sources, {len(settings.feeds)} feeds, {len(settings.newsletters)} newsletters"
