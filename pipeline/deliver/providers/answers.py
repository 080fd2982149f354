"""What the HTTP status of an answer means for a submission, where a provider has no meaning of its own for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from pipeline.deliver.providers.dividing import Divisible
from pipeline.deliver.providers.http_calls import Answer
from pipeline.errors import ProviderRejected, ProviderUnavailable, SubmissionUncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads the answers of a provider that people call ``label``.

    ``where`` is its key path in the configuration, ``key_hint`` what to check when the credentials are refused.
    """

    label: str
    where: str
    key_hint: str

    def said(self, answer: Answer) -> str:
        return f"{self.label} answers {answer.status}: {answer.message.rstrip('.') or 'nothing more'}"

    def refused(self, answer: Answer, *, wait: timedelta | None = None) -> Divisible:
        """For an answer other than 2xx: Divisible where smaller calls may do (413), else it raises.

        All 4xx are refusals before anything is accepted, but for 408, which also a proxy gives.  429 is a wait
        (``wait``, or what the answer says).  After a 5xx the mail may have been accepted, unless the answer can say
        when to come again (RFC 9110, section 15.6.4).
        """
        said, status, wait = self.said(answer), answer.status, wait or answer.retry_after
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return Divisible(said, address_fault=False)
        if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None):
            raise ProviderUnavailable(said, where=self.where, retry_after=wait)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise ProviderRejected(f"{said}.", where=self.where, mend=f"Check {self.key_hint}.")
        if status == HTTPStatus.NOT_FOUND:
            raise ProviderRejected(f"{said}.", where=self.where, mend="Check base_url.")
        if 300 <= status < 400:  # noqa: PLR2004
            what = f"{self.label} answers {status}, a redirect, which is not followed with credentials."
            raise ProviderRejected(what, where=self.where, mend="Set base_url to the address where the API is.")
        if 400 <= status < 500 and status != HTTPStatus.REQUEST_TIMEOUT:  # noqa: PLR2004
            raise ProviderRejected(f"{said}.", where=self.where, mend="Mend what it names, then run again.")
        raise SubmissionUncertain(f"{said}; it may have accepted the mail.", where=self.where)

    def unreadable(self, answer: Answer) -> SubmissionUncertain:
        """The error for a 2xx whose body is not what the API gives: a proxy's page, or half of it."""
        what = f"{self.label}'s answer can't be understood ({answer.message or 'it is empty'}); it may have accepted."
        return SubmissionUncertain(what, where=self.where)
