from datetime import UTC, datetime

from pipeline.domain.article import Author, Content, Enclosure, Picture, Sighting

expected = [
    Sighting(
        key="2",
        raw_hash="",
        notes=("it has no title; the start of its text, or its address, serves as one.",),
        content=Content(
            title="A note without a title.",
            html="<p>A note without a title.</p><p>It has two paragraphs &amp; a &lt; sign.</p>",
            teaser="A note without a title.",
            url="https://json.example.org/second",
            language="en",
            authors=(Author(name="Brent", email=None, url="https://json.example.org/brent"),),
            published=datetime(2024, 2, 7, 19, 4, tzinfo=UTC),
        ),
    ),
]
