"""What would be mailed: to how many, what, how large, through whom and until when.  Nothing is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline import config, wiring
from pipeline.app import App
from pipeline.cadence import next_slot, slots_between
from pipeline.domain.issue import IMMEDIATE, IssueContents, IssueKey
from pipeline.domain.slots import SlotFate, settle_slots
from pipeline.engine.due import job_of, zones_of
from pipeline.engine.forecast import outlook
from pipeline.engine.preview import Preview, trial_batch
from pipeline.errors import RenderError

if TYPE_CHECKING:
    from pipeline.render.findings import Finding
    from pipeline.store.planning import ForeseenIssue, ForeseenVariant

RENDERED = 50
"""How many variants of a newsletter are rendered, those for most recipients first; the others count as the average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantPlan:
    """A variant: ``size`` is a message's in bytes, and ``subject`` its subject; both None where it was not rendered."""

    language: str
    contents: IssueContents
    recipients: int
    suppressed: int
    subject: str | None = None
    size: int | None = None
    findings: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePlan:
    """An issue that would be made, or a slot that would end without one, with the ``reason``.

    ``due`` tells whether the slot has come by the time of the plan; else it is the next one, seen from there.
    ``lasts`` is how long the first provider takes within its budget; None where it has none.
    """

    key: IssueKey
    due: bool
    reason: str = ""
    provider: str = ""
    lasts: timedelta | None = None
    variants: tuple[VariantPlan, ...] = ()

    @property
    def recipients(self) -> int:
        return sum(one.recipients for one in self.variants)

    @property
    def suppressed(self) -> int:
        return sum(one.suppressed for one in self.variants)

    @property
    def bytes(self) -> int:
        """Of all messages together; variants that were not rendered count as the average of those that were."""
        known = [(one.size, one.recipients) for one in self.variants if one.size is not None]
        counted = sum(recipients for _, recipients in known)
        total = sum(size * recipients for size, recipients in known)
        return total * self.recipients // counted if counted else 0


@dataclass(slots=True)
class Planner:
    """Plans for a time; what issues have in common is rendered once."""

    app: App
    at: datetime
    _rendered: dict[str, dict[tuple[str, str, IssueContents], VariantPlan]] = field(default_factory=dict)

    def plan(self, newsletter: config.Newsletter) -> Iterator[IssuePlan]:
        """Each cadence's issues: those for slots that have come, else the next one."""
        own = newsletter.timezone.key
        for cadence, cron in newsletter.cadences.items():
            if cron is None:
                key = IssueKey(newsletter=newsletter.name, cadence=IMMEDIATE, zone=own, slot=self.at)
                yield self._issue(newsletter, key, due=True, at=self.at)
                continue
            for zone in zones_of(self.app, newsletter, cadence):
                yield from self._slots(newsletter, cadence, cron, zone)

    def _slots(self, newsletter: config.Newsletter, cadence: str, cron: str, zone: str) -> Iterator[IssuePlan]:
        known = self.app.store.runs.known_slot(job_of(newsletter, cadence, zone)) or self.app.clock()
        waiting = list(slots_between(cron, zone, known, self.at)) if known < self.at else []
        come = False
        for verdict in settle_slots(waiting, self.at, newsletter.max_lateness):
            key = IssueKey(newsletter=newsletter.name, cadence=cadence, zone=zone, slot=verdict.slot)
            if verdict.fate is SlotFate.DUE:
                come = True
                yield self._issue(newsletter, key, due=True, at=self.at)
            else:
                yield IssuePlan(key=key, due=True, reason=f"{verdict.fate.value}: {verdict.reason}")
        following = next_slot(cron, zone, self.at)
        if not come and following is not None:
            key = IssueKey(newsletter=newsletter.name, cadence=cadence, zone=zone, slot=following)
            yield self._issue(newsletter, key, due=False, at=following)

    def _issue(self, newsletter: config.Newsletter, key: IssueKey, *, due: bool, at: datetime) -> IssuePlan:
        providers = self.app.providers(newsletter)
        issue = self.app.store.issues.foresee(key, wiring.mail.terms(newsletter, providers), at)
        name = providers[0].name
        return IssuePlan(
            key=key,
            due=due,
            reason=issue.reason,
            provider=name,
            lasts=self._lasts(newsletter.name, issue.recipients, at),
            variants=tuple(self._variants(newsletter, key, issue)),
        )

    def _lasts(self, newsletter: str, recipients: int, at: datetime) -> timedelta | None:
        """How long it takes to hand over so many, if nothing else uses the provider's budget."""
        expected = outlook(self.app, newsletter, recipients, at)
        return expected.ends - at if expected and expected.limited and expected.ends else None

    def _variants(self, newsletter: config.Newsletter, key: IssueKey, issue: ForeseenIssue) -> Iterator[VariantPlan]:
        for variant in issue.variants:
            common = (key.cadence, variant.language, variant.contents)
            rendered = self._rendered.setdefault(newsletter.name, {})
            if common not in rendered and len(rendered) < RENDERED:
                rendered[common] = self._render(newsletter, key, variant)
            yield _for(variant, rendered.get(common))

    def _render(self, newsletter: config.Newsletter, key: IssueKey, variant: ForeseenVariant) -> VariantPlan:
        from pipeline.deliver import mime  # noqa: PLC0415  (these load slowly)
        from pipeline.render.findings import Finding, Level  # noqa: PLC0415

        app, plain = self.app, _for(variant, None)
        look = wiring.mail.look(app.settings, newsletter, variant.language)
        copies, base = (
            app.picturing.copies([one.id for one in variant.contents.articles]),
            wiring.publish.feeds_url(app.settings),
        )
        facts = wiring.render.facts(newsletter, key.cadence, key.slot, variant.contents, base, copies)
        try:
            message = app.renderer.render(look, facts)
        except RenderError as error:
            failed = Finding(code="render", place="", what=str(error), level=Level.ERROR)
            return replace(plain, findings=(failed,))
        shown = Preview(
            newsletter=newsletter.name,
            cadence=key.cadence,
            language=variant.language,
            slot=key.slot,
            articles=variant.contents.articles,
            due=True,
            message=message,
        )
        batch = trial_batch(app, shown, "anna.beispiel@example.org", "Anna Beispiel")
        return replace(
            plain,
            subject=message.subject,
            size=len(mime.build(message, batch.recipients[0], batch)),
            findings=tuple(wiring.render.preflight(app.settings, message, look)),
        )


def _for(variant: ForeseenVariant, rendered: VariantPlan | None) -> VariantPlan:
    """The variant's plan, with what is known of a message that is the same."""
    return VariantPlan(
        language=variant.language,
        contents=variant.contents,
        recipients=variant.recipients,
        suppressed=variant.suppressed,
        subject=rendered.subject if rendered else None,
        size=rendered.size if rendered else None,
        findings=rendered.findings if rendered else (),
    )
