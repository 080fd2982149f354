"""In which order an issue carries its articles, and under which headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.domain.article import ArticleId
from pipeline.domain.issue import Order, Terms


@dataclass(frozen=True, slots=True)
class Arranged:
    """Articles with their revisions, in the order of the issue; ``sections`` are their topic keys where grouped.

    A section is "" for what stands under no heading: the lead article, and what is carried as links only.
    """

    articles: tuple[tuple[ArticleId, int], ...]
    sections: tuple[str, ...] = ()


def arrange(
    due: Sequence[tuple[ArticleId, int]],
    topics: Mapping[ArticleId, frozenset[str]],
    chosen: frozenset[str],
    terms: Terms,
) -> Arranged:
    """Put articles, which come in the order of their release, into the order of an issue.

    ``topics`` are those of each article, ``chosen`` those that its readers get, empty for all: an article stands under
    the first of its topics that they get.
    """
    ordered = list(due if terms.order is Order.OLDEST else reversed(due))
    lead = next((one for one in ordered if terms.lead in topics[one[0]]), None)
    if lead is not None:
        ordered.remove(lead)
        ordered.insert(0, lead)
    if terms.sections is None:
        return Arranged(tuple(ordered))
    shown = ordered if terms.shown is None else ordered[: terms.shown]
    ranks = {key: rank for rank, key in enumerate(terms.sections)}
    sections: dict[ArticleId, str] = {}
    for one in shown:
        eligible = topics[one[0]] & chosen if chosen else topics[one[0]]
        section = "" if one is lead else min(eligible, key=lambda key: (ranks.get(key, len(ranks)), key), default="")
        sections[one[0]] = section
        ranks.setdefault(section, len(ranks))
    ranks[""] = len(ranks)
    grouped = sorted(shown, key=lambda one: -1 if one is lead else ranks[sections[one[0]]])
    whole = [*grouped, *ordered[len(shown) :]]
    return Arranged(tuple(whole), tuple(sections.get(one[0], "") for one in whole))
