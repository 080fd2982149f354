"""What would be mailed: to how many, what, how large, through whom and until when.  Nothing is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline import config, wiring
from pipeline.app import App
from pipeline.domain.issue import IssueContents, IssueKey
from pipeline.engine.forecast import outlook
from pipeline.engine.links import Links
from pipeline.engine.planned_slots import planned_slots
from pipeline.engine.preview import Preview, trial_batch
from pipeline.engine.spam_filter import spam_findings
from pipeline.errors import RenderError

if TYPE_CHECKING:
    from pipeline.domain.ledger import IssueId
    from pipeline.domain.message import Message
    from pipeline.render.findings import Finding
    from pipeline.store.planning import ForeseenIssue, ForeseenVariant
    from pipeline.store.plans import SavedVariant

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
    ``lasts`` is how long the first provider takes within its budget; None where it has none.  ``issue`` is the one that
    a saved plan has been frozen as.
    """

    key: IssueKey
    due: bool
    issue: IssueId | None = None
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
    """Plans for a time; what issues have in common is rendered once.

    With ``links`` every address in a message is asked whether it is still there.
    """

    app: App
    at: datetime
    links: Links | None = None
    _rendered: dict[str, dict[tuple[str, str, IssueContents], VariantPlan]] = field(default_factory=dict)

    def plan(self, newsletter: config.Newsletter, only: str | None = None) -> Iterator[IssuePlan]:
        """Each cadence's issues, or only one's: those for slots that have come, else the next one."""
        for cadence in newsletter.cadences:
            if only in (None, cadence):
                for slot in planned_slots(self.app, newsletter, cadence, self.at):
                    if slot.ends:
                        yield IssuePlan(key=slot.key, due=True, reason=slot.ends)
                    else:
                        at = self.at if slot.due else slot.key.slot
                        yield self._issue(newsletter, slot.key, due=slot.due, at=at)

    def saved(self, newsletter: config.Newsletter, key: IssueKey, id_: IssueId, *, due: bool) -> IssuePlan:
        """A plan that is saved, as it will go out."""
        variants = tuple(
            self._measured(newsletter, key, _for(variant, None), variant.message)
            for variant in self.app.store.plans.saved(id_)
        )
        recipients = sum(one.recipients for one in variants)
        return IssuePlan(
            key=key,
            due=due,
            issue=id_,
            provider=self.app.providers(newsletter)[0].name,
            lasts=self._lasts(newsletter.name, recipients, self.at if due else key.slot),
            variants=variants,
        )

    def _issue(self, newsletter: config.Newsletter, key: IssueKey, *, due: bool, at: datetime) -> IssuePlan:
        providers = self.app.providers(newsletter)
        issue = self.app.store.plans.foresee(key, wiring.mail.terms(newsletter, providers), at)
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
        from pipeline.render.findings import Finding, Level  # noqa: PLC0415  (it loads slowly)

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
        return self._measured(newsletter, key, plain, message)

    def _measured(
        self, newsletter: config.Newsletter, key: IssueKey, plain: VariantPlan, message: Message
    ) -> VariantPlan:
        """With what its message shows: the subject, the size, and what is wrong with it."""
        from pipeline.deliver import mime  # noqa: PLC0415  (it loads slowly)

        shown = Preview(
            newsletter=newsletter.name,
            cadence=key.cadence,
            language=plain.language,
            slot=key.slot,
            articles=plain.contents.articles,
            due=True,
            message=message,
        )
        batch = trial_batch(self.app, shown, "anna.beispiel@example.org", "Anna Beispiel")
        look = wiring.mail.look(self.app.settings, newsletter, plain.language)
        whole = mime.build(message, batch.recipients[0], batch)
        return replace(
            plain,
            subject=message.subject,
            size=len(whole),
            findings=(
                *wiring.render.preflight(self.app.settings, message, look),
                *spam_findings(self.app, lambda: whole),
                *(self.links.findings(message) if self.links else ()),
            ),
        )


def _for(variant: ForeseenVariant | SavedVariant, rendered: VariantPlan | None) -> VariantPlan:
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
