"""Pictures of a page as a phone and a desktop show it, in light and dark, taken by Chromium.

Chromium is asked over two pipes (its DevTools protocol), so that no port is opened and nothing has to be installed
beside it.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VIEWS: Mapping[str, tuple[int, bool]] = {
    "phone": (320, False),
    "phone-dark": (320, True),
    "desktop": (600, False),
    "desktop-dark": (600, True),
}
"""What is taken: the width in pixels, and whether the screen is dark."""

_SECONDS = 30
_OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-sync",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "about:blank",
)
# The file descriptors at which Chromium listens and answers.
_LISTENS, _ANSWERS = 3, 4
_FIRST_FREE = 10


class BrowserFailed(PipelineError):
    """Chromium is not there, or doesn't answer."""

    code = "browser"


def take(page: Path, directory: Path) -> list[Path]:
    """Write PNG files of an HTML file into a directory, named after it and the view.  Raises `BrowserFailed`."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        mend = "Install Chromium, or leave out --png."
        raise BrowserFailed("There is no Chromium to take pictures with.", where="--png", mend=mend)
    files = []
    with _started(program) as browser:
        for name, (width, dark) in VIEWS.items():
            file = directory / f"{page.stem}-{name}.png"
            file.write_bytes(browser.picture(page.absolute().as_uri(), width, dark=dark))
            files.append(file)
    return files


class _Browser:
    """A conversation: each call has a number and an answer; events come in between."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._number = 0
        self._rest = b""

    def picture(self, url: str, width: int, *, dark: bool) -> bytes:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", session, **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", session, features=[scheme])
        self.call("Page.enable", session)
        self.call("Page.navigate", session, url=url)
        with suppress(TimeoutError):  # a picture that doesn't come is left out
            self._until(lambda message: message.get("method") == "Page.loadEventFired")
        size = self.call("Page.getLayoutMetrics", session)["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": width, "height": size["height"], "scale": 1}
        shot = self.call("Page.captureScreenshot", session, clip=clip, captureBeyondViewport=True)
        self.call("Target.closeTarget", targetId=target)
        return base64.b64decode(shot["data"])

    def call(self, method: str, session: str | None = None, /, **params: object) -> dict[str, Any]:
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        try:
            os.write(self._write, json.dumps(message).encode() + b"\0")
            answer = self._until(lambda message: message.get("id") == number)
        except (OSError, TimeoutError) as error:
            raise BrowserFailed(f"Chromium doesn't answer: {error}.", where=method) from error
        if "error" in answer:
            raise BrowserFailed(f"Chromium says: {answer['error'].get('message')}.", where=method)
        result: dict[str, Any] = answer["result"]
        return result

    def _until(self, wanted: Any) -> dict[str, Any]:  # noqa: ANN401 -- a predicate over any message
        deadline = time.monotonic() + _SECONDS
        while True:
            head, found, tail = self._rest.partition(b"\0")
            if found:
                self._rest = tail
                message: dict[str, Any] = json.loads(head)
                if wanted(message):
                    return message
                continue
            if not select.select([self._read], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"nothing within {_SECONDS} seconds")
            chunk = os.read(self._read, 1 << 16)
            if not chunk:
                raise BrokenPipeError("it has ended")
            self._rest += chunk


@contextmanager
def _started(program: str) -> Iterator[_Browser]:
    ours_to_it, it_to_us = os.pipe(), os.pipe()
    # Above all numbers that are about to be used, so that putting one in its place doesn't close another.
    listens = fcntl.fcntl(ours_to_it[0], fcntl.F_DUPFD, _FIRST_FREE)
    answers = fcntl.fcntl(it_to_us[1], fcntl.F_DUPFD, _FIRST_FREE)
    with tempfile.TemporaryDirectory(prefix="rundbrief-", ignore_cleanup_errors=True) as profile:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        arguments = [program, *sandbox, f"--user-data-dir={profile}", *_OPTIONS]
        silence = os.open(os.devnull, os.O_RDWR)
        places = [(os.POSIX_SPAWN_DUP2, silence, place) for place in (0, 1, 2)]
        places += [(os.POSIX_SPAWN_DUP2, listens, _LISTENS), (os.POSIX_SPAWN_DUP2, answers, _ANSWERS)]
        process = os.posix_spawn(program, arguments, os.environ, file_actions=places)
        for number in (silence, listens, answers, ours_to_it[0], it_to_us[1]):
            os.close(number)
        browser = _Browser(ours_to_it[1], it_to_us[0])
        try:
            yield browser
        finally:
            with suppress(PipelineError):
                browser.call("Browser.close")
            os.close(ours_to_it[1])
            os.close(it_to_us[0])
            os.waitpid(process, 0)
