"""Records as JSON text and back, for the columns that no query looks into."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from pipeline.domain.article import Author, Content, Enclosure, Origin, Picture, as_json
from pipeline.domain.message import Message


def dump_content(content: Content) -> str:
    given = {name: value for name, value in as_json(content).items() if value not in (None, (), "")}
    return json.dumps(given, default=as_json, ensure_ascii=False)


def load_content(text: str) -> Content:
    given: dict[str, Any] = json.loads(text)
    given["html"] = given.get("html", "")
    given["title"] = given.get("title", "")
    given["authors"] = tuple(Author(**author) for author in given.get("authors", ()))
    given["topics"] = tuple(given.get("topics", ()))
    given["enclosures"] = tuple(Enclosure(**enclosure) for enclosure in given.get("enclosures", ()))
    if "picture" in given:
        given["picture"] = Picture(**given["picture"])
    if "origin" in given:
        given["origin"] = Origin(**given["origin"])
    for name in ("published", "updated"):
        if name in given:
            given[name] = datetime.fromisoformat(given[name])
    return Content(**given)


def dump_message(message: Message) -> str:
    return json.dumps(
        {
            "from_": message.from_,
            "subject": message.subject,
            "html": message.html,
            "text": message.text,
            "headers": message.headers,
            "reply_to": message.reply_to,
            "message_id_domain": message.message_id_domain,
        },
        ensure_ascii=False,
    )


@lru_cache(maxsize=32)
def load_message(text: str) -> Message:
    given: dict[str, Any] = json.loads(text)
    given["headers"] = tuple((name, value) for name, value in given["headers"])
    return Message(**given)
