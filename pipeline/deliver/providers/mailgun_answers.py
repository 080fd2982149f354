"""What Mailgun's answers to a submission mean.

https://documentation.mailgun.com/docs/mailgun/quickstart-guide/responses; the wording of 400, 403 and 429 is from
answers that users have published.
"""

from __future__ import annotations

import re

from pipeline.deliver.providers.dividing import Divisible
from pipeline.deliver.providers.http_calls import Answer
from pipeline.errors import ProviderRejected, ProviderUnavailable, SubmissionUncertain

_TOO_FAST = frozenset({420, 429})  # documented is 429; a domain over its limit gets 420
_FORBIDDEN = frozenset({401, 403})
_NOT_FOUND = 404
_TIMED_OUT = 408
_TOO_LARGE = 413
_UNAVAILABLE = 503
_BAD_RECIPIENT = re.compile(r"'?to'? parameter is not a valid address", re.IGNORECASE)
_TOO_MANY = re.compile(r"too many recipients", re.IGNORECASE)
_LARGE_BATCH = re.compile(r"not allowed to send large batches", re.IGNORECASE)
_NO_SUCH_ENDPOINT = "Mailgun Magnificent API"


def read_submission(answer: Answer, *, where: str, key_hint: str) -> str | Divisible:
    """The id that Mailgun gave the accepted call, or why it has to be divided.

    Raises `ProviderUnavailable`, `ProviderRejected` and `SubmissionUncertain` as `Provider.submit` does.  All 4xx
    are refusals before anything is accepted, but for 408, which also a proxy gives.
    """
    said = _said(answer)
    match answer.status:
        case 200:
            return _accepted(answer, where)
        case 400 if _BAD_RECIPIENT.match(answer.message):
            return Divisible(said, address_fault=True)
        case 400 if _TOO_MANY.match(answer.message):
            return Divisible(said, address_fault=False)
        case status if status == _TOO_LARGE:
            return Divisible(said, address_fault=False)
        case status if status in _TOO_FAST:
            raise ProviderUnavailable(said, where=where, retry_after=answer.retry_after)
        case status if status == _UNAVAILABLE and answer.retry_after is not None:
            # Who can say when to come again has not taken the request (RFC 9110, section 15.6.4).
            raise ProviderUnavailable(said, where=where, retry_after=answer.retry_after)
        case status if status != _TIMED_OUT and 300 <= status < 500:  # noqa: PLR2004
            raise refusal(answer, where=where, key_hint=key_hint)
        case _:
            # Users report mail that went out after a 500.
            raise SubmissionUncertain(f"{said}; it may have accepted the mail.", where=where)


def refusal(answer: Answer, *, where: str, key_hint: str) -> ProviderRejected:
    """A refusal that trying again won't change, with what to do about it."""
    what = _said(answer)
    if answer.status in _FORBIDDEN and _LARGE_BATCH.search(answer.message):
        mend = "Set max_batch of this provider to 8, or ask Mailgun to allow this domain large batches."
    elif answer.status in _FORBIDDEN:
        mend = f"Check {key_hint}, and that base_url is that of the domain's region (https://api.eu.mailgun.net)."
    elif answer.status == _NOT_FOUND:
        mend = "Check domain, and that base_url is that of its region (https://api.eu.mailgun.net)."
    elif answer.status < 400:  # noqa: PLR2004
        what = f"Mailgun answers {answer.status}, a redirect, which is not followed with credentials"
        mend = "Set base_url to the address where the API is."
    else:
        mend = "Mend what it names, then resolve the issue."
    return ProviderRejected(f"{what}.", where=where, mend=mend)


def _said(answer: Answer) -> str:
    return f"Mailgun answers {answer.status}: {answer.message.rstrip('.') or 'nothing more'}"


def _accepted(answer: Answer, where: str) -> str:
    reference = answer.document.get("id")
    if isinstance(reference, str) and reference:
        return reference.strip("<>")
    if _NO_SUCH_ENDPOINT in answer.message:
        what = "Mailgun has no messages API at this address; nothing was sent."
        raise ProviderRejected(what, where=where, mend="Check base_url and domain.")
    what = f"Mailgun's answer has no id ({answer.message or 'it is empty'}); it may have accepted the mail."
    raise SubmissionUncertain(what, where=where)
