"""`rundbrief send`: one issue of one newsletter, or a test of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, WrongUse, report_problems
from pipeline.errors import MailingHeld, Problem

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.config import Newsletter
    from pipeline.domain.ledger import IssueId
    from pipeline.engine.local import LocalEngine
    from pipeline.engine.report import Report

NewsletterName = Annotated[str, typer.Argument(metavar="NEWSLETTER", help="Its name in the configuration.")]


def send(
    context: typer.Context,
    newsletter: Annotated[
        str | None, typer.Argument(metavar="NEWSLETTER", help="Its name in the configuration; not with --plan.")
    ] = None,
    cadence: Annotated[str | None, typer.Option(metavar="C", help="Which of its cadences, such as daily.")] = None,
    slot: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="The slot that the issue is for; the last one that has come up if absent."),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Mail the next issue to this address only, outside the books."),
    ] = None,
    plans: Annotated[
        list[int] | None,
        typer.Option("--plan", metavar="ID", help="A plan that `rundbrief plan --save` saved, and nothing else."),
    ] = None,
) -> None:
    r"""Mail one issue now, or a test of it to one address.

    The issue goes to everybody who subscribed to that cadence. A slot has one issue: a second call mails nothing, and
    what was left by a crash is gone on with. A test is the next issue as `rundbrief preview` shows it. It counts for
    nothing, and its unsubscribe link ends nobody's subscription.

    A saved plan is mailed as it was shown, byte for byte, to whom it was shown for, but those who have left since.
    Before its slot it is not mailed at once but by the run that comes then.

    \b
    Examples:
      rundbrief send wochenblick --cadence weekly --test redaktion@news.example.org
      rundbrief send wochenblick --cadence weekly
      rundbrief send wochenblick --cadence daily --slot 2026-11-24T07:00
      rundbrief send --plan 12
    """
    from pipeline.cli.names import cadence_named, newsletter_named
    from pipeline.cli.saved_plans import send_plans

    if plans:
        if newsletter or cadence or slot or test:
            raise WrongUse("A saved plan knows what it is for.", where="--plan", mend="Leave everything else out.")
        send_plans(invocation(context), plans)
        return
    if newsletter is None or cadence is None:
        context.fail("Which issue? Name a newsletter and its --cadence, or a --plan.")
    if test is not None and slot is not None:
        raise WrongUse("A test has no slot.", where="--slot", mend="Leave it out: a test is the next issue.")
    asked = invocation(context)
    with asked.app() as opened:
        letter = newsletter_named(opened.settings, newsletter)
        cadence_named(letter, cadence)
        if test is not None:
            _send_test(opened, letter, cadence, test, as_json=asked.as_json)
            return
        at = _checked_slot(letter, cadence, slot, opened.clock())
        _send(opened, letter, cadence, at, as_json=asked.as_json)


def _send(opened: App, letter: Newsletter, cadence: str, slot: datetime | None, *, as_json: bool) -> None:
    from pipeline.cli.output import say
    from pipeline.cli.recording import carry_out
    from pipeline.cli.summary import finish
    from pipeline.engine.due import freeze_one

    if (held := opened.store.standstills.now()) is not None:
        raise MailingHeld(
            f"{held.said(opened.settings.site.timezone)}.", where="mailing", mend="`rundbrief release` lets it go on."
        )

    def frozen() -> Iterator[IssueId]:
        # Nothing is frozen before the engine has looked at the fence and takes what comes from here.
        yield from freeze_one(opened, letter, cadence, slot)

    def work(engine: LocalEngine) -> Report:
        opened.bury_the_dead()
        opened.release()
        return engine.mail(frozen())

    report = carry_out(opened, "send", work)
    if not report.issues and not report.problems and not as_json:
        say("There is nothing to mail: the slot has its issue already, or nothing was released since the last one.")
        return
    finish(opened.settings, report, ("mailed",), as_json=as_json)


def _send_test(opened: App, letter: Newsletter, cadence: str, address: str, *, as_json: bool) -> None:
    from pipeline.cli.output import print_json, say
    from pipeline.cli.people import person_of
    from pipeline.domain.ledger import OutcomeKind
    from pipeline.engine.preview import next_issue, send_test

    to = person_of(address).address
    if (suppressed := opened.store.subscriptions.suppression(to)) is not None:
        what = f"is suppressed ({suppressed.reason.value.replace('_', ' ')}): it gets no mail, not even a test."
        raise WrongUse(what, where=to, mend=f"`rundbrief suppressions remove {to}` lifts that.")
    found = next_issue(opened, letter, cadence)
    provider, outcome = send_test(opened, letter, found, to)
    taken = outcome.kind is OutcomeKind.ACCEPTED
    problems = [] if taken else [Problem(code="test-refused", where=f"provider {provider}", what=outcome.reason)]
    report_problems(problems)
    if as_json:
        sent = {"to": to, "provider": provider, "outcome": outcome.kind, "provider_ref": outcome.provider_ref}
        print_json({"test": {**sent, "subject": found.message.subject, "due": found.due}, "problems": problems})
    elif taken:
        say(f"Provider {provider} has accepted the test for {to}: “[Test] {found.message.subject}”.")
    if problems:
        raise typer.Exit(FAILED)


def _checked_slot(letter: Newsletter, cadence: str, slot: str | None, now: datetime) -> datetime | None:
    """The slot that was asked for.  Raises `WrongUse` for a time that is none of the cadence's, or still to come."""
    if slot is None:
        return None
    from pipeline.cadence import latest_slot
    from pipeline.cli.times import read_time, shown

    cron = letter.cadences[cadence]
    if cron is None:
        mend = "Leave it out: its slots are the moments at which articles are released."
        raise WrongUse(f"The cadence {cadence} has no slots of its own.", where="--slot", mend=mend)
    at, zone = read_time(slot, letter.timezone), letter.timezone
    if at > now:
        raise WrongUse(f"{shown(at, zone)} is still to come.", where="--slot")
    nearest = latest_slot(cron, zone.key, at)
    if nearest != at:
        mend = f"The one before it is {shown(nearest, zone)}." if nearest else ""
        raise WrongUse(f"{shown(at, zone)} is no slot of {cadence} ({cron}).", where="--slot", mend=mend)
    return at
