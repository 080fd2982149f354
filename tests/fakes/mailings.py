"""A message and batches to hand to providers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pipeline.deliver.provider import Provider
from pipeline.domain.ledger import Batch, IssueId, Outcome, Recipient, SubscriberId, batch_id
from pipeline.domain.message import Message, placeholder

ISSUE = uuid.UUID("6f1f3f0e-7a53-4f7c-9f6e-2d2f0a5b9c11")
NAME, UNSUBSCRIBE = placeholder("name"), placeholder("unsubscribe_url")


def a_message(
    *,
    subject: str = f"Grüße, {NAME}: KI & „Roboter“ 🤖",
    html: str = f'<p>Hallo {NAME}, „schöne“ Grüße 🤖 &amp; mehr.</p><p><a href="{UNSUBSCRIBE}">Abmelden</a></p>',
    text: str = f"Hallo {NAME},\n\n„schöne“ Grüße 🤖 & mehr.\n.Punkt am Anfang\n\nAbmelden: {UNSUBSCRIBE}\n",
    from_: str = "Redaktion Übermut <redaktion@news.example.org>",
    reply_to: str | None = "antwort@news.example.org",
    headers: Sequence[tuple[str, str]] = (
        ("List-Id", "KI-Wochenblick <wochenblick.news.example.org>"),
        ("List-Unsubscribe", f"<{UNSUBSCRIBE}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ),
) -> Message:
    return Message(
        from_=from_,
        subject=subject,
        html=html,
        text=text,
        headers=tuple(headers),
        reply_to=reply_to,
        message_id_domain="news.example.org",
    )


def a_recipient(
    number: int, *, address: str | None = None, name: str | None = None, fields: Mapping[str, str] | None = None
) -> Recipient:
    name = f"Jürgen {number}" if name is None else name
    values = {"name": name, "unsubscribe_url": unsubscribe_url(number)} if fields is None else fields
    return Recipient(SubscriberId(number), address or f"person{number}@example.org", name, values)


def unsubscribe_url(number: int) -> str:
    return f"https://news.example.org/u/{number}?token=a%20b&x=1"


def a_batch(*recipients: Recipient, attempt: int = 1, sequence: int = 0, test: bool = False) -> Batch:
    return Batch(
        id=batch_id(ISSUE, 0, sequence),
        issue=IssueId(7),
        issue_uid=ISSUE,
        sequence=sequence,
        newsletter="wochenblick",
        attempt=attempt,
        date=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
        recipients=recipients or (a_recipient(1), a_recipient(2), a_recipient(3)),
        test=test,
    )


def submitted(provider: Provider, recipients: Sequence[Recipient], message: Message | None = None) -> list[Outcome]:
    """The outcomes when a provider is given these recipients, in batches as large as it takes."""
    size = provider.capabilities.max_batch
    outcomes: list[Outcome] = []
    for sequence, start in enumerate(range(0, len(recipients), size)):
        batch = a_batch(*recipients[start : start + size], sequence=sequence)
        outcomes += provider.submit(batch, message or a_message())
    return outcomes
