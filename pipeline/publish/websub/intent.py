"""How a hub asks a callback whether it wants what was asked in its name, and tells it "no" (WebSub, 5.2 and 5.3)."""

from __future__ import annotations

import hmac
from urllib.parse import quote_plus

from pipeline.publish.websub.asking import Asked, Mode
from pipeline.publish.websub.caller import Answer

NOT_OURS = "This hub distributes the feeds of its own site only, and this is none of them."
NO_MORE = "This feed is no longer published here."


def question(asked: Asked, challenge: str) -> str:
    """The address that is asked; a good answer has ``challenge`` as its body."""
    parameters = {"hub.mode": asked.mode.value, "hub.topic": asked.topic, "hub.challenge": challenge}
    if asked.mode is Mode.SUBSCRIBE:
        parameters["hub.lease_seconds"] = str(int(asked.lease.total_seconds()))
    return _with(asked.callback, parameters)


def confirms(answer: Answer, challenge: str) -> bool:
    """Whether that answer wants it."""
    return answer.ok and hmac.compare_digest(answer.body, challenge.encode())


def denial(asked: Asked, reason: str) -> str:
    """The address by which a callback is told that there is no subscription."""
    return _with(asked.callback, {"hub.mode": Mode.DENIED.value, "hub.topic": asked.topic, "hub.reason": reason})


def _with(callback: str, parameters: dict[str, str]) -> str:
    """The callback with more parameters behind its own, which stay as they are."""
    separator = "?" if "?" not in callback else "" if callback.endswith(("?", "&")) else "&"
    return callback + separator + "&".join(f"{name}={quote_plus(value)}" for name, value in parameters.items())
