"""What there is on a WordPress site, what is new, and what changed, in as few light requests as will do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pipeline.collect.sources.wordpress_api import Api, ApiOff, Page
from pipeline.collect.sources.wordpress_memory import Memory
from pipeline.collect.sources.wordpress_post import Row

MOST_PAGES = 1_000
OVERLAP = timedelta(hours=2)
"""WordPress compares local times: in autumn an hour comes twice, and what is edited in the second one looks older."""

_FEW_PAGES = 5
_WALK_AGAIN = timedelta(hours=1)
_WALK_ANYWAY = timedelta(days=1)
_HALF = 2
_MANY = 10

BY_DATE = {"orderby": "date", "order": "desc"}
_BY_EDIT = {"orderby": "modified", "order": "desc"}

IsKnown = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was listed.  ``complete`` tells that ``rows`` are all posts there are; ``too_many`` that some never fit."""

    rows: dict[int, Row]
    complete: bool
    memory: Memory
    too_many: bool = False
    shrunk: bool = False


def survey(api: Api, root: str, first: Page, memory: Memory, is_known: IsKnown) -> Survey:
    """List what is needed, after ``first``, the page of the newest posts.

    A post is seen where its date is new, or it was edited; all are listed where the number of posts is not what it
    was and the new ones make it: then some are gone, or came with an old date.  A scheduled post that appears keeps its
    date of modification, so that edits alone would not show it.
    """
    rows = {row.id: row for row in first.rows}
    ids = tuple(rows)
    if first.last:
        return _judged(rows, first, memory, ids, api.now)
    steady = True
    must_walk = memory.edited is None
    if memory.edited is not None:
        edited, steady, understood = _edited(api, root, memory.edited - OVERLAP)
        rows.update({id_: row for id_, row in edited.items() if id_ not in rows})
        came = len(set(ids) - set(memory.newest))
        moved = first.total is not None and (memory.total is None or first.total != memory.total + came)
        closed = any(row.protected and is_known(row.key) for row in rows.values())
        must_walk = moved or closed or not understood or _older(memory.walked, api.now - _WALK_ANYWAY)
    few = first.total is not None and first.total <= _FEW_PAGES * api.per_page
    if must_walk and (memory.edited is None or few or _older(memory.walked, api.now - _WALK_AGAIN)):
        return _walked(api, root, first, memory, rows)
    after = replace(memory, edited=_newest_edit(rows, memory, api.now))
    if not must_walk:
        after = replace(after, total=first.total if steady else None, newest=ids, shrunk=None)
    return Survey(rows=rows, complete=False, memory=after)


def changed_since(api: Api, root: str, moment: datetime) -> dict[int, Row]:
    """The posts that were published or edited since then."""
    rows: dict[int, Row] = {}
    for number in range(1, MOST_PAGES + 1):
        page = api.page(root, number, after=_written(moment), **BY_DATE)
        rows.update({row.id: row for row in page.rows})
        if page.last:
            break
    return {**_edited(api, root, moment - OVERLAP)[0], **rows}


def _edited(api: Api, root: str, moment: datetime) -> tuple[dict[int, Row], bool, bool]:
    """The posts that were edited since then; whether nothing moved between the pages; whether the server understood.

    The newest edit comes first: a post that is edited in the meantime moves the others to later pages, so that they
    come twice, and none is passed over.  Before WordPress 5.7 ``modified_after`` is ignored, or refused.
    """
    rows: dict[int, Row] = {}
    totals = set()
    for number in range(1, MOST_PAGES + 1):
        try:
            page = api.page(root, number, modified_after=_written(moment), **_BY_EDIT)
        except ApiOff:
            return {}, True, False
        totals.add(page.total)
        rows.update({row.id: row for row in page.rows})
        if page.last or any(row.modified and row.modified < moment - OVERLAP for row in page.rows):
            break
    return {id_: row for id_, row in rows.items() if not row.modified or row.modified >= moment}, len(totals) == 1, True


def _walked(api: Api, root: str, first: Page, memory: Memory, seen: dict[int, Row]) -> Survey:
    """List everything; once more where posts came or went meanwhile, for then one may have been passed over."""
    walk = _walk(api, root, first)
    if walk.last and not walk.sure:
        again = _walk(api, root, api.page(root, 1, **BY_DATE))
        walk = replace(again, rows={**walk.rows, **again.rows} if not again.sure else again.rows)
    if walk.sure:
        whole = Page(rows=tuple(walk.rows.values()), total=walk.total, last=True)
        return _judged(walk.rows, whole, memory, walk.newest, api.now)
    rows = {**seen, **walk.rows}
    edited = _newest_edit(rows, memory, api.now)
    after = replace(memory, edited=edited, total=None, walked=api.now, newest=walk.newest)
    return Survey(rows=rows, complete=False, memory=after, too_many=not walk.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """All pages of the listing; ``sure`` where nothing moved between them."""

    rows: dict[int, Row]
    newest: tuple[int, ...]
    total: int | None
    last: bool
    sure: bool


def _walk(api: Api, root: str, first: Page) -> _Walk:
    rows = {row.id: row for row in first.rows}
    newest = tuple(rows)
    page, number, count, steady = first, 1, len(first.rows), True
    while not page.last and number < MOST_PAGES:
        number += 1
        page = api.page(root, number, **BY_DATE)
        steady = steady and page.total == first.total
        count += len(page.rows)
        rows.update((row.id, row) for row in page.rows)
    sure = steady and page.last and first.total is not None and count == len(rows)
    return _Walk(rows=rows, newest=newest, total=first.total, last=page.last, sure=sure)


def _judged(rows: dict[int, Row], whole: Page, memory: Memory, newest: tuple[int, ...], now: datetime) -> Survey:
    """All posts are listed.  Where most of them are gone at once, that is believed only if it stays so."""
    total = len(rows) if whole.total is None else whole.total
    before = memory.total
    after = replace(memory, edited=_newest_edit(rows, memory, now), total=total, newest=newest, walked=now, shrunk=None)
    if before is not None and before >= _MANY and total < before / _HALF and memory.shrunk != total:
        return Survey(rows=rows, complete=False, memory=replace(after, total=before, shrunk=total), shrunk=True)
    return Survey(rows=rows, complete=True, memory=after)


def _newest_edit(rows: dict[int, Row], memory: Memory, now: datetime) -> datetime:
    """Up to when edits were seen, by the server's own stamps; a stamp in the future must not hide what comes before."""
    stamps = [row.modified for row in rows.values() if row.modified and row.modified <= now]
    oldest = datetime(1990, 1, 1, tzinfo=UTC)
    return max([*stamps, memory.edited or oldest])


def _older(moment: datetime | None, limit: datetime) -> bool:
    return moment is None or moment <= limit


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
