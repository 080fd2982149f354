"""One issue to 100,000 subscribers through Mailgun's shape, from freeze to finished, to a sink on loopback."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import Row, measure
from pipeline.deliver.dispatch import Desk
from pipeline.deliver.providers.mailgun import MailgunProvider
from pipeline.domain.audience import NewSubscriber
from pipeline.domain.issue import IMMEDIATE, IssueKey, Terms
from pipeline.domain.message import Message
from pipeline.engine.local import hand_over
from pipeline.store.store import open_store
from tests.fakes.mailing import NEWSLETTER, show, sighting

COUNT = 100_000
START = datetime(2026, 1, 1, tzinfo=UTC)
TERMS = Terms(newsletter=NEWSLETTER, topics=frozenset(), language="de", zone="UTC", local_time=False, batch_size=1000)
MESSAGE = Message(
    from_="Bench <bench@bench.example>",
    subject="Bench",
    html="<p>" + "Ein Satz. " * 3000 + "__SUBST_unsubscribe_url__</p>",
    text="Ein Satz. " * 3000 + "__SUBST_unsubscribe_url__",
    headers=(("List-Unsubscribe", "<__SUBST_unsubscribe_url__>"),),
)


def _people(count: int) -> Iterator[NewSubscriber]:
    return (NewSubscriber(address=f"person{n}@bench.example", name=f"Person {n}") for n in range(count))


def _prepare(directory: str, count: int) -> None:
    store = open_store(f"sqlite:///{directory}/bench.db", Path(directory), START)
    store.subscriptions.add_subscribers(_people(count), NEWSLETTER, IMMEDIATE, confirmed=True, now=START)
    show(store, [sighting("a")], START)
    store.articles.release(START)
    store.close()


def _mail(directory: str, url: str) -> None:
    store = open_store(f"sqlite:///{directory}/bench.db", Path(directory), START)
    key = IssueKey(newsletter=NEWSLETTER, cadence=IMMEDIATE, zone="UTC", slot=START)
    issue = store.issues.freeze(key, TERMS, START + timedelta(minutes=1))
    assert issue is not None
    for variant in store.issues.unrendered(issue):
        store.issues.keep_message(variant.id, MESSAGE)
    desk = Desk(
        ledger=store.ledger,
        providers={NEWSLETTER: [MailgunProvider("mailgun", "mg.example.org", "key-test", base_url=url)]},
        fields=lambda addressee, _: {"unsubscribe_url": f"https://bench.example/u/{addressee.subscription}"},
        owner="bench",
        clock=lambda: datetime.now(UTC),
    )
    hand_over(desk)
    assert store.issues.finish(START) == [issue]
    store.close()


def run() -> list[Row]:
    sink = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink"], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    )
    assert sink.stdout
    url = sink.stdout.readline().strip()
    try:
        with tempfile.TemporaryDirectory() as directory:
            _prepare(directory, COUNT)
            done = measure(_mail, directory, url)
    finally:
        sink.terminate()
        sink.wait()
    return [
        Row(
            work=f"one issue to {COUNT:,} subscribers (Mailgun's shape, SQLite)",
            ours=f"{COUNT / done.seconds:,.0f} recipients/s, +{done.megabytes:.0f} MB",
            goal="50,000 recipients/s, 120 MB",
        )
    ]
