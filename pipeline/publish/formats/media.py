"""Media RSS (the namespace that readers take lead pictures from), in Atom and RSS alike."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.domain.article import Enclosure, Picture
from pipeline.publish.formats.xml_text import element, parent

MEDIA = "http://search.yahoo.com/mrss/"
_MEDIUMS = frozenset({"image", "audio", "video"})


def picture_elements(picture: Picture | None) -> Iterator[str]:
    """The lead picture, if it has an address, with its description."""
    if picture is None or picture.url is None:
        return
    width, height = picture.width or None, picture.height or None
    description = [element("media:description", picture.alt, type="plain")] if picture.alt else []
    yield parent("media:content", *description, url=picture.url, medium="image", width=width, height=height)
    # Some readers look only for this.
    yield element("media:thumbnail", url=picture.url, width=width, height=height)


def enclosure_element(enclosure: Enclosure) -> str:
    """A media file, for where the format itself has room for one only."""
    medium = enclosure.media_type.partition("/")[0].lower()
    return parent(
        "media:content",
        *([element("media:title", enclosure.title, type="plain")] if enclosure.title else []),
        url=enclosure.url,
        type=enclosure.media_type,
        medium=medium if medium in _MEDIUMS else None,
        fileSize=enclosure.length or None,
        duration=enclosure.duration or None,
    )


def main_enclosure(enclosures: tuple[Enclosure, ...]) -> Enclosure | None:
    """The one to name where there is room for one only: the first that can be heard or seen, else the first."""
    playable = (one for one in enclosures if one.media_type.lower().startswith(("audio/", "video/")))
    return next(playable, enclosures[0] if enclosures else None)
