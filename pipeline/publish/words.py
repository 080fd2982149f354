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
            "This is the readable twin of a web feed. Copy one of these addresses into your feed reader, and new"
            " articles come to you: no account, no e-mail address, no tracking."
        ),
        "subscribe_all": "Each of these is a web feed: copy its address into your feed reader.",
        "best_choice": "If you are not sure, take the first.",
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
            "Dies ist die lesbare Fassung eines Feeds. Kopieren Sie eine dieser Adressen in Ihren Feedreader, und neue"
            " Artikel kommen zu Ihnen: ohne Konto, ohne E-Mail-Adresse, ohne Tracking."
        ),
        "subscribe_all": "Jeder dieser Feeds hat eine Adresse, die Sie in Ihren Feedreader kopieren können.",
        "best_choice": "Im Zweifel nehmen Sie die erste.",
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
