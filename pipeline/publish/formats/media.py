"""Media RSS (the namespace that readers take lead pictures from), in Atom and RSS alike."""

from __future__ import annotations

from lxml import etree

from pipeline.domain.article import Picture

MEDIA = "http://search.yahoo.com/mrss/"


def add_picture(entry: etree._Element, picture: Picture | None) -> None:
    """Name the lead picture, if it has an address, with its description."""
    if picture is None or picture.url is None:
        return
    content = etree.SubElement(entry, f"{{{MEDIA}}}content", url=picture.url, medium="image")
    for name, pixels in (("width", picture.width), ("height", picture.height)):
        if pixels:
            content.set(name, str(pixels))
    if picture.alt:
        etree.SubElement(content, f"{{{MEDIA}}}description", type="plain").text = picture.alt
