"""1,000 variants of 10 articles, and personalising; beside Jinja2 and premailer per message."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import combinations, islice

import premailer

from benchmarks.measure import Row, measure
from pipeline import wiring
from pipeline.domain.message import MergeText
from pipeline.render.look import Look, VariantFacts
from pipeline.render.renderer import Renderer
from tests.fakes.articles import numbered_articles

VARIANTS = 1_000
WHOLE = 10
LOOK = Look(
    name="bench",
    title="Bench",
    from_="Bench <bench@bench.example>",
    site_title="Bench",
    site_url="https://bench.example",
)


def _facts() -> list[VariantFacts]:
    articles = [(article, f"https://bench.example/{article.id}") for article in numbered_articles(20)]
    slot = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        VariantFacts(cadence="daily", slot=slot, articles=chosen)
        for chosen in islice(combinations(articles, 10), VARIANTS)
    ]


def _ours() -> None:
    renderer = Renderer([wiring.shared("templates")])
    for facts in _facts():
        renderer.render(LOOK, facts)


def _whole() -> None:
    """Each message inlined as a whole, as is usual."""
    renderer = Renderer([wiring.shared("templates")])
    html = renderer.render(LOOK, _facts()[0]).html
    for _ in range(WHOLE):
        premailer.Premailer(html, keep_style_tags=True, allow_network=False, disable_validation=True).transform()


def _per_join() -> float:
    """Microseconds to personalise the HTML of one message."""
    html = Renderer([wiring.shared("templates")]).render(LOOK, _facts()[0]).html
    text = MergeText.split(html)
    values = {"greeting": "Guten Tag Anna,", "unsubscribe_url": "https://bench.example/unsubscribe/abc"}
    count = 100_000
    started = time.perf_counter()
    for _ in range(count):
        text.join(values)
    return (time.perf_counter() - started) / count * 1e6


def run() -> list[Row]:
    ours, whole = measure(_ours), measure(_whole)
    return [
        Row(
            work="1,000 variants of 10 articles",
            ours=f"{ours.seconds:.1f} s",
            peer=f"premailer on whole messages: {whole.seconds / WHOLE * VARIANTS:.0f} s (from {WHOLE})",
            goal="10 s",
        ),
        Row(work="personalising one message", ours=f"{_per_join():.1f} µs", goal="5 µs"),
    ]
