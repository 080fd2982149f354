"""Requests signed with AWS's signature, version 4."""

from __future__ import annotations

from dataclasses import dataclass, field

import requests
from requests.auth import AuthBase


@dataclass(frozen=True, kw_only=True)
class Signature(AuthBase):
    """Signs requests to a service in a region.  ``session_token`` belongs to temporary credentials."""

    key_id: str
    secret: str = field(repr=False)
    region: str
    service: str
    session_token: str | None = field(default=None, repr=False)

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        from requests_aws4auth import AWS4Auth  # type: ignore[import-untyped]  # noqa: PLC0415 -- used by one provider

        # One per request: it keeps a key for the day, and changes it under the hands of other threads.
        signed: requests.PreparedRequest = AWS4Auth(
            self.key_id, self.secret, self.region, self.service, session_token=self.session_token
        )(r)
        return signed
