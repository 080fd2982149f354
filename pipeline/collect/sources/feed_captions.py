"""What media:description says of a picture: its alternative text.

feedparser takes it for a description of the entry, and where that has one, for its content: a newspaper's caption would
stand where the article is.  It looks its handlers up by name, so that these take the places of its own.
"""

from __future__ import annotations

from typing import Any

from feedparser.namespaces import mediarss

CAPTION = "caption"
"""Under this name feedparser's record of a media:content has it, from now on."""

_ELEMENT = "media_caption"
_begin_medium = mediarss.Namespace._start_media_content  # noqa: SLF001 - see above
_begin_description = mediarss.Namespace._start_media_description  # noqa: SLF001
_end_description = mediarss.Namespace._end_media_description  # noqa: SLF001


def _start_content(parser: Any, attributes: dict[str, str]) -> None:  # noqa: ANN401 - feedparser has no types
    _begin_medium(parser, attributes)
    parser.captioned = attributes


def _end_content(parser: Any) -> None:  # noqa: ANN401
    parser.captioned = None


def _start_description(parser: Any, attributes: dict[str, str]) -> None:  # noqa: ANN401
    medium = getattr(parser, "captioned", None)
    entry = parser._get_context()  # noqa: SLF001
    # One that was not closed may be another entry's.
    if medium is not None and not any(one is medium for one in entry.get("media_content", ())):
        medium = None
    # That of a whole group is the only description that videos have (YouTube's), and nothing more than others have.
    if medium is not None or "summary" in entry or "content" in entry:
        parser.caption_of = {} if medium is None else medium
        parser.push(_ELEMENT, 0)
    else:
        _begin_description(parser, attributes)


def _finish_description(parser: Any) -> None:  # noqa: ANN401
    medium = getattr(parser, "caption_of", None)
    if medium is None:
        _end_description(parser)
    else:
        medium.setdefault(CAPTION, parser.pop(_ELEMENT) or "")
        parser.caption_of = None


mediarss.Namespace._start_media_content = _start_content  # noqa: SLF001
mediarss.Namespace._end_media_content = _end_content  # noqa: SLF001
mediarss.Namespace._start_media_description = _start_description  # noqa: SLF001
mediarss.Namespace._end_media_description = _finish_description  # noqa: SLF001
