from datetime import UTC, datetime

from pipeline.domain.article import Author, Content, Enclosure, Picture, Sighting

expected = [
    Sighting(
        key="https://journal.example.org/1",
        raw_hash="",
        content=Content(
            title="On x < y & z",
            html='<p>The paper itself, with a <a href="https://journal.example.org/fig/1.png">figure</a>.</p>',
            teaser="A short abstract of the paper.",
            url="https://journal.example.org/1",
            language="en-GB",
            authors=(
                Author(name="Ada Lovelace", email=None, url=None),
                Author(name="Charles Babbage", email=None, url=None),
            ),
            topics=("Mathematics",),
            published=datetime(2024, 3, 31, 1, 30, tzinfo=UTC),
            updated=datetime(2024, 3, 31, 1, 30, tzinfo=UTC),
        ),
    ),
]
