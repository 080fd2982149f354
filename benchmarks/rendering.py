"""1,000 variants of 10 articles, and personalising; beside rendering and inlining a message for each recipient."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from itertools import combinations, islice

import css_inline

from benchmarks.measure import Row, measure
from pipeline import wiring
from pipeline.domain.message import MergeText
from pipeline.render.inline import Inliner
from pipeline.render.look import Brand, Look, VariantFacts
from pipeline.render.preflight import preflight
from pipeline.render.renderer import Renderer
from tests.fakes.articles import numbered_articles

VARIANTS = 1_000
RECIPIENTS = 10
LOOK = Look(
    name="bench",
    title="Bench",
    from_="Bench <bench@bench.example>",
    site_title="Bench",
    site_url="https://bench.example",
    brand=Brand(postal_address="Bench"),
)
FIELDS = {"greeting": "Guten Tag Anna,", "unsubscribe_url": "https://bench.example/unsubscribe/abc"}


def _facts() -> list[VariantFacts]:
    articles = [(article, f"https://bench.example/{article.id}") for article in numbered_articles(20)]
    slot = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        VariantFacts(cadence="daily", slot=slot, articles=chosen)
        for chosen in islice(combinations(articles, 10), VARIANTS)
    ]


def _renderer() -> Renderer:
    return Renderer([wiring.files.shared("templates")])


def _ours(*, checked: bool) -> None:
    renderer = _renderer()
    for facts in _facts():
        message = renderer.render(LOOK, facts)
        if checked:
            assert not preflight(message, LOOK, FIELDS.keys())


class _Plain(Inliner):
    """Leaves everything as it is."""

    def _document(self, html: str) -> str:
        return html

    def _part(self, html: str) -> str:
        return html


def _each_recipient(inline: str, recipients: int) -> None:
    """What is usual: Jinja2 for each recipient, then an inliner over the whole document; templates are the same."""
    facts = _facts()[0]
    css = _renderer()._frame.templates.render("style.css", {"brand": LOOK.brand, "column": 536})  # noqa: SLF001
    with_premailer = Inliner(css)
    with_css_inline = css_inline.CSSInliner(extra_css=css, keep_style_tags=True, load_remote_stylesheets=False)
    renderer = _renderer()
    renderer._frame._inliner = lambda _: _Plain("")  # type: ignore[assignment]  # noqa: SLF001
    renderer._html_part = renderer._render_html_part  # type: ignore[assignment]  # noqa: SLF001
    for _ in range(recipients):
        html = renderer.render(LOOK, facts).merge_html.join(FIELDS)
        if inline == "premailer":
            with_premailer._document(html)  # noqa: SLF001
        else:
            with_css_inline.inline(html)


def _per_join() -> float:
    """Microseconds to personalise the HTML of one message."""
    text = MergeText.split(_renderer().render(LOOK, _facts()[0]).html)
    count = 100_000
    started = time.process_time()
    for _ in range(count):
        text.join(FIELDS)
    return (time.process_time() - started) / count * 1e6


def _per_recipient(inline: str) -> float:
    """Seconds, without the first, which compiles the templates."""
    more, one = measure(_each_recipient, inline, RECIPIENTS + 1), measure(_each_recipient, inline, 1)
    return (more.cpu - one.cpu) / RECIPIENTS


def run() -> list[Row]:
    ours = measure(partial(_ours, checked=False))
    checked = measure(partial(_ours, checked=True))
    peers = {name: _per_recipient(name) for name in ("premailer", "css-inline")}
    each = "; ".join(f"Jinja2 + {name} for each recipient: {seconds * 1e3:.0f} ms" for name, seconds in peers.items())
    return [
        Row(
            work="1,000 variants of 10 articles",
            ours=f"{ours.cpu:.1f} s",
            peer=f"Jinja2 + premailer for each: {peers['premailer'] * VARIANTS:.0f} s (from {RECIPIENTS})",
            goal="10 s",
        ),
        Row(work="the same, and preflight of each", ours=f"{checked.cpu:.1f} s", goal="10 s"),
        Row(work="personalising one message", ours=f"{_per_join():.1f} µs", peer=each, goal="5 µs"),
    ]
