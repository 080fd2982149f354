"""What a spam filter of one's own makes of a message: SpamAssassin's spamd, or Rspamd."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline import wiring
from pipeline.app import App

if TYPE_CHECKING:
    from pipeline.render.findings import Finding

_SECONDS = 30.0
_MOST_BYTES = 1_000_000
_RULES_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Points, and the rules that gave them."""

    score: float
    rules: tuple[str, ...]


def spam_findings(app: App, message: Callable[[], bytes]) -> list[Finding]:
    """Whether the configured filter gives a message more points than it may have; nothing where none is configured."""
    from pipeline.render.findings import Finding  # noqa: PLC0415  (it loads slowly)

    chosen = app.settings.preflight
    if chosen.spam_filter is None:
        return []
    mend = ""
    try:
        verdict = judged(chosen.spam_filter, message())
    except (OSError, ValueError, LookupError) as error:
        what = f"{chosen.spam_filter} can't be asked: {error}."
        mend = "Is it running? See `spam_filter` in [preflight]."
    else:
        if verdict.score <= chosen.spam_limit:
            return []
        rules = ", ".join(verdict.rules[:_RULES_SHOWN])
        what = f"The spam filter gives it {verdict.score:.1f} points; it may have {chosen.spam_limit:g}: {rules}."
    found = Finding(code="spam-score", place="", what=what, mend=mend)
    return wiring.render.strictness(app.settings).levelled([found])


def judged(address: str, message: bytes) -> Verdict:
    """Ask the filter at ``spamd://HOST:PORT`` or ``rspamd://HOST:PORT``.  Raises OSError, ValueError, LookupError."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or 0
    return (_by_rspamd if parts.scheme == "rspamd" else _by_spamd)(host, port, message)


def _by_spamd(host: str, port: int, message: bytes) -> Verdict:
    """The SPAMC protocol of SpamAssassin, version 1.5."""
    with socket.create_connection((host, port), timeout=_SECONDS) as connection:
        connection.sendall(b"SYMBOLS SPAMC/1.5\r\nContent-length: %d\r\n\r\n" % len(message) + message)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as stream:
            answer = stream.read(_MOST_BYTES).decode("utf-8", "replace")
    head, _, body = answer.partition("\r\n\r\n")
    lines = head.splitlines()
    if not lines or " EX_OK" not in lines[0]:
        msg = f"it says {lines[0] if lines else 'nothing'!r}"
        raise ValueError(msg)
    headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    score = float(headers["Spam"].partition(";")[2].partition("/")[0])
    return Verdict(score=score, rules=tuple(filter(None, (rule.strip() for rule in body.split(",")))))


def _by_rspamd(host: str, port: int, message: bytes) -> Verdict:
    import requests  # noqa: PLC0415  (it loads slowly)

    response = requests.post(f"http://{host}:{port}/checkv2", data=message, timeout=_SECONDS, allow_redirects=False)
    response.raise_for_status()
    told = response.json()
    scores: Mapping[str, float] = {name: one["score"] for name, one in told["symbols"].items()}
    rules = sorted((name for name in scores if scores[name] > 0), key=lambda name: -scores[name])
    return Verdict(score=float(told["score"]), rules=tuple(rules))
