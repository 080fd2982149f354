"""Mailgun's messages API: one content and up to 1,000 recipients a call, with recipient variables.

A call is accepted as a whole or not at all, and Mailgun knows no idempotency keys: what leaves open whether it was
accepted is in doubt, and its log can be asked (`MailgunProvider.look_up`).
https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from pipeline.deliver.provider import Capabilities, Shape
from pipeline.deliver.providers.addressees import Addressee, addressees, refusals
from pipeline.deliver.providers.credentials import address_problems, key_problems
from pipeline.deliver.providers.dividing import Divisible, hand_over_in_parts
from pipeline.deliver.providers.http_calls import HttpCalls
from pipeline.deliver.providers.mailgun_answers import read_submission, refusal
from pipeline.deliver.providers.mailgun_form import Form, part
from pipeline.deliver.providers.recipients import accepted, in_order, require_fields, uncertain
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message
from pipeline.errors import ConfigError, Problem, ProviderUnavailable, SubmissionUncertain

MOST_RECIPIENTS = 1000
_DOMAIN = re.compile(r"[A-Za-z0-9.-]+")
_VARIABLE = "%recipient."
_PAGE = 300
_MOST_PAGES = 40
_OK = 200
_FORBIDDEN = frozenset({401, 403, 404})


class MailgunProvider:
    """Hands batches to ``base_url`` for ``domain``.

    ``base_url`` is https://api.mailgun.net or, for a domain in the European region, https://api.eu.mailgun.net.
    ``api_key_env`` is the name of the variable that the key is from, for error messages.  ``timeout`` bounds making
    a connection and each wait for an answer.  ``max_batch`` is lower than 1,000 for a new domain, to which Mailgun
    does not allow large batches yet.  ``tracking`` lets Mailgun rewrite links and count openings.
    ``monotonic`` counts seconds.
    Raises `ConfigError` for a domain or an address to which the key must not go.
    """

    def __init__(  # noqa: PLR0913 -- what a user may set
        self,
        name: str,
        domain: str,
        api_key: str,
        *,
        base_url: str = "https://api.mailgun.net",
        timeout: timedelta = timedelta(seconds=30),
        max_batch: int | None = None,
        tracking: bool = False,
        api_key_env: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._where = f"providers.{name}"
        if problems := list(_problems(self._where, domain, base_url, api_key, api_key_env)):
            raise ConfigError(problems)
        self._base_url = base_url.rstrip("/").removesuffix("/v3")
        self._domain = domain
        self._timeout = timeout
        self._max_batch = min(max_batch or MOST_RECIPIENTS, MOST_RECIPIENTS)
        self._tracking = tracking
        self._monotonic = monotonic
        self._key_hint = f"the API key in {api_key_env}" if api_key_env else "the API key"
        self._calls = HttpCalls(where=self._where, auth=("api", api_key), timeout=timeout)

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        # No call is begun after two time-outs (`submit`), and one call is three at most: connect, wait, read.
        return Capabilities(shape=Shape.VARIABLES, max_batch=self._max_batch, call_timeout=6 * self._timeout)

    def submit(self, batch: Batch, message: Message) -> Sequence[Outcome]:
        """Hand the batch over in one call; see `Provider.submit`.

        Mailgun refuses a call for one bad recipient without naming them.  It is divided then, until that recipient
        stands alone.  Once a part is accepted or in doubt nothing is raised: what then is not handed over any more
        is ``DEFERRED``.
        """
        require_fields(batch, message, where=self._where)
        form = Form(batch, message, where=self._where, tracking=self._tracking)
        return hand_over_in_parts(
            batch,
            form.addressees,
            partial(self._hand_over, form),
            patience=2 * self._timeout,
            monotonic=self._monotonic,
        )

    def look_up(self, batch: Batch) -> Sequence[Outcome] | None:
        """Who of a batch in doubt is in Mailgun's log as accepted; None while nobody is.

        Events reach the log late, so an absence proves nothing: None means "ask again", and those of a divided batch
        who are not found are ``UNCERTAIN``.  One event stands for its whole call.  Mailgun keeps events for three
        days at least.  Raises `ProviderRejected` when the key may send but not read events.
        """
        everyone = tuple(addressees(batch))
        by_address = {one.address.casefold(): one for one in everyone}
        found: dict[int, str | None] = {}
        for event in self._accepted_events(batch):
            recipient = by_address.get(str(event.get("recipient", "")).casefold())
            if recipient is None:
                continue
            for one in (recipient, *_same_call(event, everyone)):
                found.setdefault(one.place, _event_reference(event) if one is recipient else None)
            if len(found) == len(everyone):
                break
        if not found:
            return None
        outcomes = dict(refusals(batch, everyone))
        for one in everyone:
            if one.place in found:
                outcomes[one.place] = accepted(one.recipient, found[one.place])
            else:
                outcomes[one.place] = uncertain(one.recipient, "Mailgun's log does not show this delivery (yet).")
        return in_order(batch, outcomes, rest="")

    def close(self) -> None:
        self._calls.close()

    def _hand_over(self, form: Form, chosen: Sequence[Addressee], _part: str) -> Sequence[Outcome] | Divisible:
        body, content_type = form.body(chosen)
        answer = self._calls.post(f"{self._base_url}/v3/{self._domain}/messages", body, content_type)
        read = read_submission(answer, where=self._where, key_hint=self._key_hint)
        if isinstance(read, Divisible):
            return read
        # The Message-Id comes back as it was given, which was a variable; where it is another, it is Mailgun's own.
        reference = None if _VARIABLE in read else read
        return [accepted(one.recipient, reference) for one in chosen]

    def _accepted_events(self, batch: Batch) -> Iterator[Mapping[str, object]]:
        """The events, newest first; those of the pages that could be read."""
        url = f"{self._base_url}/v3/{self._domain}/events"
        parameters = {"event": "accepted", "tags": str(batch.id), "ascending": "no", "limit": str(_PAGE)}
        for page in range(_MOST_PAGES):
            try:
                answer = self._calls.get(url, None if page else parameters)
            except (ProviderUnavailable, SubmissionUncertain):
                return
            if answer.status in _FORBIDDEN:
                raise refusal(
                    answer, where=self._where, key_hint=f"{self._key_hint}: it must be allowed to read events"
                )
            document = answer.document
            items, paging = document.get("items"), document.get("paging")
            if answer.status != _OK or not isinstance(items, list) or not items:
                return
            yield from (item for item in items if isinstance(item, dict))
            following = paging.get("next") if isinstance(paging, dict) else None
            # The key goes nowhere else, whatever a page says.
            if not isinstance(following, str) or urlsplit(following)[:2] != urlsplit(url)[:2]:
                return
            url = following


def _problems(where: str, domain: str, base_url: str, api_key: str, api_key_env: str | None) -> Iterator[Problem]:
    yield from key_problems(f"{where}.api_key_env", "Mailgun", api_key, api_key_env)
    yield from address_problems(f"{where}.base_url", base_url)
    if not _DOMAIN.fullmatch(domain):
        yield Problem(
            code="mailgun-domain",
            where=f"{where}.domain",
            what=f"“{domain}” is not a domain name.",
            mend='Write it as at Mailgun, for instance "mg.example.org".',
        )


def _event_reference(event: Mapping[str, object]) -> str | None:
    message = event.get("message")
    headers = message.get("headers") if isinstance(message, dict) else None
    reference = headers.get("message-id") if isinstance(headers, dict) else None
    return reference if isinstance(reference, str) and _VARIABLE not in reference else None


def _same_call(event: Mapping[str, object], everyone: Sequence[Addressee]) -> Sequence[Addressee]:
    """The recipients of the call that an event is from, when it was made of this very batch."""
    variables = event.get("user-variables")
    named = str(variables.get("part", "")) if isinstance(variables, dict) else ""
    first, _, rest = named.partition("-")
    last = rest.partition("-")[0]
    if not (first.isdecimal() and last.isdecimal()):
        return ()
    chosen = [one for one in everyone if int(first) <= one.place <= int(last)]
    return chosen if chosen and part(chosen) == named else ()
