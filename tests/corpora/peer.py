"""How feedparser itself answers, asked as its own tests ask it but from bytes."""

from __future__ import annotations

import warnings
from typing import Any

import feedparser

from pipeline.collect.clean import clean_html
from tests.corpora.archive import Document
from tests.corpora.expectations import Expectation, headers

_MISSING = object()


def peer_answers(document: Document) -> Any:
    served = {"content-type": "application/xml", **headers(document)}
    return feedparser.parse(document.body, response_headers=served)


def holds_for_peer(answer: Any, expectation: Expectation) -> bool:
    value = answer
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for step in expectation.path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                value = _MISSING
                break
    if expectation.value is None:
        return value is _MISSING or value is None
    if value == expectation.value:
        return True
    # Held to the same measure as we are: what our cleaning makes the same is the same.
    return (
        isinstance(value, str)
        and isinstance(expectation.value, str)
        and clean_html(value, None) == clean_html(expectation.value, None)
    )
