"""What a source showed before: whether an answer shows anything of it, and which addresses are of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from pipeline.domain.article import Sighting
from pipeline.domain.identity import AliasKind, aliases, url_alias
from pipeline.store.statements import are_one_of
from pipeline.store.tables import alias, sighting

_PAGE = 200


def shows_known(tx: Connection, source: str, sightings: Sequence[Sighting]) -> bool:
    """Whether one of them is an article that this source showed before, by its key, address or text."""
    if any(seen.content is None for seen in sightings):
        return True
    mine = select(sighting.c.article_id).where(sighting.c.source == source)
    for start in range(0, len(sightings), _PAGE):
        page = sightings[start : start + _PAGE]
        names = [other for seen in page if seen.content for other in aliases(source, seen.key, seen.content)]
        by_key = mine.where(sighting.c.key.in_([seen.key for seen in page])).limit(1)
        by_name = (
            mine.join(alias, alias.c.article_id == sighting.c.article_id)
            .where(are_one_of(alias.c.kind, alias.c.value, names), ~alias.c.shared)
            .limit(1)
        )
        if tx.execute(by_key).first() or (names and tx.execute(by_name).first()):
            return True
    return False


def shown(tx: Connection, source: str, names: Iterable[str]) -> frozenset[str]:
    """Those of these keys and addresses under which this source showed an article before."""
    found: set[str] = set()
    distinct = list(dict.fromkeys(names))
    for start in range(0, len(distinct), _PAGE):
        page = distinct[start : start + _PAGE]
        mine = select(sighting.c.key).where(sighting.c.source == source, sighting.c.key.in_(page))
        found.update(tx.execute(mine).scalars())
        addresses = {name: named[1] for name in page if (named := url_alias(name))}
        by_address = (
            select(alias.c.value)
            .join(sighting, sighting.c.article_id == alias.c.article_id)
            .where(
                sighting.c.source == source,
                alias.c.kind == AliasKind.URL.value,
                alias.c.value.in_(set(addresses.values())),
                ~alias.c.shared,
            )
        )
        values = set(tx.execute(by_address).scalars())
        found.update(name for name, value in addresses.items() if value in values)
    return frozenset(found)
