"""Messages of Amazon SNS: who signed them, and that they are of our topic.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.deliver.event import NotGenuine
from pipeline.deliver.events import reading
from pipeline.deliver.events.signatures import decoded, same

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

Fetch = Callable[[str], bytes]
"""Fetches an https address, without following redirects.  Raises `pipeline.errors.PipelineError`."""

# SNS tries for an hour at most, with the time at which the message was published.
_WINDOW = timedelta(hours=2)
_AHEAD = timedelta(minutes=5)
_TOPIC = re.compile(r"arn:aws(?:-cn|-us-gov)?:sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_.-]+")
_CERTIFICATE_PATH = re.compile(r"/SimpleNotificationService-[0-9a-f]{8,64}\.pem")
_SIGNED: Mapping[str, tuple[str, ...]] = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_MOST_CERTIFICATES = 8


def host_of(topic: str) -> str:
    """The host of SNS in the region of a topic.  Raises ValueError for what is no topic's ARN."""
    found = _TOPIC.fullmatch(topic)
    if found is None:
        raise ValueError("it is no ARN of an SNS topic")
    return f"sns.{found[1]}.amazonaws.com" + (".cn" if topic.startswith("arn:aws-cn:") else "")


@dataclass(slots=True, kw_only=True)
class SnsSignature:
    """Checks messages of one topic.  Certificates come from SNS in the topic's region, and are kept in memory."""

    topic: str
    fetch: Fetch
    _certificates: dict[str, Certificate] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def require(self, message: reading.Document, now: datetime) -> None:
        """Raises `NotGenuine`; `pipeline.errors.PipelineError` where the certificate can't be got now."""
        names = _SIGNED.get(reading.text(message, "Type"))
        if names is None or not same(reading.text(message, "TopicArn"), self.topic):
            raise NotGenuine("not our topic")
        published = reading.moment(message.get("Timestamp"))
        if published is None or not now - _WINDOW <= published <= now + _AHEAD:
            raise NotGenuine("too old, or from the future")
        lines = [f"{name}\n{value}\n" for name in names if isinstance(value := message.get(name), str)]
        signature = decoded(reading.text(message, "Signature"))
        url = reading.text(message, "SigningCertURL", "SigningCertUrl")
        self._verify(url, reading.text(message, "SignatureVersion"), signature, "".join(lines).encode(), now)

    def is_of_sns(self, url: str) -> bool:
        """Whether an address is of SNS in the topic's region."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return False
        plain = parts.username is None and parts.password is None and port in (None, 443)
        return parts.scheme == "https" and parts.hostname == host_of(self.topic) and plain

    def _verify(self, url: str, version: str, signature: bytes, text: bytes, now: datetime) -> None:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  (loads slowly)
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415

        if version not in ("1", "2"):
            raise NotGenuine("another version")
        certificate = self._certificate(url)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise NotGenuine("the certificate is not valid now")
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise NotGenuine("no RSA key")
        algorithm = hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303  (that is what SNS signs with)
        try:
            key.verify(signature, text, padding.PKCS1v15(), algorithm)
        except InvalidSignature as error:
            raise NotGenuine("another signature") from error

    def _certificate(self, url: str) -> Certificate:
        from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

        parts = urlsplit(url) if self.is_of_sns(url) else None
        if parts is None or not _CERTIFICATE_PATH.fullmatch(parts.path) or parts.query or parts.fragment:
            raise NotGenuine("no certificate of SNS")
        with self._lock:
            if url not in self._certificates:
                try:
                    found = load_pem_x509_certificate(self.fetch(url))
                except ValueError as error:
                    raise NotGenuine("no certificate") from error
                while len(self._certificates) >= _MOST_CERTIFICATES:
                    self._certificates.pop(next(iter(self._certificates)))
                self._certificates[url] = found
            return self._certificates[url]
