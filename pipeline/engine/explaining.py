"""Explanations: the evidence of the store, put beside what the configuration says comes next."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pipeline import config, wiring
from pipeline.app import App
from pipeline.cadence import next_slot, slots_between
from pipeline.domain.explaining import explain
from pipeline.domain.explanation import Prospect
from pipeline.domain.slots import SlotFate, settle_slots
from pipeline.engine.due import job_of

if TYPE_CHECKING:
    from pipeline.domain.article import ArticleId
    from pipeline.domain.explanation import Evidence, Explanation, SubscriptionFacts


def explain_article(app: App, address: str, article: ArticleId) -> tuple[Evidence, list[Explanation]]:
    """Why whoever has this address got, will get or did not get an article that is there; and by which evidence."""
    now = app.clock()
    terms = {name: wiring.mail.terms(letter, app.providers(letter)) for name, letter in app.newsletters.items()}
    evidence = app.store.evidence.evidence(address, article, terms)
    prospects = {
        one.newsletter: _prospect(app, app.newsletters[one.newsletter], one, now)
        for one in evidence.subscriptions
        if one.newsletter in app.newsletters
    }
    return evidence, explain(evidence, prospects, now, app.settings.site.timezone)


def _prospect(app: App, letter: config.Newsletter, mine: SubscriptionFacts, now: datetime) -> Prospect:
    terms = wiring.mail.terms(letter, app.providers(letter))
    if mine.cadence not in letter.cadences:
        return Prospect(terms=terms)
    cron = letter.cadences[mine.cadence]
    if cron is None:
        return Prospect(terms=terms, scheduled=True)
    zone = (mine.timezone or terms.zone) if terms.local_time else terms.zone
    known = app.store.runs.known_slot(job_of(letter, mine.cadence, zone)) or now
    waiting = list(slots_between(cron, zone, known, now)) if known < now else []
    come = any(one.fate is SlotFate.DUE for one in settle_slots(waiting, now, letter.max_lateness))
    return Prospect(terms=terms, scheduled=True, due=None if come else next_slot(cron, zone, now))
