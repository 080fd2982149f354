"""HTTP calls to a provider's API: a session per thread, and what each way of failing means for a submission."""

from __future__ import annotations

import ipaddress
import json
import re
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from requests.auth import AuthBase

from pipeline.deliver.addresses import one_line
from pipeline.errors import ProviderRejected, ProviderUnavailable, SubmissionUncertain

_LONGEST_ANSWER = 4 * 1024 * 1024
_LONGEST_EXCERPT = 200
# Read in the body: try again after Mon, 20 Dec 2021 20:33:21 UTC; retry after 30 seconds; try again in 2 minutes.
_UNTIL = re.compile(r"after ((?:\w{3}, )?\d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d \w+)")
_FOR = re.compile(r"(?:after|in|wait) (\d+) ?(s|m|h)", re.IGNORECASE)
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> object:
        """The JSON of the body, None where it is none."""
        try:
            document: object = json.loads(self.body)
        except ValueError:
            return None
        return document

    @property
    def document(self) -> dict[str, object]:
        """The JSON object of the body; empty where the body is anything else."""
        document = self.json
        return document if isinstance(document, dict) else {}

    @property
    def message(self) -> str:
        """What the provider says for people, on one line; never longer than a line in a log should be."""
        said = self.document.get("message") or self.document.get("Message")
        words = said if isinstance(said, str) else self.body[: 4 * _LONGEST_EXCERPT].decode("utf-8", "replace")
        return one_line(words)[:_LONGEST_EXCERPT]

    @property
    def retry_after(self) -> timedelta | None:
        """How long to wait: by Retry-After (RFC 9110, section 10.2.3), else by the words of the body.

        A point in time is counted from the answer's own Date, so that our clock doesn't have to agree.
        """
        asked = self.headers.get("Retry-After", "").strip()
        if asked.isdecimal():
            return timedelta(seconds=int(asked))
        until = _date(asked) or _date(_group(_UNTIL, self.message))
        now = _date(self.headers.get("Date", ""))
        if until and now:
            return max(until - now, timedelta())
        if found := _FOR.search(self.message):
            return int(found.group(1)) * _UNITS[found.group(2).lower()]
        return None


class HttpCalls:
    """Calls to one provider.

    Redirects are never followed, so that credentials stay with the host they were given for; proxies, netrc and
    certificates from the environment are not looked at.  ``auth`` is a name and a password (Basic), or what signs a
    request; ``headers`` go with each request.  ``timeout`` bounds making the connection, each wait for bytes, and
    the reading of the body.
    """

    def __init__(
        self,
        *,
        where: str,
        timeout: timedelta,
        auth: tuple[str, str] | AuthBase | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._where = where
        self._auth = auth
        self._headers = {"Accept": "application/json", **(headers or {})}
        self._timeout = timeout.total_seconds()
        self._thread = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()

    def post(self, url: str, body: bytes, content_type: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Raises `ProviderUnavailable`, `ProviderRejected` or `SubmissionUncertain` where there is no whole answer."""
        return self._call("POST", url, body=body, headers={"Content-Type": content_type, **(headers or {})})

    def put(self, url: str, body: bytes, content_type: str) -> Answer:
        """Raises what `post` raises."""
        return self._call("PUT", url, body=body, headers={"Content-Type": content_type})

    def get(self, url: str, parameters: Mapping[str, str] | None = None) -> Answer:
        """Raises what `post` raises."""
        return self._call("GET", url, parameters=parameters)

    def close(self) -> None:
        with self._lock:
            sessions, self._sessions = self._sessions, []
            self._thread = threading.local()
        for session in sessions:
            session.close()

    def _call(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Answer:
        try:
            with self._session().request(
                method,
                url,
                data=body,
                headers=headers,
                params=parameters,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                return Answer(response.status_code, response.headers, self._read(response))
        except requests.RequestException as error:
            raise self._failure(error, urlsplit(url).netloc) from error

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._thread, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.auth = self._auth
            session.headers.update(self._headers)
            self._thread.session = session
            with self._lock:
                self._sessions.append(session)
        return session

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        end = time.monotonic() + self._timeout
        for piece in response.iter_content(65536):
            body += piece
            if len(body) > _LONGEST_ANSWER or time.monotonic() > end:
                raise requests.ConnectionError("The answer does not end.")
        return bytes(body)

    def _failure(
        self, error: requests.RequestException, host: str
    ) -> ProviderUnavailable | ProviderRejected | SubmissionUncertain:
        reason = getattr(error.args[0], "reason", None) if error.args else None
        if isinstance(reason, urllib3.exceptions.SSLError) and _before_the_request(reason):
            what = f"The certificate or the encryption of {host} is not to be trusted: {reason.args[0]}"
            return ProviderRejected(what, where=self._where, mend="Check base_url.")
        if isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError):
            return ProviderUnavailable(f"No connection to {host}: {_words(reason)}.", where=self._where)
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema | ValueError):
            return ProviderRejected(f"This address can't be called: {error}", where=self._where, mend="Check base_url.")
        if isinstance(error, requests.Timeout):
            what = f"{host} did not answer within {self._timeout:g} s; it may have accepted the mail."
        else:
            what = f"The connection to {host} broke before the answer was complete; it may have accepted the mail."
        return SubmissionUncertain(what, where=self._where)


def is_safe_for_credentials(url: str) -> bool:
    """Whether the URL is https, or names this machine."""
    parts = urlsplit(url)
    if parts.scheme != "http":
        return parts.scheme == "https" and bool(parts.hostname)
    host = parts.hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _before_the_request(error: urllib3.exceptions.SSLError) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, ssl.SSLCertVerificationError) or (
        isinstance(cause, ssl.SSLError) and cause.reason in {"WRONG_VERSION_NUMBER", "TLSV1_ALERT_PROTOCOL_VERSION"}
    )


def _words(error: Exception) -> str:
    return one_line(str(error)).partition(": ")[2].rstrip(".") or type(error).__name__


def _group(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found.group(1) if found else ""


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
