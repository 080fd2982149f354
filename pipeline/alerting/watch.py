"""Looking for what is wrong, and telling of it: at the end of a pass, and each minute of a serving process.

Whatever goes wrong with that is logged, and disturbs nothing else.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from pipeline.alerting.facts import facts
from pipeline.alerting.ways import Way, ways_of
from pipeline.alerting.wording import Telling, wording
from pipeline.app import App
from pipeline.doctor.site import certificate
from pipeline.domain.alert import Alert, Cause, Standing, causes_from, patience, pause_after
from pipeline.errors import AlertUntold, StoreDamaged, StoreError

log = structlog.get_logger(__name__)

_LEASE = timedelta(minutes=5)
_HTTPS = 443
_LOOKED_AT_FOR = 6 * 3600.0
_ASKED = frozenset({Cause.CERTIFICATE_BAD, Cause.CERTIFICATE_ENDS})
_KNOWN = frozenset(Cause) - _ASKED - {Cause.STORE_FAILS, Cause.TEST}


class Watch:
    """What one process sees, and tells.  ``certificates``: whether it also looks at the site's, now and then.

    Raises `ConfigError` where a way of telling can't be used.
    """

    def __init__(self, app: App, *, certificates: bool = False) -> None:
        self._app = app
        self._host = platform.node()
        self._certificates = certificates and app.settings.site.url.startswith("https:")
        self._looked = -_LOOKED_AT_FOR
        self._seen: tuple[Alert, ...] = ()
        self._ways = ways_of(app)
        self._outage = Outage(app.settings.alerts.repeat)

    def look(self) -> None:
        """Write down what is wrong now, and tell what is to be told.  Raises nothing."""
        try:
            if not (ways := self._ways):
                return
            now = self._app.clock()
            try:
                self._app.store.alerts.settle(self._found(), self._judged(), self._host, now)
                for way in ways:
                    self._tell(way)
            except StoreError as error:
                self._outage.on(error, ways, now)
            else:
                self._outage.over(ways, now)
        except Exception:  # what is watched over must go on
            log.exception("looking for alerts failed")

    def _judged(self) -> frozenset[Cause]:
        return _KNOWN | _ASKED if self._certificates else _KNOWN

    def _found(self) -> Sequence[Alert]:
        if self._certificates and time.monotonic() - self._looked >= _LOOKED_AT_FOR:
            self._seen = tuple(_certificate(self._app))
            self._looked = time.monotonic()
        return (*facts(self._app, self._host), *self._seen)

    def _tell(self, way: Way) -> None:
        app, alerts = self._app, self._app.store.alerts
        now = app.clock()
        taken = alerts.take(way.name, causes_from(way.least), now, app.settings.alerts.repeat, _LEASE)
        if not taken:
            return
        if _told(way, taken, app.settings.site.title):
            alerts.told(way.name, taken, now)
        else:
            failures = max(one.failures for one in taken) + 1
            alerts.untold(way.name, taken, now + pause_after(failures))


def on_now(app: App) -> Sequence[Standing]:
    """What is on, whether it was written down yet or not."""
    known = app.store.alerts.on()
    keys, now = {one.alert.key for one in known}, app.clock()
    fresh = [Standing(alert=one, since=now) for one in facts(app, platform.node()) if one.key not in keys]
    return (*known, *{one.alert.key: one for one in fresh}.values())


def test_telling(app: App) -> Telling:
    """What is told for a test."""
    what = "This is a test: nothing is wrong. Whoever reads it would be told if something were."
    about = Alert(cause=Cause.TEST, subject="", what=what, mend="")
    return wording([Standing(alert=about, since=app.clock())], app.settings.site.title)


class Outage:
    """A store that can't be used: who was told of that is kept here, for there is nowhere else."""

    def __init__(self, repeat: timedelta) -> None:
        self._repeat = repeat
        self._since: datetime | None = None
        self._told: dict[str, datetime] = {}
        self._again: dict[str, tuple[int, datetime]] = {}

    def on(self, error: StoreError, ways: Sequence[Way], now: datetime) -> None:
        self._since = self._since or now
        if not isinstance(error, StoreDamaged) and now - self._since < patience(Cause.STORE_FAILS):
            return
        about = Alert(cause=Cause.STORE_FAILS, subject="", what=f"The store {error.what}", mend=error.mend)
        for way in ways:
            last = self._told.get(way.name)
            if last is None or now - last >= self._repeat:
                self._try(way, Standing(alert=about, since=self._since), now)

    def over(self, ways: Sequence[Way], now: datetime) -> None:
        if self._since is None:
            return
        about = Alert(cause=Cause.STORE_FAILS, subject="", what="", mend="")
        for way in ways:
            if way.name in self._told and self._try(way, Standing(alert=about, since=self._since, over=now), now):
                del self._told[way.name]
        if not self._told:
            self._since = None
            self._again.clear()

    def _try(self, way: Way, one: Standing, now: datetime) -> bool:
        failures, due = self._again.get(way.name, (0, now))
        if now < due:
            return False
        if _told(way, [one], "Rundbrief"):
            self._told[way.name] = now
            self._again.pop(way.name, None)
            return True
        self._again[way.name] = (failures + 1, now + pause_after(failures + 1))
        return False


def _told(way: Way, those: Sequence[Standing], site: str) -> bool:
    try:
        way.tell(wording(those, site))
    except AlertUntold as error:
        log.warning("an alert could not be told", way=way.name, what=error.what, mend=error.mend)
        return False
    except Exception:  # a provider or a service of somebody else's: it is tried again
        log.exception("an alert could not be told", way=way.name)
        return False
    log.info("told of alerts", way=way.name, alerts=[one.alert.title for one in those])
    return True


def _certificate(app: App) -> Iterator[Alert]:
    parts = urlsplit(app.settings.site.url)
    host = parts.hostname or ""
    found = certificate(host, parts.port or _HTTPS, app.clock())
    for problem in found.problems:
        if problem.code == "certificate":
            yield Alert(cause=Cause.CERTIFICATE_BAD, subject=host, what=f"It {problem.what}", mend=problem.mend)
    for problem in found.warnings:
        yield Alert(cause=Cause.CERTIFICATE_ENDS, subject=host, what=f"It {problem.what}", mend=problem.mend)
