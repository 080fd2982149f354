from datetime import UTC, datetime

from pipeline.domain.article import Author, Content, Enclosure, Picture, Sighting

expected = [
    Sighting(
        key="tag:atom.example.org,2004:less",
        raw_hash="",
        content=Content(
            title="Less < more",
            html='<p>See <a href="https://atom.example.org/2004/more">more</a>.</p>',
            teaser="See more.",
            url="https://atom.example.org/2004/less",
            language="en",
            authors=(Author(name="Mark", email="mark@atom.example.org", url="https://atom.example.org/mark"),),
            published=datetime(2004, 1, 1, 17, 0, tzinfo=UTC),
            updated=datetime(2004, 1, 2, 3, 4, 5, tzinfo=UTC),
        ),
    ),
]
