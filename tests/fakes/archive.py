"""A feed's archive in memory, and readers that follow its links."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path

from lxml import etree

from pipeline.domain.archive import ArchiveMonth, Retraction, archive_month, first_open_month
from pipeline.domain.article import Article

ATOM = "{http://www.w3.org/2005/Atom}"


@dataclass
class ArticlesInMemory:
    """Articles and the months that they are filed under; counts what is asked of it."""

    now: datetime
    filed: dict[int, tuple[int, Article]] = field(default_factory=dict)
    retracted: list[Retraction] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    changes: int = 0

    def arrive(self, *articles: Article, backlog: bool = False) -> None:
        for article in articles:
            month = archive_month(article.published, self.now, backlog=backlog)
            self.filed[article.id] = (month, replace(article, first_seen=self.now))
        self.changes += 1

    def edit(self, article: Article) -> None:
        month, before = self.filed[article.id]
        self.filed[article.id] = (month, replace(article, revision=before.revision + 1, changed=self.now))
        self.changes += 1

    def retract(self, article: Article) -> None:
        del self.filed[article.id]
        self.retracted.insert(0, Retraction(public_id=article.public_id, when=self.now))
        self.changes += 1

    def newest(self, months: Sequence[int] = ()) -> list[Article]:
        chosen = [article for month, article in self.filed.values() if not months or month in months]
        return sorted(chosen, key=lambda article: (article.published, article.id), reverse=True)

    def selection(self, limit: int | None) -> str:
        return repr([(article.id, article.revision) for article in self.newest()[:limit]])

    # What the publish stage asks (pipeline.publish.archive.Archive)

    def version(self) -> str:
        return f"{self.changes} {first_open_month(self.now)}"

    def months(self) -> Sequence[ArchiveMonth]:
        self.asked.append("months")
        rows = sorted((month, article.id, article.revision) for month, article in self.filed.values())
        return [
            ArchiveMonth(
                number=month,
                articles=frozenset(article.id for _, article in self.filed.values() if _ == month),
                digest=repr(list(found)),
                closed=month < first_open_month(self.now),
            )
            for month, found in groupby(rows, key=lambda row: row[0])
        ]

    def articles(self, months: Sequence[int]) -> Iterable[Article]:
        self.asked.append(f"articles {' '.join(map(str, months))}")
        return self.newest(months)

    def retractions(self) -> Sequence[Retraction]:
        return tuple(self.retracted)


@dataclass(frozen=True)
class ReadDocument:
    """What a reader takes from a document: the ids of its entries, and its links by their relations."""

    ids: tuple[str, ...]
    links: Mapping[str, str]
    is_archive: bool


def read_document(path: Path) -> ReadDocument:
    if path.suffix == ".json":
        feed = json.loads(path.read_bytes())
        links = {"prev-archive": feed["next_url"]} if "next_url" in feed else {}
        return ReadDocument(tuple(item["id"] for item in feed["items"]), links, is_archive=False)
    root = etree.parse(path).getroot()
    head = root if root.tag == f"{ATOM}feed" else root[0]
    ids = [element.text or "" for element in (*head.findall(f"{ATOM}entry/{ATOM}id"), *head.findall("item/guid"))]
    links = {link.get("rel", "alternate"): link.get("href", "") for link in head.findall(f"{ATOM}link")}
    mark = head.find("{http://purl.org/syndication/history/1.0}archive")
    return ReadDocument(tuple(ids), links, is_archive=mark is not None)


@dataclass
class FollowingReader:
    """A reader as RFC 5005 has it: it follows prev-archive until it comes to a document that it has read before."""

    directory: Path
    feeds_url: str
    url: str
    known: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    """All that it ever saw."""

    def poll(self) -> list[ReadDocument]:
        """What it read this time, the subscription document first."""
        read = []
        url = self.url
        while url and url not in self.known:
            document = read_document(self.directory / url.removeprefix(f"{self.feeds_url}/"))
            if url != self.url:
                self.known.add(url)
            self.ids.update(document.ids)
            read.append(document)
            url = document.links.get("prev-archive", "")
        return read
