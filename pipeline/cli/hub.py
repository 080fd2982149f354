"""`rundbrief hub`: who is told of changes in the feeds, and how that goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from pipeline.cli.everywhere import invocation
from pipeline.cli.groups import listing

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from pipeline.publish.websub.records import HubSubscription, TopicState

app = listing("Who is told of changes in the feeds (WebSub).")


@app.command("list")
def list_topics(context: typer.Context) -> None:
    r"""List the topics of WebSub and their subscriptions.

    Topics are the documents that may be subscribed to. With a hub of others there are no subscriptions here, but when
    that hub was last told of a change. Of callbacks the query is not shown: it may hold what only the subscriber
    should know.

    \b
    Example:
      rundbrief hub
    """
    from pipeline.cli.output import print_json, print_table, say
    from pipeline.wiring.websub import hub_address, is_ours

    asked = invocation(context)
    with asked.app() as opened:
        websub, zone, now = opened.store.websub, opened.settings.site.timezone, opened.clock()
        hub, ours = hub_address(opened.settings), is_ours(opened.settings)
        topics, waiting = websub.topics.all(), websub.requests.waiting()
        subscriptions = [one for one in websub.all() if one.lease_until > now]
    if asked.as_json:
        plain = [_plain(topic, [one for one in subscriptions if one.topic == topic.url], ours=ours) for topic in topics]
        print_json({"hub": hub, "ours": ours, "requests": waiting, "topics": plain})
        return
    if hub is None:
        say("The feeds name no hub. `hub` in [publish] sets one.")
        return
    say(f"The hub is {hub}." + (f" {waiting} requests wait to be verified." if waiting else ""))
    say()
    empty = "Nothing was published yet. `rundbrief run` does so."
    if not ours:
        print_table(("TOPIC", "CHANGED", "TOLD", "STATE"), [_told(topic, zone) for topic in topics], empty=empty)
        return
    counted = [(topic.url, _time(topic.changed, zone), _count(subscriptions, topic)) for topic in topics]
    print_table(("TOPIC", "CHANGED", "SUBSCRIPTIONS"), counted, empty=empty)
    if subscriptions:
        say()
        print_table(
            ("CALLBACK", "TOPIC", "SINCE", "UNTIL", "LAST DELIVERY", "FAILURES", "NEXT TRY", "ERROR"),
            [_row(one, zone) for one in subscriptions],
            empty="",
            free=("CALLBACK", "TOPIC", "ERROR"),
        )


def _told(topic: TopicState, zone: tzinfo) -> tuple[object, ...]:
    state = "up to date"
    if topic.owed:
        state = f"to be told, next try {_time(topic.next_try, zone) or 'now'}"
        state += f": {topic.tries.error}" if topic.tries.error else ""
    return topic.url, _time(topic.changed, zone), _time(topic.pinged, zone) or "never", state


def _row(one: HubSubscription, zone: tzinfo) -> tuple[object, ...]:
    return (
        _shown(one.callback),
        one.topic,
        _time(one.subscribed, zone),
        _time(one.lease_until, zone),
        _time(one.delivered, zone) or "none yet",
        one.tries.failures,
        _time(one.next_try, zone),
        one.tries.error,
    )


def _count(subscriptions: list[HubSubscription], topic: TopicState) -> int:
    return sum(one.topic == topic.url for one in subscriptions)


def _time(moment: datetime | None, zone: tzinfo) -> str:
    from pipeline.cli.times import shown

    return shown(moment, zone)


def _shown(callback: str) -> str:
    before, question, _ = callback.partition("?")
    return f"{before}?…" if question else before


def _plain(topic: TopicState, subscriptions: list[HubSubscription], *, ours: bool) -> dict[str, Any]:
    return {
        "url": topic.url,
        "changed": topic.changed,
        "told": topic.pinged,
        "owed": topic.owed and not ours,
        "failures": topic.tries.failures,
        "error": topic.tries.error,
        "subscriptions": [
            {
                "callback": _shown(one.callback),
                "since": one.subscribed,
                "until": one.lease_until,
                "signed": one.secret is not None,
                "delivered": one.delivered,
                "current": one.digest == topic.digest,
                "failures": one.tries.failures,
                "failing_since": one.tries.since,
                "next_try": one.next_try,
                "error": one.tries.error,
            }
            for one in subscriptions
        ],
    }
