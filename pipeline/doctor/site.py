"""The site as the public reaches it: its certificate, whether this installation answers there, and the time."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from pipeline.doctor.examined import Examined
from pipeline.domain.slots import span_text
from pipeline.errors import Problem

_SECONDS = 10.0
_SOON, _VERY_SOON = timedelta(days=21), timedelta(days=5)
_OFF = timedelta(seconds=60)
_HTTPS = 443


def site(url: str, now: datetime, trust: ssl.SSLContext | None = None) -> Iterator[Examined]:
    """``trust`` says whose certificates are believed; as the machine has it, if absent."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        yield certificate(parts.hostname, parts.port or _HTTPS, now, trust)
    yield _answers(url, now, verify=trust is None)


def certificate(host: str, port: int, now: datetime, trust: ssl.SSLContext | None = None) -> Examined:
    """Whether the certificate is good, and for how long."""
    what, where = f"certificate of {host}", f"{host}:{port}"
    mend = "Renew it: unsubscribe links stop working with it, and mailbox providers count that."
    try:
        with (
            socket.create_connection((host, port), timeout=_SECONDS) as plain,
            (trust or ssl.create_default_context()).wrap_socket(plain, server_hostname=host) as safe,
        ):
            found = safe.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        problem = Problem(code="certificate", where=where, what=f"is not good: {error.verify_message}.", mend=mend)
        return Examined(what=what, problems=(problem,))
    except OSError as error:
        text = f"can't be reached: {error.strerror or error}."
        mend = "Does the name lead to this machine's web server?"
        return Examined(what=what, problems=(Problem(code="site", where=where, what=text, mend=mend),))
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)
    problem = Problem(code="certificate", where=where, what=f"ends in {span_text(ends - now)}.", mend=mend)
    if ends - now < _VERY_SOON:
        return Examined(what=what, problems=(problem,))
    return Examined(what=what, warnings=(problem,) if ends - now < _SOON else ())


def _answers(url: str, now: datetime, *, verify: bool) -> Examined:
    """Whether `rundbrief serve` is what answers at the site's address."""
    import requests  # noqa: PLC0415  (loads slowly)

    what = f"site {url}"
    mend = "`rundbrief serve` has to answer there: unsubscribe links in mails lead to it."
    try:
        answer = requests.get(f"{url}/healthz", timeout=_SECONDS, verify=verify, allow_redirects=False)
    except requests.RequestException as error:
        text = "answers too late" if isinstance(error, requests.Timeout) else "there is no connection"
        if isinstance(error, requests.exceptions.SSLError):
            text = "its certificate is not believed"
        problem = Problem(code="site", where=url, what=f"can't be reached: {text}.", mend=mend)
        return Examined(what=what, problems=(problem,))
    if answer.text != "ok\n":
        text = f"answers {answer.status_code} at /healthz, and not as Rundbrief does."
        return Examined(what=what, problems=(Problem(code="site", where=url, what=text, mend=mend),))
    off = abs(_date(answer.headers.get("date", ""), now) - now)
    text = f"Its clock and that of this machine are {span_text(off)} apart."
    problem = Problem(code="clock-off", where="clock", what=text, mend="Set both by NTP.")
    return Examined(what=what, warnings=(problem,) if off > _OFF else ())


def _date(text: str, now: datetime) -> datetime:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return now
