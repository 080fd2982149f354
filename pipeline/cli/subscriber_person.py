"""`rundbrief subscribers show`, `edit` and `erase`: one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.failures import FAILED, WrongUse, report_problems
from pipeline.cli.subscriber_options import Address, Newsletter
from pipeline.errors import Problem

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.domain.audience import Subscription, Suppression


def show(context: typer.Context, address: Address) -> None:
    r"""Show one person: what they agreed to, what they chose, what they got and did.

    \b
    Example:
      rundbrief subscribers show anna@example.org
    """
    from pipeline.cli.output import print_json

    asked = invocation(context)
    with asked.app() as opened:
        first = next(opened.store.subscriptions.listed(address=address, limit=1), None)
        known = opened.store.preferences.everything(first.id) if first else None
        waiting = opened.store.preferences.unconfirmed(address)
        suppressed = opened.store.subscriptions.suppression(address)
        zone = opened.settings.site.timezone
    problems = [] if known or suppressed or waiting else [_unknown(address)]
    report_problems(problems)
    if asked.as_json:
        why = suppressed and {"reason": suppressed.reason, "since": suppressed.since, "detail": suppressed.detail}
        print_json({"subscriber": known, "unconfirmed": waiting, "suppressed": why, "problems": problems})
    elif not problems:
        _tell({**(known or {}), "unconfirmed": waiting}, suppressed, zone)
    if problems:
        raise typer.Exit(FAILED)


def edit(
    context: typer.Context,
    address: Address,
    newsletter: Newsletter,
    cadence: Annotated[str | None, typer.Option(metavar="C", help="Another cadence.")] = None,
    name: Annotated[str | None, typer.Option(help="What the person is called; the same for all newsletters.")] = None,
    language: Annotated[
        str | None, typer.Option(metavar="TAG", help='Such as de; "" for the newsletter\'s own.')
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help='Such as Europe/Berlin; "" for the newsletter\'s own.')
    ] = None,
    topics: Annotated[
        list[str] | None,
        typer.Option("--topics", metavar="TOPIC", help='Only these topics (may be repeated); "" for all.'),
    ] = None,
) -> None:
    r"""Change what somebody chose, because they asked for it. It counts from the next issue on, and revives nobody.

    Whoever is to have another address changes it by the link in their mails, which proves that it is theirs.

    \b
    Example:
      rundbrief subscribers edit anna@example.org --newsletter wochenblick --cadence weekly --topics KI
    """
    from pipeline.audience.choices import choice_of
    from pipeline.cli.names import cadence_named, newsletter_named
    from pipeline.cli.output import print_json, say
    from pipeline.cli.people import person_of
    from pipeline.cli.subscribers import plain
    from pipeline.domain.audience import Choice

    asked = invocation(context)
    given = person_of(
        address,
        name=name or "",
        language=language or "",
        timezone=timezone or "",
        topics=list(filter(None, topics or ())),
    )
    with asked.app() as opened:
        letter = newsletter_named(opened.settings, newsletter)
        before = _subscription(opened, given.address, letter.name)
        old = choice_of(before)
        choice = Choice(
            cadence=cadence_named(letter, cadence) if cadence else old.cadence,
            topics=old.topics if topics is None else given.topics,
            language=old.language if language is None else given.language,
            timezone=old.timezone if timezone is None else given.timezone,
        )
        now, store = opened.clock(), opened.store.preferences
        if choice != old:
            store.choose(before.id, choice, now)
        if name is not None and given.name != before.subscriber.name:
            store.rename(before.id, given.name, now)
        after = _subscription(opened, given.address, letter.name)
    if asked.as_json:
        print_json({"changed": after != before, "subscriber": plain(after)})
    else:
        say(f"{given.address}: {'changed' if after != before else 'nothing to change'}.")


def erase(context: typer.Context, address: Address) -> None:
    r"""Delete everything that is known of a person, from all newsletters, for good.

    What stays is a keyed hash of the address, so that no list brings them back; they can sign up again by themselves.

    \b
    Example:
      rundbrief subscribers erase anna@example.org
    """
    from pipeline.cli.output import print_json, say

    asked = invocation(context)
    with asked.app() as opened:
        erased = opened.store.preferences.erase_address(address.strip(), opened.clock())
    problems = [] if erased else [_unknown(address)]
    report_problems(problems)
    if asked.as_json:
        print_json({"erased": erased, "problems": problems})
    elif erased:
        say(f"All that was known of {address.strip()} is deleted. No list brings it back.")
    if problems:
        raise typer.Exit(FAILED)


def _unknown(address: str) -> Problem:
    return Problem(code="unknown-address", where=address, what="Nothing is known of it.")


def _subscription(opened: App, address: str, newsletter: str) -> Subscription:
    found = next(opened.store.subscriptions.listed(newsletter=newsletter, address=address), None)
    if found is None:
        mend = "`rundbrief subscribers add` adds one."
        raise WrongUse(f"There is no subscription to {newsletter}.", where=address, mend=mend)
    return found


def _tell(known: Mapping[str, Any], suppressed: Suppression | None, zone: Any) -> None:  # noqa: ANN401  (zoneinfo's)
    from pipeline.cli.output import print_facts, print_table, say
    from pipeline.cli.times import shown

    def when(text: str | None) -> str:
        return shown(datetime.fromisoformat(text), zone) if text else ""

    if suppressed is not None:
        reason = f"{suppressed.reason.value.replace('_', ' ')}, since {shown(suppressed.since, zone)}"
        print_facts([("suppressed", f"{reason}  {suppressed.detail}".rstrip())])
    if "address" in known:
        since = when(known["known_since"])
        print_facts([("address", known["address"]), ("name", known["name"]), ("known since", since)])
    tables: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (
        (
            "subscriptions",
            (
                ("newsletter", "NEWSLETTER"),
                ("state", "STATE"),
                ("ended_how", "ENDED"),
                ("cadence", "CADENCE"),
                ("topics", "TOPICS"),
                ("language", "LANGUAGE"),
                ("timezone", "TIME ZONE"),
                ("created", "CREATED"),
                ("changed", "CHANGED"),
                ("paused_until", "PAUSED UNTIL"),
            ),
        ),
        (
            "unconfirmed",
            (
                ("newsletter", "NOT CONFIRMED YET"),
                ("asked", "ASKED"),
                ("asked_from", "FROM"),
                ("name", "NAME"),
                ("cadence", "CADENCE"),
                ("topics", "TOPICS"),
                ("language", "LANGUAGE"),
                ("timezone", "TIME ZONE"),
            ),
        ),
        (
            "consents",
            (
                ("newsletter", "NEWSLETTER"),
                ("to", "AGREED TO"),
                ("asked", "ASKED"),
                ("asked_from", "FROM"),
                ("brought_along", "BROUGHT ALONG"),
                ("confirmed", "CONFIRMED"),
                ("words", "WORDS"),
            ),
        ),
        ("issues", (("newsletter", "NEWSLETTER"), ("slot", "ISSUE OF"), ("outcome", "OUTCOME"))),
        ("events", (("at", "AT"), ("what", "WHAT"), ("provider", "TOLD BY"))),
        (
            "messages_about_subscriptions",
            (("created", "MESSAGE OF"), ("what", "WHAT"), ("newsletter", "NEWSLETTER"), ("state", "STATE")),
        ),
        ("private_feeds", (("newsletter", "PRIVATE FEED OF"), ("created", "SINCE"))),
    )
    times = {"created", "changed", "paused_until", "asked", "brought_along", "confirmed", "slot", "at"}
    for name, columns in tables:
        rows = known.get(name, ())
        if not rows:
            continue
        used = [(key, title) for key, title in columns if any(row.get(key) for row in rows)]
        if "address" in known:
            say()
        print_table(
            [title for _, title in used],
            [[when(row.get(key)) if key in times else row.get(key) for key, _ in used] for row in rows],
            empty="",
            free=("WORDS", "TOPICS"),
        )
