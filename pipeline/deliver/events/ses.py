"""Events of Amazon SES, which come through an SNS topic.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from pipeline.deliver.event import NotGenuine, Posted, Received, Unreadable
from pipeline.deliver.events import reading
from pipeline.deliver.events.diagnosis import bounce_kind
from pipeline.deliver.events.sns import Fetch, SnsSignature, host_of
from pipeline.domain.audience import SuppressionReason
from pipeline.domain.event import Event, EventKind

_KINDS: Mapping[str, EventKind] = {
    "send": EventKind.ACCEPTED,
    "delivery": EventKind.DELIVERED,
    "deliverydelay": EventKind.DEFERRED,
    "complaint": EventKind.COMPLAINED,
    "subscription": EventKind.UNSUBSCRIBED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "reject": EventKind.REJECTED,
    "rendering failure": EventKind.REJECTED,
}
# What an event of a kind says for itself, and who it is about.
_ABOUT: Mapping[str, tuple[str, str]] = {
    "bounce": ("bounce", "bouncedRecipients"),
    "complaint": ("complaint", "complainedRecipients"),
    "delivery": ("delivery", "recipients"),
    "deliverydelay": ("deliveryDelay", "delayedRecipients"),
    "rendering failure": ("failure", ""),
}
_ON_A_LIST = frozenset({"suppressed", "onaccountsuppressionlist", "unsubscribedrecipient"})


def webhook(topic: str, fetch: Fetch) -> SesWebhook:
    """``topic`` is the topic's ARN.  Raises ValueError for what is none."""
    host_of(topic)
    return SesWebhook(signature=SnsSignature(topic=topic, fetch=fetch), fetch=fetch)


@dataclass(frozen=True, slots=True, kw_only=True)
class SesWebhook:
    """See `pipeline.deliver.event.Webhook`.  It confirms the topic's subscription by itself."""

    signature: SnsSignature
    fetch: Fetch
    content_types: frozenset[str] = frozenset({"text/plain", "application/json"})
    largest: int = 1_000_000
    enough: int = HTTPStatus.BAD_REQUEST

    def receive(self, posted: Posted, now: datetime) -> Received:
        """Raises also `pipeline.errors.PipelineError`, where SNS itself can't be asked now."""
        try:
            message = reading.parse_object(posted.body)
        except Unreadable as error:
            raise NotGenuine("no message") from error
        self.signature.require(message, now)
        if message.get("Type") == "SubscriptionConfirmation":
            url = reading.text(message, "SubscribeURL")
            if not self.signature.is_of_sns(url):
                raise NotGenuine("no address of SNS")
            self.fetch(url)
        if message.get("Type") != "Notification":
            return Received()
        return Received(events=read_notification(message))


def read_notification(message: reading.Document) -> Sequence[Event]:
    """The events of a notification, one for each recipient.  Raises `Unreadable`."""
    content = reading.text(message, "Message")
    try:
        document = reading.parse_object(content)
    except Unreadable:
        # SNS tells in plain words that SES may publish here.
        if content.startswith("Successfully validated SNS topic"):
            return []
        raise
    return list(_events(document, reading.text(message, "MessageId"), message.get("Timestamp")))


def _events(document: reading.Document, id_: str, published: object) -> Iterator[Event]:
    word = reading.text(document, "eventType", "notificationType").lower()
    mail = reading.part(document, "mail")
    about, whom = _ABOUT.get(word, (word, ""))
    data = reading.part(document, about)
    tags = {
        name: values[0] for name, values in reading.part(mail, "tags").items() if isinstance(values, list) and values
    }
    recipients = data.get(whom) if whom else None
    if not isinstance(recipients, list) or not recipients:
        recipients = mail.get("destination")
    headers = reading.part(mail, "commonHeaders")
    for number, recipient in enumerate(recipients if isinstance(recipients, list) else ()):
        one = recipient if isinstance(recipient, dict) else {"emailAddress": recipient}
        said = reading.text(one, "diagnosticCode") or reading.text(data, "reason", "smtpResponse", "errorMessage")
        kind, listed = _meaning(word, data, f"{reading.text(one, 'status')} {said}")
        yield reading.event(
            f"{id_}.{number}",
            kind,
            ours=tags,
            raw=document,
            at=reading.moment(data.get("timestamp")) or reading.moment(published),
            recipient=reading.text(one, "emailAddress"),
            message_id=reading.text(headers, "messageId"),
            why=reading.reason(reading.text(data, "bounceSubType", "complaintFeedbackType"), said),
            listed=listed,
        )


def _meaning(word: str, data: reading.Document, said: str) -> tuple[EventKind, SuppressionReason | None]:
    subtype = reading.text(data, "bounceSubType", "complaintSubType").lower()
    if word == "bounce":
        if subtype in _ON_A_LIST:
            return EventKind.REJECTED, SuppressionReason.HARD_BOUNCE
        permanent = reading.text(data, "bounceType") == "Permanent"
        return (bounce_kind(said) if permanent else EventKind.SOFT_BOUNCE), None
    if word == "complaint" and subtype in _ON_A_LIST:
        return EventKind.REJECTED, SuppressionReason.COMPLAINT
    if word == "complaint" and reading.text(data, "complaintFeedbackType") == "not-spam":
        return EventKind.UNKNOWN, None
    return _KINDS.get(word, EventKind.UNKNOWN), None
