"""The words of our pages, by language."""

from __future__ import annotations

from collections.abc import Mapping

PAGE_LANGUAGES = ("en", "de")

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "by": "By",
        "updated": "Updated",
        "topics": "Topics",
        "listen": "Media",
        "comments": "Comments",
        "read_on": "Read the article",
        "nothing_yet": "Nothing has been published here yet.",
        "subscribe": "Subscribe",
        "subscribe_help": (
            "This page is the readable twin of a web feed. Copy an address into a feed reader, and new articles come"
            " by themselves: no account, no e-mail address, no tracking."
        ),
        "subscribe_all": "Each of these feeds brings new articles into a feed reader, as soon as they are out.",
        "subscribe_group": "Each of these feeds has the articles of one of them only.",
        "best_choice": "If in doubt, take the first.",
        "what_is_a_feed": "What is a feed?",
        "feed_explained": (
            "A feed is the list of the newest articles in a form that programs understand. A feed reader looks into it"
            " from time to time and shows what is new, from all the sites that you choose, in one place. There are feed"
            " readers for every device: NetNewsWire for Mac and iPhone, Feeder for Android, NewsFlash for Linux,"
            " Thunderbird for all computers, FreshRSS and Miniflux for a server of your own."
        ),
        "how_to_subscribe": "Copy the address of a feed, choose “Add feed” in the reader, and paste it.",
        "all_in_one": "All feeds in one file (OPML)",
        "all_in_one_help": "Most readers can import it.",
        "archives_help": (
            "These documents have the newest articles. Readers that know archives (RFC 5005) find all that there ever"
            " were, month by month:"
        ),
        "feeds": "Feeds",
        "all_feeds": "All feeds",
        "skip": "To the content",
    },
    "de": {
        "by": "Von",
        "updated": "Aktualisiert",
        "topics": "Themen",
        "listen": "Medien",
        "comments": "Kommentare",
        "read_on": "Artikel lesen",
        "nothing_yet": "Hier ist noch nichts erschienen.",
        "subscribe": "Abonnieren",
        "subscribe_help": (
            "Diese Seite ist die lesbare Fassung eines Feeds. Eine der Adressen in einen Feedreader kopieren, und neue"
            " Artikel kommen von selbst: ohne Konto, ohne E-Mail-Adresse, ohne Tracking."
        ),
        "subscribe_all": "Jeder dieser Feeds bringt neue Artikel in einen Feedreader, sobald sie erschienen sind.",
        "subscribe_group": "Jeder dieser Feeds hat nur die Artikel, die dazu gehören.",
        "best_choice": "Im Zweifel die erste Adresse nehmen.",
        "what_is_a_feed": "Was ist ein Feed?",
        "feed_explained": (
            "Ein Feed ist die Liste der neuesten Artikel in einer Form, die Programme verstehen. Ein Feedreader sieht"
            " von Zeit zu Zeit hinein und zeigt, was neu ist: von allen ausgewählten Seiten, an einem Ort. Feedreader"
            " gibt es für jedes Gerät: NetNewsWire für Mac und iPhone, Feeder für Android, NewsFlash für Linux,"
            " Thunderbird für alle Rechner, FreshRSS und Miniflux für den eigenen Server."
        ),
        "how_to_subscribe": "Die Adresse eines Feeds kopieren, im Reader „Feed hinzufügen“ wählen und sie einfügen.",
        "all_in_one": "Alle Feeds in einer Datei (OPML)",
        "all_in_one_help": "Die meisten Reader können sie importieren.",
        "archives_help": (
            "Darin stehen die neuesten Artikel. Reader, die Archive kennen (RFC 5005), finden alle, die je erschienen"
            " sind, Monat für Monat:"
        ),
        "feeds": "Feeds",
        "all_feeds": "Alle Feeds",
        "skip": "Zum Inhalt",
    },
}


def page_language(language: str | None) -> str:
    """The language that pages speak to readers of ``language`` (a BCP 47 tag): theirs, or English."""
    primary = (language or "").lower().replace("_", "-").partition("-")[0]
    return primary if primary in PAGE_LANGUAGES else "en"


def page_words(language: str | None) -> Mapping[str, str]:
    return _WORDS[page_language(language)]
