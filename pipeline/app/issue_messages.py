"""Variants of issues become messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pipeline import config, wiring
from pipeline.app.picturing import Picturing
from pipeline.audience.tokens import TokenKeys
from pipeline.audience.tracked_links import TrackedLinks
from pipeline.errors import Problem, RenderError
from pipeline.store.store import Store

if TYPE_CHECKING:
    from pipeline.domain.ledger import IssueId
    from pipeline.domain.message import Message
    from pipeline.render.look import Look
    from pipeline.render.renderer import Renderer
    from pipeline.store.variants import FrozenVariant


@dataclass
class IssueMessages:
    """Renders variants.  Threads may share it."""

    settings: config.Config
    store: Store
    picturing: Picturing
    renderer: Callable[[], Renderer]
    keys: Callable[[], TokenKeys]

    def render(self, issue: IssueId) -> list[Problem]:
        """Step: render the variants of an issue that have no message yet, if its newsletter is configured."""
        from pipeline.render.findings import errors  # noqa: PLC0415

        problems: list[Problem] = []
        letters = wiring.mail.newsletters(self.settings)
        for variant in self.store.issues.unrendered(issue):
            newsletter = letters.get(variant.key.newsletter)
            if newsletter is None:
                continue
            look = wiring.mail.look(self.settings, newsletter, variant.language)
            try:
                message = self.message(newsletter, variant, look)
            except RenderError as error:
                problems.append(error.problem)
                continue
            where = f"newsletter {newsletter.name}, {variant.language}"
            if wrong := [one.problem(where) for one in errors(wiring.render.preflight(self.settings, message, look))]:
                problems += wrong
            else:
                self.store.issues.keep_message(variant.id, message)
        return problems

    def message(self, newsletter: config.Newsletter, variant: FrozenVariant, look: Look) -> Message:
        """The message of a variant.  Raises `RenderError`."""
        key = variant.key
        facts = wiring.render.facts(
            newsletter,
            key.cadence,
            key.slot,
            variant.contents,
            wiring.publish.feeds_url(self.settings),
            self.picturing.copies([article.id for article in variant.contents.articles]),
            page_url=wiring.audience.page_url(self.settings, newsletter, variant.path),
        )
        message = self.renderer().render(look, facts)
        return self._tracked(newsletter, variant, message, {facts.page_url, look.site_url, look.archive_url or ""})

    def _tracked(
        self, newsletter: config.Newsletter, variant: FrozenVariant, message: Message, never: set[str]
    ) -> Message:
        """What is counted only where the newsletter says so; else not a byte is different."""
        counts = newsletter.tracking
        if not counts.on:
            return message
        from pipeline.render.tracking import tracked  # noqa: PLC0415

        links, issue = TrackedLinks(self.settings.site.url, self.keys()), variant.issue
        return tracked(
            message,
            partial(links.link, issue) if counts.clicks else None,
            partial(links.pixel, issue) if counts.opens else None,
            never,
        )
