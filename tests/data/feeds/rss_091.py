from datetime import UTC, datetime

from pipeline.domain.article import Author, Content, Enclosure, Picture, Sighting

expected = [
    Sighting(
        key="/2001/gruesse.html",
        raw_hash="",
        content=Content(
            title="Grüße & Wünsche",
            html="Schöne Grüße aus Zürich.",
            teaser="Schöne Grüße aus Zürich.",
            url="https://old.example.org/2001/gruesse.html",
            language="de",
        ),
    ),
]
