"""Webhooks signed as Svix does, which is the Standard Webhooks scheme.  https://docs.svix.com/receiving"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime, timedelta

from pipeline.deliver.event import NotGenuine, Once, Posted
from pipeline.deliver.events.signatures import Check, digest, header, require_fresh, same

# Each try is signed anew.
_WINDOW = timedelta(minutes=5)
_PREFIX = "whsec_"
_LONGEST_ID = 200


def svix(secret: str) -> Check:
    """``secret`` as it is shown: base64, mostly behind ``whsec_``.  Raises ValueError for what is none."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("it is no base64") from error
    if not key:
        raise ValueError("it is empty")

    def check(posted: Posted, now: datetime) -> Once:
        id_, seconds, given = (_header(posted, name) for name in ("id", "timestamp", "signature"))
        if len(id_) > _LONGEST_ID:
            raise NotGenuine("no id")
        made = base64.b64encode(hmac.digest(key, f"{id_}.{seconds}.".encode() + posted.body, "sha256")).decode()
        # While a secret is changed, there is a signature by each.
        versions = [one.partition(",") for one in given.split()]
        if not any(version == "v1" and same(signature, made) for version, _, signature in versions):
            raise NotGenuine("another signature")
        signed = require_fresh(seconds, now, _WINDOW)
        return Once(id_, digest(posted.body), signed + 2 * _WINDOW)

    return check


def event_id(posted: Posted) -> str:
    """The id of what is told, the same in every try."""
    return _header(posted, "id")


def _header(posted: Posted, name: str) -> str:
    standard = f"webhook-{name}"
    return header(posted, standard if standard in posted.headers else f"svix-{name}")
