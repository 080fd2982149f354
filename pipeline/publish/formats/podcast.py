"""The namespaces of podcasts in RSS: Apple's, which all directories read, and Podcasting 2.0."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

from lxml import etree

from pipeline.domain.article import Enclosure
from pipeline.publish.feed_article import FeedArticle
from pipeline.publish.formats.xml_text import element
from pipeline.publish.spec import PodcastSpec, SiteSpec
from pipeline.publish.uri import to_uri

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
PODCAST = "https://podcastindex.org/namespace/1.0"

_GUIDS = UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")
_LONGEST = 255
# What Apple takes as an episode.
_EPISODES = ("m4a", "mp3", "mov", "mp4", "m4v", "pdf", "epub")


def podcast_guid(feed_url: str) -> str:
    """The podcast's id, by which directories know it: made from its address, without scheme and last slashes."""
    return str(uuid5(_GUIDS, feed_url.partition("://")[2].rstrip("/")))


def add_podcast(channel: etree._Element, podcast: PodcastSpec, site: SiteSpec, feed_url: str) -> None:
    whose = podcast.owner or site.title
    _itunes(channel, "author").text = (podcast.author or whose)[:_LONGEST]
    _itunes(channel, "image").set("href", to_uri(podcast.image))
    parent = channel
    for name in podcast.category:
        parent = _itunes(parent, "category")
        parent.set("text", name)
    _itunes(channel, "explicit").text = "true" if podcast.explicit else "false"
    _itunes(channel, "type").text = "serial" if podcast.serial else "episodic"
    owner = _itunes(channel, "owner")
    _itunes(owner, "name").text = whose[:_LONGEST]
    _itunes(owner, "email").text = podcast.owner_email
    add_guid(channel, feed_url)
    locked = etree.SubElement(channel, f"{{{PODCAST}}}locked", owner=podcast.owner_email)
    locked.text = "yes" if podcast.locked else "no"


def add_guid(channel: etree._Element, feed_url: str) -> None:
    """What can be said of any feed with something to hear."""
    etree.SubElement(channel, f"{{{PODCAST}}}guid").text = podcast_guid(feed_url)
    etree.SubElement(channel, f"{{{PODCAST}}}medium").text = "podcast"


def episode_elements(article: FeedArticle, enclosure: Enclosure) -> Iterator[str]:
    """What makes an item an episode, if its media file is one that podcasts may have."""
    if enclosure.url.rpartition(".")[2] not in _EPISODES:
        return
    if article.title:
        yield element("itunes:title", article.title)
    if article.authors:
        yield element("itunes:author", ", ".join(author.name for author in article.authors)[:_LONGEST])
    if enclosure.duration:
        yield element("itunes:duration", str(enclosure.duration))
    if article.picture and article.picture.url:
        yield element("itunes:image", href=article.picture.url)
    yield element("itunes:episodeType", "full")


def _itunes(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{ITUNES}}}{name}")
