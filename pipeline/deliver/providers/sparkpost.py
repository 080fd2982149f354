"""SparkPost's transmissions API: one content and values for up to 1,000 recipients a call.

Mail that is not marked as transactional gets a List-Unsubscribe of SparkPost's own in the place of ours.  There are no
idempotency keys; the events can be asked by campaign, which is the batch, for ten days.
https://developers.sparkpost.com/api/transmissions/ and https://developers.sparkpost.com/api/events/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from http import HTTPStatus

from pipeline.deliver.addresses import one_line, parse_mailbox, readable_mailbox
from pipeline.deliver.provider import Capabilities, Shape
from pipeline.deliver.providers.addressees import Addressee
from pipeline.deliver.providers.answers import Reader
from pipeline.deliver.providers.api import ApiProviderWithLog, Call
from pipeline.deliver.providers.dividing import Divisible
from pipeline.deliver.providers.handlebars import literal, template_data, variable
from pipeline.deliver.providers.http_calls import Answer, HttpCalls
from pipeline.deliver.providers.merging import merged
from pipeline.deliver.providers.personal import person
from pipeline.deliver.providers.recipients import accepted, rejected, uncertain
from pipeline.domain.ledger import Batch, Outcome
from pipeline.domain.message import Message
from pipeline.errors import ProviderError, ProviderRejected, ProviderUnavailable, SubmissionUncertain

BASE_URL = "https://api.sparkpost.com"
NO_OWN_HEADER = (
    "SparkPost puts a List-Unsubscribe of its own in the place of ours (RFC 8058), but for mail that is marked as "
    "transactional."
)
_MOST_RECIPIENTS = 1000
_LARGEST_CALL = 20_000_000
_LONGEST_LOG_PAGE = "10000"
# What there is of each message, whatever became of it.
_LOGGED = "injection,delivery,bounce,out_of_band,policy_rejection,generation_failure,generation_rejection"
_SUPPRESSED = "1902"
_NOBODY_VALID = "5002"
_LIMIT_REACHED = 420
_WAITS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1)}


def sparkpost(
    name: str,
    api_key: str,
    *,
    transactional: bool = False,
    base_url: str = BASE_URL,
    timeout: timedelta,
    max_batch: int | None = None,
) -> ApiProviderWithLog:
    """The provider.  ``transactional``: mail is marked so, which is what keeps our List-Unsubscribe."""
    where = f"providers.{name}"
    dialect = SparkPostDialect(
        base_url=base_url.rstrip("/").removesuffix("/api/v1"),
        transactional=transactional,
        reader=Reader(
            label="SparkPost", where=where, key_hint="the API key, and that it may use transmissions and events"
        ),
        capabilities=Capabilities(
            shape=Shape.VARIABLES,
            max_batch=min(max_batch or _MOST_RECIPIENTS, _MOST_RECIPIENTS),
            call_timeout=6 * timeout,
            own_message_id=False,
            no_one_click="" if transactional else NO_OWN_HEADER,
        ),
    )
    calls = HttpCalls(where=where, timeout=timeout, headers={"Authorization": api_key})
    return ApiProviderWithLog(name=name, dialect=dialect, log=dialect, calls=calls, timeout=timeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkPostDialect:
    """SparkPost's way of writing a batch down, of answering, and of showing its events."""

    base_url: str
    transactional: bool
    reader: Reader
    capabilities: Capabilities
    largest_call: int = _LARGEST_CALL

    def call(self, batch: Batch, message: Message, chosen: Sequence[Addressee], part: str) -> Call:  # noqa: ARG002
        content = merged(message, variable, literal)
        sender_name, sender = parse_mailbox(message.from_)
        inline: dict[str, object] = {
            "from": {"email": sender, "name": literal(one_line(sender_name))},
            "subject": content.subject,
            "text": content.text,
            "html": content.html,
            "headers": dict(content.headers),
        }
        if message.reply_to:
            inline["reply_to"] = literal(readable_mailbox(*parse_mailbox(message.reply_to)))
        document: dict[str, object] = {
            "campaign_id": _campaign(batch),
            "metadata": {"batch": str(batch.id), "issue": str(batch.issue_uid)},
            "options": {
                "transactional": self.transactional,
                "open_tracking": False,
                "click_tracking": False,
                "inline_css": False,
            },
            "recipients": [
                {
                    "address": person(one.recipient.name, one.address),
                    "metadata": {"subscriber": str(one.recipient.subscriber)},
                    "substitution_data": template_data(content.values(one.recipient)),
                }
                for one in chosen
            ],
            "content": inline,
        }
        return Call.of_json(f"{self.base_url}/api/v1/transmissions", document)

    def read(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        if answer.status != HTTPStatus.OK:
            return self._refused(answer, chosen)
        results = answer.document.get("results")
        if not isinstance(results, dict) or not results.get("id"):
            raise self.reader.unreadable(answer)
        taken, refused = results.get("total_accepted_recipients"), results.get("total_rejected_recipients")
        if not isinstance(taken, int) or not isinstance(refused, int) or taken + refused != len(chosen):
            raise self.reader.unreadable(answer)
        return _told_apart(chosen, str(results["id"]), refused, _entries(results.get("rcpt_to_errors")))

    def found(self, calls: HttpCalls, batch: Batch, everyone: Sequence[Addressee]) -> Mapping[int, Outcome]:
        by_address = {one.address.casefold(): one for one in everyone}
        since = batch.date.astimezone(UTC) - timedelta(days=1)
        parameters = {
            "campaigns": _campaign(batch),
            "events": _LOGGED,
            "from": f"{since:%Y-%m-%dT%H:%M:%SZ}",
            "per_page": _LONGEST_LOG_PAGE,
        }
        try:
            answer = calls.get(f"{self.base_url}/api/v1/events/message", parameters)
        except ProviderRejected:
            raise
        except ProviderError:
            return {}
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            self.reader.refused(answer)
        found: dict[int, Outcome] = {}
        for event in _entries(answer.document.get("results")):
            # Campaigns are found by words that they have, not as a whole.
            if event.get("campaign_id") != _campaign(batch):
                continue
            addresses = (str(event.get(key, "")).casefold() for key in ("raw_rcpt_to", "rcpt_to"))
            if one := next((by_address[address] for address in addresses if address in by_address), None):
                found[one.place] = accepted(one.recipient, str(event.get("transmission_id") or "") or None)
        return found

    def _refused(self, answer: Answer, chosen: Sequence[Addressee]) -> Sequence[Outcome] | Divisible:
        said, errors = self.reader.said(answer), _entries(answer.document.get("errors"))
        codes = {str(error.get("code")) for error in errors}
        if answer.status == _LIMIT_REACHED:
            words = " ".join(str(error.get("message")) for error in errors).lower()
            if wait := next((wait for word, wait in _WAITS.items() if word in words), answer.retry_after):
                raise ProviderUnavailable(said, where=self.reader.where, retry_after=wait)
        if answer.status == HTTPStatus.BAD_REQUEST and len(chosen) == 1 and codes & {_SUPPRESSED, _NOBODY_VALID}:
            return [rejected(chosen[0].recipient, said, address_fault=True)]
        if answer.status == HTTPStatus.BAD_REQUEST and codes == {_NOBODY_VALID}:
            return Divisible(said, address_fault=True)
        if "results" in answer.document:
            # It made a transmission, and says what is wrong with some of it.
            raise SubmissionUncertain(f"{said}; it may have accepted the others.", where=self.reader.where)
        return self.reader.refused(answer)


def _campaign(batch: Batch) -> str:
    """Without dashes, at which SparkPost's search divides names into words."""
    return batch.id.hex


def _told_apart(
    chosen: Sequence[Addressee], reference: str, refused: int, errors: Sequence[Mapping[str, object]]
) -> Sequence[Outcome]:
    """Who of them was refused.  SparkPost says how many, and names the address in its words, if it does."""
    if refused == len(chosen):
        why = _words(errors[0]) if errors else "SparkPost refuses the address"
        return [rejected(one.recipient, why, address_fault=True) for one in chosen]
    named = {words.rpartition(": ")[2].casefold(): words for words in map(_words, errors)}
    reasons = {one.place: named[key] for one in chosen if (key := one.address.casefold()) in named}
    if len(reasons) != refused:
        unclear = f"SparkPost accepted all but {refused} of the batch, and does not say who these are."
        return [uncertain(one.recipient, unclear) for one in chosen]
    return [
        rejected(one.recipient, reasons[one.place], address_fault=True)
        if one.place in reasons
        else accepted(one.recipient, reference)
        for one in chosen
    ]


def _words(error: Mapping[str, object]) -> str:
    return one_line(str(error.get("description") or error.get("message") or ""))[:300].strip()


def _entries(found: object) -> Sequence[Mapping[str, object]]:
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
