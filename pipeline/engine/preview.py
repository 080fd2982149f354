"""The next issue of a newsletter before anybody gets it: to look at, or as a test to one address."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline import config, wiring
from pipeline.app import App
from pipeline.cadence import next_slot
from pipeline.deliver.ledger import Addressee
from pipeline.domain.article import Article
from pipeline.domain.issue import IMMEDIATE
from pipeline.domain.ledger import Batch, IssueId, Outcome, Recipient, SubscriberId
from pipeline.engine.spam_filter import spam_findings
from pipeline.errors import RenderError

if TYPE_CHECKING:
    from pipeline.domain.message import Message
    from pipeline.render.findings import Finding

# Nobody's: the store counts subscriptions from 1 and will not get that far, so a link with it ends none.
_NO_SUBSCRIPTION = 2**63 - 1
_NOBODY = SubscriberId(0)
_NO_ISSUE = IssueId(0)
_TEST = "[Test] "


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The next issue for a subscriber who chose every topic.

    ``slot`` is what it is for (aware, UTC).  ``due`` is false where nothing new has come, and the newest articles
    stand in for it.
    """

    newsletter: str
    cadence: str
    language: str
    slot: datetime
    articles: tuple[Article, ...]
    due: bool
    message: Message
    findings: Sequence[Finding] = ()


def next_issue(
    app: App, newsletter: config.Newsletter, cadence: str, *, template: str | None = None, language: str | None = None
) -> Preview:
    """Render it and look it over; in another template or language than the newsletter's, if one is given.

    Raises RenderError where there is nothing to render, or a template is wrong.
    """
    now = app.clock()
    terms = wiring.mail.terms(newsletter, app.providers(newsletter))
    upcoming = app.store.issues.next_articles(terms, cadence, now)
    if not upcoming.contents.articles:
        what = "There is no article that it could carry."
        mend = "`rundbrief collect` asks the sources; `topics` in [[newsletters]] says what it carries."
        raise RenderError(what, where=f"newsletter {newsletter.name}", mend=mend)
    slot = _next_slot(newsletter, cadence, now)
    copies = app.picturing.copies([article.id for article in upcoming.contents.articles])
    facts = wiring.render.facts(
        newsletter, cadence, slot, upcoming.contents, wiring.publish.feeds_url(app.settings), copies
    )
    look = wiring.mail.look(app.settings, newsletter, language or newsletter.language)
    if template:
        look = replace(look, template=template)
    message = app.renderer.render(look, facts)
    shown = Preview(
        newsletter=newsletter.name,
        cadence=cadence,
        language=look.language,
        slot=slot,
        articles=upcoming.contents.articles,
        due=upcoming.due,
        message=message,
    )

    def whole() -> bytes:
        from pipeline.deliver import mime  # noqa: PLC0415  (it loads slowly)

        batch = trial_batch(app, shown, "anna.beispiel@example.org", "Anna Beispiel")
        return mime.build(message, batch.recipients[0], batch)

    found = (*wiring.render.preflight(app.settings, message, look), *spam_findings(app, whole))
    return replace(shown, findings=found)


def trial_batch(app: App, preview: Preview, address: str, name: str = "") -> Batch:
    """The preview for one address, as a batch outside the books.  Its unsubscribe link ends nobody's subscription."""
    nobody = Addressee(subscriber=_NOBODY, subscription=_NO_SUBSCRIPTION, address=address, name=name)
    fields = app.merge_fields(nobody, preview.language)
    unique = uuid.uuid4()
    return Batch(
        id=unique,
        issue=_NO_ISSUE,
        issue_uid=unique,
        sequence=1,
        newsletter=preview.newsletter,
        attempt=1,
        date=app.clock(),
        recipients=(Recipient(_NOBODY, address, name, fields),),
        test=True,
    )


def send_test(app: App, newsletter: config.Newsletter, preview: Preview, address: str) -> tuple[str, Outcome]:
    """Hand the preview to the newsletter's first provider.  Returns that one's name and what it said.

    Raises `pipeline.errors.ProviderError`.
    """
    provider = app.providers(newsletter)[0]
    message = replace(preview.message, subject=_TEST + preview.message.subject)
    outcomes = provider.submit(trial_batch(app, preview, address), message)
    return provider.name, outcomes[0]


def _next_slot(newsletter: config.Newsletter, cadence: str, now: datetime) -> datetime:
    if cadence == IMMEDIATE:
        return now
    return next_slot(newsletter.schedules[cadence], newsletter.timezone.key, now) or now
